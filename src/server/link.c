#include "server/link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"
#include "server/log.h"

#define READ_BYTES (64u << 10) /* least room offered to a read of an UP link */
#define KEEP_BYTES (1u << 20)  /* capacity an idle link keeps */
#define KEEPALIVE_SECONDS 2u
#define INPUT_BYTES (2 * WIRE_OBJECT_MAX) /* more than the largest frame */

static void free_link(struct link *link)
{
    if (link->is_looking_up) {
        link->is_freed_later = true;
        return;
    }
    buffer_done(&link->input);
    buffer_done(&link->queued);
    buffer_done(&link->sending);
    free(link);
}

static void on_handle_closed(uv_handle_t *handle)
{
    free_link(handle->data);
}

void link_close(struct link *link, bool garbage, const char *reason)
{
    if (link->state == LINK_CLOSING) {
        return;
    }
    link->state = LINK_CLOSING;
    link->events->closed(link->events->context, link, garbage, reason);
    if (link->is_looking_up) {
        uv_cancel((uv_req_t *)&link->lookup);
    }
    uv_close((uv_handle_t *)&link->tcp, on_handle_closed);
}

struct link *link_new(uv_loop_t *loop, const struct link_events *events, uint64_t now_ms)
{
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        return NULL;
    }
    uv_tcp_init(loop, &link->tcp);
    link->tcp.data = link;
    link->connect.data = link;
    link->lookup.data = link;
    link->write.data = link;
    link->events = events;
    link->deadline_ms = now_ms + LINK_HANDSHAKE_MS;
    buffer_init(&link->input, INPUT_BYTES);
    buffer_init(&link->queued, LINK_OUTPUT_BYTES);
    buffer_init(&link->sending, LINK_OUTPUT_BYTES);
    return link;
}

/* Small frames leave at once; a host that vanished is noticed without waiting for the kernel's fifteen minutes. */
static void tune(struct link *link)
{
    int fd;
    unsigned silent_ms = LINK_SILENT_MS;
    uv_tcp_nodelay(&link->tcp, 1);
    uv_tcp_keepalive(&link->tcp, 1, KEEPALIVE_SECONDS);
    if (uv_fileno((const uv_handle_t *)&link->tcp, &fd) == 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms);
    }
}

/* How much to ask for: a frame under way may double what has come of it, not more (K2). */
static size_t room_wanted(const struct link *link)
{
    if (link->state != LINK_UP) {
        return LINK_GREETING_BYTES - link->input.len;
    }
    size_t missing = link->wanted > link->input.len ? link->wanted - link->input.len : 0;
    size_t doubled = link->input.len > READ_BYTES ? link->input.len : READ_BYTES;
    return missing < READ_BYTES ? READ_BYTES : missing < doubled ? missing : doubled;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct link *link = handle->data;
    (void)suggested;
    size_t room = room_wanted(link);
    uint8_t *place = room == 0 ? NULL : buffer_reserve(&link->input, room);
    *ret = uv_buf_init((char *)place, place == NULL ? 0 : (unsigned)room);
}

/* Whoever dialled is told what to look at; what was wrong with the bytes helps if it was a peer all the same. */
static void close_broken(struct link *link, const char *reason)
{
    bool is_no_peer = link->state == LINK_GREETING && link->is_dialled;
    if (is_no_peer) {
        log_debug(LOG_MSG("not the answer of a peer"), LOG_TEXT("address", link->address), LOG_TEXT("reason", reason));
    }
    link_close(link, true, is_no_peer ? LINK_NO_PEER_TEXT : reason);
}

/* K2: why the frame that input begins with is too large, or NULL. */
static const char *too_large(const struct link *link)
{
    if (link->wanted <= LINK_GREETING_BYTES) {
        return NULL;
    }
    if (link->state == LINK_GREETING) {
        return "first frame is larger than a hello";
    }
    bool fits = link->wanted <= link->events->frame_max(link->events->context, link);
    return fits ? NULL : "a frame larger than who is no member may send";
}

