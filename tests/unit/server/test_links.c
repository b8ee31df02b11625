/* Links over real loopback sockets: handshakes, garbage, slow bytes, replacement (two_nodes.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/error.h"
#include "unit/server/two_nodes.h"

static void test_handshake_brings_both_up_and_messages_flow(void **state)
{
    struct two_nodes *world = *state;
    two_connect(world);
    assert_int_equal(world->a.told.last_peer, 2);
    assert_int_equal(world->b.told.last_peer, 1);
    assert_int_equal(world->a.told.outcome, LINKS_UP);
    for (uint64_t i = 1; i <= 100; i++) {
        two_send_put(&world->a.links, 2, i, (size_t)i);
    }
    two_wait(world, &world->b.told.messages, 100);
    assert_int_equal(world->b.told.last_request, 100);
}

static void test_large_message_arrives(void **state)
{
    struct two_nodes *world = *state;
    two_connect(world);
    two_send_put(&world->a.links, 2, 5, 40u << 20);
    two_send_put(&world->a.links, 2, 6, 10);
    two_wait(world, &world->b.told.messages, 2);
    assert_int_equal(world->b.told.last_request, 6);
}

static void test_queue_over_its_bound_costs_the_link(void **state)
{
    struct two_nodes *world = *state;
    two_connect(world);
    for (unsigned i = 0; i < 3; i++) {
        two_send_put(&world->a.links, 2, i, 95u << 20);
    }
    assert_int_equal(world->a.links.stats.overflowed, 1);
    assert_int_equal(world->a.told.downs, 1);
    two_wait(world, &world->b.told.downs, 1);
}

static void test_newer_link_replaces_the_older(void **state)
{
    struct two_nodes *world = *state;
    two_connect(world);
    links_dial(&world->a.links, &world->b.address, 2);
    two_wait(world, &world->a.told.ups, 2);
    two_wait(world, &world->b.told.ups, 2);
    assert_int_equal(world->a.told.downs, 1);
    assert_int_equal(world->a.links.up_count, 1);
    assert_int_equal(world->b.links.up_count, 1);
    two_send_put(&world->b.links, 1, 9, 1);
    two_wait(world, &world->a.told.messages, 1);
}

/* Both dial at the same moment: one link stays, and it is the same one for both. */
static void test_crossing_dials_leave_one_link(void **state)
{
    struct two_nodes *world = *state;
    links_dial(&world->a.links, &world->b.address, 1);
    links_dial(&world->b.links, &world->a.address, 1);
    for (unsigned i = 0; i < 50; i++) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    assert_int_equal(world->a.links.up_count, 1);
    assert_int_equal(world->b.links.up_count, 1);
    assert_true(world->a.links.up[0]->is_dialled); /* 1 < 2 */
    assert_false(world->b.links.up[0]->is_dialled);
}

static void test_preference_is_the_same_on_both_sides(void **state)
{
    (void)state;
    /* one link dialled by 1, one by 2; whichever came first, both sides keep the one dialled by 1 */
    assert_false(links_prefers_new(1, 2, 10, true, false));
    assert_true(links_prefers_new(2, 1, 10, true, false));
    assert_true(links_prefers_new(1, 2, 10, false, true));
    assert_false(links_prefers_new(2, 1, 10, false, true));
    /* an old link is replaced whoever dialled, and so is one by the same side */
    assert_true(links_prefers_new(1, 2, LINKS_CROSSING_MS, true, false));
    assert_true(links_prefers_new(1, 2, 10, true, true));
}

static void test_own_address_is_noticed(void **state)
{
    struct two_nodes *world = *state;
    links_dial(&world->a.links, &world->a.address, 1);
    two_wait(world, &world->a.told.dials, 1);
    assert_int_equal(world->a.told.outcome, LINKS_SELF);
    assert_int_equal(world->a.links.complaints.total, 0);
}

static void test_foreign_cluster_is_refused_with_its_reason(void **state)
{
    struct two_nodes *world = *state;
    world->b.links.self.cluster = CLUSTER + 1;
    links_dial(&world->a.links, &world->b.address, 1);
    two_wait(world, &world->a.told.dials, 1);
    assert_int_equal(world->a.told.outcome, LINKS_REFUSED);
    assert_int_equal(world->a.told.code, GR_EFOREIGN);
    assert_int_equal(world->b.told.ups, 0);
    assert_int_equal(world->b.links.complaints.total, 1);
}

/* A joiner that was given seeds of two rings: the ring that admits it is the one it goes on with. */
static void test_joining_closes_links_to_other_clusters(void **state)
{
    struct two_nodes *world = *state;
    world->a.links.self.cluster = 0;
    two_connect(world);
    links_set_cluster(&world->a.links, CLUSTER);
    assert_int_equal(world->a.told.downs, 0);
    links_set_cluster(&world->a.links, CLUSTER + 1);
    assert_int_equal(world->a.told.downs, 1);
    assert_false(links_is_up(&world->a.links, 2));
    assert_int_equal(world->a.told.outcome, LINKS_LOST);
}

