#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/log.h"
#include "unit/server/two_nodes.h"

#define PATIENCE_MS 5000u

static void on_up(void *context, uint64_t peer)
{
    struct told *told = context;
    if (peer >= STRANGER) {
        told->strangers++;
        return;
    }
    assert_int_equal(told->ups, told->downs);
    told->ups++;
    told->last_peer = peer;
}

static void on_down(void *context, uint64_t peer)
{
    struct told *told = context;
    if (peer >= STRANGER) {
        told->strangers--;
        return;
    }
    told->downs++;
    assert_int_equal(told->ups, told->downs);
}

static void on_message(void *context, uint64_t peer, const struct wire_message *message)
{
    struct told *told = context;
    told->messages++;
    told->last_peer = peer;
    told->last_request = message->type == WIRE_put ? message->put.request : 0;
}

static bool on_is_member(void *context, uint64_t peer)
{
    const struct told *told = context;
    return peer < STRANGER || told->admits;
}

static void on_dialled(void *context, uint64_t dial, enum links_outcome outcome, int code, const char *text)
{
    struct told *told = context;
    (void)dial;
    snprintf(told->text, sizeof told->text, "%s", text);
    told->dials++;
    told->outcome = outcome;
    told->code = code;
}

static void on_connection(uv_stream_t *socket, int status)
{
    struct node_end *end = socket->data;
    assert_int_equal(status, 0);
    links_accept(&end->links, socket);
}

static void open_end(struct two_nodes *world, struct node_end *end, uint64_t node, uint64_t cluster)
{
    struct handshake_self self = {cluster, node};
    struct links_sink sink = {&end->told, on_up, on_down, on_message, on_is_member, on_dialled};
    struct sockaddr_in any;
    struct sockaddr_storage bound;
    char text[ADDRESS_TEXT_MAX];
    int len = sizeof bound;
    links_init(&end->links, &world->loop, &self, &sink);
    uv_tcp_init(&world->loop, &end->socket);
    end->socket.data = end;
    uv_ip4_addr("127.0.0.1", 0, &any);
    assert_int_equal(uv_tcp_bind(&end->socket, (struct sockaddr *)&any, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&end->socket, 128, on_connection), 0);
    assert_int_equal(uv_tcp_getsockname(&end->socket, (struct sockaddr *)&bound, &len), 0);
    address_of_socket(&bound, text);
    assert_int_equal(address_parse(text, &end->address), 0);
}

static void on_alarm(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("waited too long");
}

int two_open(void **state)
{
    struct two_nodes *world = calloc(1, sizeof *world);
    assert_non_null(world);
    log_set_level(SETTINGS_ERROR);
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->alarm);
    uv_timer_start(&world->alarm, on_alarm, PATIENCE_MS, 0);
    open_end(world, &world->a, 1, CLUSTER);
    open_end(world, &world->b, 2, CLUSTER);
    *state = world;
    return 0;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

int two_close(void **state)
{
    struct two_nodes *world = *state;
    links_close(&world->a.links);
    links_close(&world->b.links);
    uv_walk(&world->loop, close_handle, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    links_done(&world->a.links);
    links_done(&world->b.links);
    free(world);
    return 0;
}

void two_turn(struct two_nodes *world)
{
    links_flush(&world->a.links);
    links_flush(&world->b.links);
    uv_run(&world->loop, UV_RUN_ONCE);
}

void two_wait(struct two_nodes *world, const unsigned *value, unsigned wanted)
{
    while (*value != wanted) {
        two_turn(world);
    }
}

void two_connect(struct two_nodes *world)
{
    links_dial(&world->a.links, &world->b.address, 1);
    two_wait(world, &world->a.told.ups, world->a.told.ups + 1);
    two_wait(world, &world->b.told.ups, world->a.told.ups);
}

void two_send_put(struct links *links, uint64_t peer, uint64_t request, size_t object_len)
{
    uint8_t *object = calloc(1, object_len + 1);
    struct wire_message message = {.type = WIRE_put};
    message.put.request = request;
    message.put.key = bytes_of_text("key");
    message.put.object = bytes_of(object, object_len);
    links_send(links, peer, &message);
    free(object);
}

int two_raw_connect(const struct two_nodes *world)
{
    struct sockaddr_storage address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(address_numeric(&world->b.address, &address), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(struct sockaddr_in)), 0);
    return fd;
}

void two_raw_send(int fd, struct bytes bytes)
{
    assert_int_equal(send(fd, bytes.data, bytes.len, MSG_NOSIGNAL), (ssize_t)bytes.len);
}