/* Hand on every whole frame. The handler may close the link, or bring it up: both are seen at the next turn. */
static void take_frames(struct link *link)
{
    size_t used = 0;
    while (link->state != LINK_CLOSING) {
        struct wire_message message;
        const char *reason = "";
        struct bytes rest = bytes_of(link->input.data + used, link->input.len - used);
        link->wanted = 0;
        long taken = wire_decode(rest, &message, &link->wanted, &reason);
        if (taken < 0) {
            close_broken(link, reason);
            return;
        }
        if (taken == 0) {
            break;
        }
        used += (size_t)taken;
        link->events->message(link->events->context, link, &message);
    }
    buffer_consume(&link->input, used);
    const char *reason = too_large(link);
    if (reason != NULL) {
        close_broken(link, reason);
    } else if (link->input.len == 0) {
        buffer_clear(&link->input, KEEP_BYTES);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *place)
{
    struct link *link = stream->data;
    if (count == UV_ENOBUFS) {
        link_close(link, link->state != LINK_UP, "input larger than its bound, or out of memory");
    } else if (count < 0) {
        link_close(link, false, count == UV_EOF ? "closed by the other side" : uv_strerror((int)count));
    } else {
        /* libuv would read on as long as there is more: thirty times this, before anybody else is heard (K4). */
        link->is_resting = link->state == LINK_UP && (size_t)count == place->len;
        link->is_heard = true;
        link->input.len += (size_t)count;
        if (link->is_resting) {
            uv_read_stop(stream);
        }
        take_frames(link);
    }
}

static int start_greeting(struct link *link)
{
    link->state = LINK_GREETING;
    tune(link);
    return uv_read_start((uv_stream_t *)&link->tcp, on_room, on_read);
}

struct link *link_accept(uv_stream_t *server, const struct link_events *events, uint64_t now_ms)
{
    struct sockaddr_storage remote = {.ss_family = AF_UNSPEC};
    int len = sizeof remote;
    struct link *link = link_new(server->loop, events, now_ms);
    if (link == NULL) {
        return NULL;
    }
    int status = uv_accept(server, (uv_stream_t *)&link->tcp);
    if (status == 0) {
        uv_tcp_getpeername(&link->tcp, (struct sockaddr *)&remote, &len);
        status = start_greeting(link);
    }
    if (status != 0) {
        link->state = LINK_CLOSING;
        uv_close((uv_handle_t *)&link->tcp, on_handle_closed);
        return NULL;
    }
    address_of_socket(&remote, link->address);
    return link;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct link *link = request->data;
    if (link->state == LINK_CLOSING) {
        return;
    }
    if (status == 0) {
        status = start_greeting(link);
    }
    if (status != 0) {
        link_close(link, false, uv_strerror(status));
        return;
    }
    link->events->connected(link->events->context, link);
}

static void connect_to(struct link *link, const struct sockaddr *address)
{
    int status = uv_tcp_connect(&link->connect, &link->tcp, address, on_connected);
    if (status != 0) {
        link_close(link, false, uv_strerror(status));
    }
}

static void on_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct link *link = request->data;
    link->is_looking_up = false;
    if (link->is_freed_later) {
        free_link(link);
    } else if (link->state != LINK_CLOSING && status != 0) {
        link_close(link, false, uv_strerror(status));
    } else if (link->state != LINK_CLOSING) {
        connect_to(link, list->ai_addr);
    }
    uv_freeaddrinfo(list);
}

static void look_up(struct link *link, const struct settings_address *address)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char port[8];
    snprintf(port, sizeof port, "%u", address->port);
    int status = uv_getaddrinfo(link->tcp.loop, &link->lookup, on_looked_up, address->host, port, &hints);
    link->is_looking_up = status == 0;
    if (status != 0) {
        link_close(link, false, uv_strerror(status));
    }
}

void link_connect(struct link *link, const struct settings_address *address)
{
    struct sockaddr_storage numeric;
    link->state = LINK_CONNECTING;
    address_format(address, link->address);
    if (address_numeric(address, &numeric) != 0) {
        look_up(link, address);
    } else {
        connect_to(link, (const struct sockaddr *)&numeric);
    }
}

int link_send(struct link *link, const struct wire_message *message)
{
    GR_ASSERT(link->state == LINK_GREETING || link->state == LINK_UP);
    if (wire_invalid(message) != NULL) {
        return GR_EINVAL;
    }
    if (link_unsent(link) + wire_frame_size(message) > LINK_OUTPUT_BYTES) {
        return GR_ETOOBIG;
    }
    return wire_encode(message, &link->queued);
}

static void on_written(uv_write_t *request, int status)
{
    struct link *link = request->data;
    link->is_writing = false;
    if (link->state == LINK_CLOSING) {
        return;
    }
    if (status != 0) {
        link_close(link, false, uv_strerror(status));
        return;
    }
    buffer_clear(&link->sending, KEEP_BYTES);
    link_flush(link);
}

/* What the kernel would not take at once: `queued` becomes `sending` and an empty one takes its place. */
static int write_rest(struct link *link, size_t written)
{
    struct buffer spare = link->sending;
    link->sending = link->queued;
    link->queued = spare;
    uv_buf_t rest = uv_buf_init((char *)link->sending.data + written, (unsigned)(link->sending.len - written));
    int status = uv_write(&link->write, (uv_stream_t *)&link->tcp, &rest, 1, on_written);
    link->is_writing = status == 0;
    return status;
}

void link_read_on(struct link *link)
{
    if (link->is_resting && link->state == LINK_UP) {
        link->is_resting = false;
        int status = uv_read_start((uv_stream_t *)&link->tcp, on_room, on_read);
        if (status != 0) {
            link_close(link, false, uv_strerror(status));
        }
    }
}

bool link_is_quiet(struct link *link)
{
    link->quiet_looks = link->is_heard ? 0 : link->quiet_looks + 1;
    link->is_heard = false;
    return link->quiet_looks >= LINK_QUIET_LOOKS;
}

void link_flush(struct link *link)
{
    if (link->state == LINK_CLOSING || link->is_writing || link->queued.len == 0) {
        return;
    }
    uv_buf_t all = uv_buf_init((char *)link->queued.data, (unsigned)link->queued.len);
    int written = uv_try_write((uv_stream_t *)&link->tcp, &all, 1);
    if (written == (int)link->queued.len) {
        buffer_clear(&link->queued, KEEP_BYTES);
        return;
    }
    int status = written < 0 && written != UV_EAGAIN ? written : write_rest(link, written < 0 ? 0 : (size_t)written);
    if (status != 0) {
        link_close(link, false, uv_strerror(status));
    }
}

bool link_has_ended(const struct link *link)
{
    int fd;
    char byte;
    if (uv_fileno((const uv_handle_t *)&link->tcp, &fd) != 0) {
        return true;
    }
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void link_become_up(struct link *link, const struct wire_hello *hello, uint64_t now_ms)
{
    GR_ASSERT_EQ(link->state, LINK_GREETING);
    link->state = LINK_UP;
    link->peer = hello->node;
    link->cluster = hello->cluster;
    link->up_since_ms = now_ms;
}