/* A bug of ours costs the message, not the process nor the link. */
static void test_message_out_of_bounds_is_dropped(void **state)
{
    struct two_nodes *world = *state;
    two_connect(world);
    two_send_put(&world->a.links, 2, 1, WIRE_OBJECT_MAX + 1);
    two_send_put(&world->a.links, 2, 2, WIRE_OBJECT_MAX + 1);
    two_send_put(&world->a.links, 2, 3, 1);
    two_wait(world, &world->b.told.messages, 1);
    assert_int_equal(world->b.told.last_request, 3);
    assert_int_equal(world->a.links.stats.invalid, 2);
    assert_int_equal(world->a.links.complaints.count, 1);
}

static void test_dead_address_fails(void **state)
{
    struct two_nodes *world = *state;
    struct settings_address nobody = {"127.0.0.1", 1};
    links_dial(&world->a.links, &nobody, 1);
    two_wait(world, &world->a.told.dials, 1);
    assert_int_equal(world->a.told.outcome, LINKS_FAILED);
}

/* A raw server that `a` dials: what it has accepted. */
static int raw_accept(struct two_nodes *world)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct settings_address address = {.host = "127.0.0.1"};
    socklen_t len = sizeof any;
    int fd, listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&any, &len), 0);
    address.port = ntohs(any.sin_port);
    unsigned dials = world->a.told.dials;
    links_dial(&world->a.links, &address, 1);
    while ((fd = accept(listening, NULL, NULL)) < 0) {
        if (world->a.told.dials != dials) {
            fail_msg("the dial came to nothing: %s", world->a.told.text);
        }
        two_turn(world);
    }
    close(listening);
    return fd;
}

static void test_garbage_closes_and_is_counted(void **state)
{
    struct two_nodes *world = *state;
    for (unsigned i = 0; i < 3; i++) {
        int fd = two_raw_connect(world);
        char byte;
        two_raw_send(fd, bytes_of_text("GET / HTTP/1.1\r\nHost: nobody\r\n\r\n"));
        while (world->b.links.stats.garbage == i) {
            two_turn(world);
        }
        assert_true(recv(fd, &byte, 1, 0) <= 0);
        close(fd);
    }
    assert_int_equal(world->b.links.strangers, 0);
    assert_int_equal(world->b.links.complaints.total, 3);
    assert_int_equal(world->b.links.complaints.count, 1);
}

/* Its hello may hold a newline: then such a server has a command to complain about, and does so before the deadline. */
static void test_a_port_for_clients_is_told_from_a_peer(void **state)
{
    struct two_nodes *world = *state;
    const uint8_t large[WIRE_HEADER_BYTES] = {0, 0, 0, 6, WIRE_put};
    struct bytes answers[] = {bytes_of_text("-ERR unknown command\r\n"), bytes_of(large, sizeof large)};
    for (unsigned i = 0; i < 2; i++) {
        int fd = raw_accept(world);
        two_raw_send(fd, answers[i]);
        two_wait(world, &world->a.told.dials, i + 1);
        assert_int_equal(world->a.told.outcome, LINKS_FAILED);
        assert_string_equal(world->a.told.text, LINK_NO_PEER_TEXT);
        close(fd);
    }
}

static void test_first_frame_that_claims_much_costs_little(void **state)
{
    struct two_nodes *world = *state;
    uint8_t head[WIRE_HEADER_BYTES] = {0, 0, 0, 6, WIRE_put}; /* 96 MiB of put */
    int fd = two_raw_connect(world);
    two_raw_send(fd, bytes_of(head, sizeof head));
    while (world->b.links.stats.garbage == 0) {
        two_turn(world);
    }
    close(fd);
}

static void test_bytes_may_come_one_by_one(void **state)
{
    struct two_nodes *world = *state;
    struct handshake_self self = {CLUSTER, 3};
    struct wire_message hello = handshake_hello(&self);
    struct wire_message count = {.type = WIRE_count, .count = {.request = 1, .partitions = bytes_of("\1", 1)}};
    struct buffer frames;
    buffer_init(&frames, 4096);
    assert_int_equal(wire_encode(&hello, &frames), 0);
    assert_int_equal(wire_encode(&count, &frames), 0);
    int fd = two_raw_connect(world);
    for (size_t i = 0; i < frames.len; i++) {
        two_raw_send(fd, bytes_of(frames.data + i, 1));
        usleep(200);
        uv_run(&world->loop, UV_RUN_NOWAIT);
    }
    two_wait(world, &world->b.told.messages, 1);
    assert_int_equal(world->b.told.last_peer, 3);
    close(fd);
    two_wait(world, &world->b.told.downs, 1);
    buffer_done(&frames);
}

/* This process was stopped: before the dialling that counts stand those that were given up. */
static void test_connections_given_up_meanwhile_do_not_come_up(void **state)
{
    struct two_nodes *world = *state;
    struct handshake_self self = {CLUSTER, 3};
    struct wire_message hello = handshake_hello(&self);
    struct buffer frame;
    int last = -1;
    buffer_init(&frame, 4096);
    assert_int_equal(wire_encode(&hello, &frame), 0);
    for (unsigned i = 0; i < 2 * LINKS_TAKEOVERS_MAX; i++) {
        if (last >= 0) {
            close(last);
        }
        last = two_raw_connect(world);
        two_raw_send(last, buffer_bytes(&frame));
    }
    two_wait(world, &world->b.told.ups, 1);
    for (unsigned i = 0; i < 50; i++) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    assert_int_equal(world->b.told.ups, 1);
    assert_true(links_is_up(&world->b.links, 3));
    close(last);
    two_wait(world, &world->b.told.downs, 1);
    buffer_done(&frame);
}

static void test_message_before_hello_is_garbage(void **state)
{
    struct two_nodes *world = *state;
    struct wire_message count = {.type = WIRE_count, .count = {.request = 1, .partitions = bytes_of("\1", 1)}};
    struct buffer frame;
    buffer_init(&frame, 4096);
    assert_int_equal(wire_encode(&count, &frame), 0);
    int fd = two_raw_connect(world);
    two_raw_send(fd, buffer_bytes(&frame));
    while (world->b.links.stats.garbage == 0) {
        two_turn(world);
    }
    assert_int_equal(world->b.told.messages, 0);
    close(fd);
    buffer_done(&frame);
}

/* K4: a flood from one peer is read piece by piece, and all of it arrives. */
static void test_a_flood_is_read_in_pieces(void **state)
{
    struct two_nodes *world = *state;
    two_connect(world);
    for (uint64_t i = 1; i <= 20000; i++) {
        two_send_put(&world->a.links, 2, i, 100);
    }
    assert_true(links_bytes_queued(&world->a.links) > 20000 * 100);
    unsigned most = 0;
    while (world->b.told.messages < 20000) {
        unsigned before = world->b.told.messages;
        two_turn(world);
        unsigned more = world->b.told.messages - before;
        most = more > most ? more : most;
    }
    assert_int_equal(world->b.told.last_request, 20000);
    assert_int_equal(links_bytes_queued(&world->a.links), 0);
    assert_true(most <= 2 * (64 << 10) / 100);
}

/* K5: looks are counted, and what comes clears the count. */
static void test_a_link_on_which_nothing_comes_is_closed(void **state)
{
    struct two_nodes *world = *state;
    uint64_t now_ms = uv_now(&world->loop) + 1000000;
    two_connect(world);
    links_tick(&world->a.links, now_ms);
    for (unsigned look = 1; look < LINK_QUIET_LOOKS; look++) {
        links_tick(&world->a.links, now_ms += 10 * LINK_QUIET_LOOKS * LINK_LOOK_MS);
        links_tick(&world->a.links, now_ms + 1); /* no second look at the same time */
    }
    two_send_put(&world->b.links, 1, 1, 1);
    two_wait(world, &world->a.told.messages, 1);
    for (unsigned look = 0; look < LINK_QUIET_LOOKS; look++) {
        links_tick(&world->a.links, now_ms += LINK_LOOK_MS);
    }
    assert_int_equal(world->a.told.downs, 0);
    two_send_put(&world->a.links, 2, 1, 5000);
    links_tick(&world->a.links, now_ms + LINK_LOOK_MS);
    assert_int_equal(world->a.told.downs, 1);
    assert_int_equal(world->a.links.stats.quiet, 1);
    assert_true(world->a.links.stats.bytes_lost > 5000);
    assert_int_equal(links_wake_at(&world->a.links), UINT64_MAX);
    two_wait(world, &world->b.told.downs, 1);
}

int main(void)
{
#define LINKS_TEST(name) cmocka_unit_test_setup_teardown(name, two_open, two_close)
    const struct CMUnitTest tests[] = {
        LINKS_TEST(test_handshake_brings_both_up_and_messages_flow),
        LINKS_TEST(test_large_message_arrives),
        LINKS_TEST(test_queue_over_its_bound_costs_the_link),
        LINKS_TEST(test_newer_link_replaces_the_older),
        LINKS_TEST(test_crossing_dials_leave_one_link),
        cmocka_unit_test(test_preference_is_the_same_on_both_sides),
        LINKS_TEST(test_own_address_is_noticed),
        LINKS_TEST(test_foreign_cluster_is_refused_with_its_reason),
        LINKS_TEST(test_joining_closes_links_to_other_clusters),
        LINKS_TEST(test_message_out_of_bounds_is_dropped),
        LINKS_TEST(test_dead_address_fails),
        LINKS_TEST(test_garbage_closes_and_is_counted),
        LINKS_TEST(test_a_port_for_clients_is_told_from_a_peer),
        LINKS_TEST(test_first_frame_that_claims_much_costs_little),
        LINKS_TEST(test_bytes_may_come_one_by_one),
        LINKS_TEST(test_connections_given_up_meanwhile_do_not_come_up),
        LINKS_TEST(test_message_before_hello_is_garbage),
        LINKS_TEST(test_a_flood_is_read_in_pieces),
        LINKS_TEST(test_a_link_on_which_nothing_comes_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
