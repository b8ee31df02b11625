#include "server/links.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/assert.h"
#include "base/error.h"
#include "server/log.h"

#define UP_FIRST 8u

static void on_connected(void *context, struct link *link);
static void on_message(void *context, struct link *link, const struct wire_message *message);
static size_t frame_max(void *context, const struct link *link);
static void on_closed(void *context, struct link *link, bool garbage, const char *reason);

void links_init(struct links *links, uv_loop_t *loop, const struct handshake_self *self, const struct links_sink *sink)
{
    *links = (struct links){.loop = loop, .self = *self, .sink = *sink};
    links->events = (struct link_events){links, on_connected, on_message, frame_max, on_closed};
}

void links_close(struct links *links)
{
    struct link *link, *next;
    DL_FOREACH_SAFE(links->list, link, next)
    {
        link_close(link, false, "shutting down");
    }
}

void links_done(struct links *links)
{
    GR_ASSERT(links->list == NULL);
    free(links->up);
}

void links_set_cluster(struct links *links, uint64_t cluster)
{
    struct link *link, *next;
    links->self.cluster = cluster;
    DL_FOREACH_SAFE(links->list, link, next)
    {
        if (link->cluster != 0 && link->cluster != cluster) {
            link_close(link, false, "the peer belongs to another cluster than the one joined");
        }
    }
}

/* The place of the peer's link in `up`, or up_count. */
static unsigned find_up(const struct links *links, uint64_t peer)
{
    unsigned i = 0;
    while (i < links->up_count && links->up[i]->peer != peer) {
        i++;
    }
    return i;
}

bool links_is_up(const struct links *links, uint64_t peer)
{
    return find_up(links, peer) < links->up_count;
}

static bool is_member(const struct links *links, uint64_t peer)
{
    return links->sink.is_member(links->sink.context, peer);
}

/* B5. Members may send whatever the wire has. */
static size_t frame_max(void *context, const struct link *link)
{
    return is_member(context, link->peer) ? SIZE_MAX : LINKS_STRANGER_BYTES;
}

static int add_up(struct links *links, struct link *link)
{
    if (links->up_count == links->up_capacity) {
        unsigned capacity = links->up_capacity == 0 ? UP_FIRST : links->up_capacity * 2;
        struct link **up = realloc(links->up, capacity * sizeof *up);
        if (up == NULL) {
            return GR_ENOMEM;
        }
        links->up = up;
        links->up_capacity = capacity;
    }
    links->up[links->up_count++] = link;
    return 0;
}

static void remove_up(struct links *links, const struct link *link)
{
    unsigned place = find_up(links, link->peer);
    GR_ASSERT(place < links->up_count && links->up[place] == link);
    links->up[place] = links->up[--links->up_count];
}

/* The host part: a peer that comes back from another port each time is still the same one. */
static void name_host(const struct link *link, char ret[ADDRESS_TEXT_MAX])
{
    snprintf(ret, ADDRESS_TEXT_MAX, "%s", link->address);
    char *colon = link->is_dialled ? NULL : strrchr(ret, ':');
    if (colon != NULL) {
        *colon = '\0';
    }
}

static void complain(struct links *links, const struct link *link, const char *what, const char *reason)
{
    char host[ADDRESS_TEXT_MAX];
    uint64_t suppressed;
    name_host(link, host);
    if (complaints_is_new(&links->complaints, host, reason, uv_now(links->loop), &suppressed)) {
        log_warn(LOG_MSG(what), LOG_TEXT("address", link->address), LOG_TEXT("reason", reason),
                 LOG_NUMBER("suppressed", suppressed));
    }
}

/* A link has come up or gone. Of members, and of whom this node has dialled itself, each is said. */
static void tell_change(struct links *links, const struct link *link, const char *what, const char *key,
                        const char *value)
{
    char host[ADDRESS_TEXT_MAX];
    char change[64];
    uint64_t suppressed = 0;
    name_host(link, host);
    snprintf(change, sizeof change, "%s %" PRIx64, what, link->peer);
    if (link->is_dialled || is_member(links, link->peer) ||
        complaints_is_new(&links->visits, host, change, uv_now(links->loop), &suppressed)) {
        log_info(LOG_MSG(what), LOG_ID("node", link->peer), LOG_TEXT("address", link->address), LOG_TEXT(key, value),
                 suppressed > 0 ? LOG_NUMBER("suppressed", suppressed) : LOG_END);
    }
}

static void tell_dialler(struct links *links, struct link *link, enum links_outcome outcome, int code, const char *text)
{
    uint64_t dial = link->dial;
    if (dial == 0) {
        return;
    }
    if (outcome != LINKS_UP) {
        link->dial = 0;
    }
    links->sink.dialled(links->sink.context, dial, outcome, code, text);
}

/* Its handshake is over, one way or the other. */
static void forget_greeting(struct links *links, const struct link *link)
{
    unsigned *count = link->is_dialled ? &links->dialling : &links->strangers;
    GR_ASSERT_LT(0, *count);
    --*count;
}

static void on_closed(void *context, struct link *link, bool garbage, const char *reason)
{
    struct links *links = context;
    uint64_t peer = link->peer;
    if (link_unsent(link) > 0) {
        links->stats.cut++;
        links->stats.bytes_lost += link_unsent(link);
    }
    DL_DELETE(links->list, link);
    if (garbage) {
        links->stats.garbage++;
        complain(links, link, "closed a peer connection that broke the protocol", reason);
    }
    if (peer == 0) {
        log_debug(LOG_MSG("no link"), LOG_TEXT("address", link->address), LOG_TEXT("reason", reason));
        forget_greeting(links, link);
        tell_dialler(links, link, LINKS_FAILED, 0, reason);
        return;
    }
    remove_up(links, link);
    tell_change(links, link, "peer down", "reason", reason);
    links->sink.down(links->sink.context, peer);
    tell_dialler(links, link, LINKS_LOST, 0, reason);
}

static int say_hello(struct links *links, struct link *link)
{
    struct wire_message hello = handshake_hello(&links->self);
    int status = link_send(link, &hello);
    if (status == 0) {
        link_flush(link);
    }
    return status;
}

static void on_connected(void *context, struct link *link)
{
    if (say_hello(context, link) != 0) {
        link_close(link, false, "out of memory");
    }
}

void links_accept(struct links *links, uv_stream_t *server)
{
    struct link *link = link_accept(server, &links->events, uv_now(links->loop));
    if (link == NULL) {
        return;
    }
    DL_APPEND(links->list, link);
    links->stats.accepted++;
    if (++links->strangers > LINKS_STRANGERS_MAX) {
        links->stats.strangers_dropped++;
        link_close(link, false, "too many connections without a hello");
    }
}

void links_dial(struct links *links, const struct settings_address *address, uint64_t dial)
{
    struct link *link = link_new(links->loop, &links->events, uv_now(links->loop));
    if (link == NULL) {
        links->sink.dialled(links->sink.context, dial, LINKS_FAILED, GR_ENOMEM, "out of memory");
        return;
    }
    link->dial = dial;
    link->is_dialled = true;
    links->dialling++;
    DL_APPEND(links->list, link);
    link_connect(link, address);
}

/* Is an accepted connection the other end of one that we dialled? */
static bool is_from_self(const struct links *links, const struct link *accepted)
{
    const struct link *link;
    DL_FOREACH(links->list, link)
    {
        struct sockaddr_storage local = {.ss_family = AF_UNSPEC};
        int len = sizeof local;
        char address[ADDRESS_TEXT_MAX];
        if (link->is_dialled && uv_tcp_getsockname(&link->tcp, (struct sockaddr *)&local, &len) == 0) {
            address_of_socket(&local, address);
            if (strcmp(address, accepted->address) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Tell the other side why, as far as the kernel takes it at once: a refusal fits into any fresh socket's buffer. */
static void send_refusal(struct link *link, int code, const char *text)
{
    struct wire_message refusal = {.type = WIRE_refused};
    size_t len = strlen(text);
    refusal.refused.code = (uint16_t)-code;
    refusal.refused.text = bytes_of(text, len < WIRE_TEXT_MAX ? len : WIRE_TEXT_MAX);
    if (link_send(link, &refusal) == 0) {
        link_flush(link);
    }
}

static void refuse(struct links *links, struct link *link, int code, const char *text)
{
    links->stats.refused++;
    if (code == GR_EINVAL && is_from_self(links, link)) {
        text = "this is the same node";
    } else {
        complain(links, link, "refused a peer", text);
    }
    send_refusal(link, code, text);
    tell_dialler(links, link, LINKS_REFUSED, code, text);
    link_close(link, false, text);
}

static void on_refused(struct links *links, struct link *link, const struct wire_refused *refused)
{
    char text[WIRE_TEXT_MAX + 1];
    int code = -(int)refused->code;
    snprintf(text, sizeof text, "%.*s", (int)refused->text.len, (const char *)refused->text.data);
    links->stats.refused++;
    if (code == GR_EINVAL) {
        tell_dialler(links, link, LINKS_SELF, code, text);
    } else {
        complain(links, link, "refused by a peer", text);
        tell_dialler(links, link, LINKS_REFUSED, code, text);
    }
    link_close(link, false, text);
}

bool links_prefers_new(uint64_t own_id, uint64_t peer, uint64_t old_age_ms, bool old_is_dialled, bool new_is_dialled)
{
    bool is_crossing = old_age_ms < LINKS_CROSSING_MS && old_is_dialled != new_is_dialled;
    return !is_crossing || new_is_dialled == (own_id < peer);
}

static void tell_twins(struct links *links, uint64_t peer, const struct link *old, const struct link *new)
{
    uint64_t suppressed;
    if (log_limit_pass(&links->twins, uv_now(links->loop), LINKS_TWINS_LOG_MS, &suppressed)) {
        log_error(
            LOG_MSG("two processes run with the identity of one node: stop one of them; a copy of a data directory "
                    "must not be started"),
            LOG_ID("node", peer), LOG_TEXT("address", old->address), LOG_TEXT("other", new->address),
            LOG_NUMBER("suppressed", suppressed));
    }
}

/* B1. False when `link` itself had to go. */
static bool make_room(struct links *links, struct link *link, uint64_t peer)
{
    unsigned place = find_up(links, peer);
    if (place == links->up_count) {
        return true;
    }
    struct link *old = links->up[place];
    uint64_t age_ms = uv_now(links->loop) - old->up_since_ms;
    if (!links_prefers_new(links->self.node, peer, age_ms, old->is_dialled, link->is_dialled)) {
        link_close(link, false, "there is a link already");
        return false;
    }
    link->takeovers = age_ms < LINKS_YOUNG_MS ? old->takeovers + 1 : 0;
    if (link->takeovers > LINKS_TAKEOVERS_MAX) {
        tell_twins(links, peer, old, link);
        link_close(link, false, "another process with this identity has the link");
        return false;
    }
    link_close(old, false, "replaced by a newer connection");
    return true;
}

/* Accepted links to peers that are no members, beside one to `peer` itself. */
static unsigned count_strangers(const struct links *links, uint64_t peer)
{
    unsigned count = 0;
    for (unsigned i = 0; i < links->up_count; i++) {
        const struct link *link = links->up[i];
        count += !link->is_dialled && link->peer != peer && !is_member(links, link->peer);
    }
    return count;
}

/* B3, B6. A link that is replaced leaves its place to the new one. */
static bool has_place(const struct links *links, const struct link *link, uint64_t peer)
{
    if (links->up_count >= PEERS_MAX && !links_is_up(links, peer)) {
        return false;
    }
    return link->is_dialled || is_member(links, peer) || count_strangers(links, peer) < LINKS_STRANGERS_MAX;
}

static void bring_up(struct links *links, struct link *link, const struct wire_hello *hello)
{
    uint64_t peer = hello->node;
    if (!has_place(links, link, peer)) {
        links->stats.strangers_dropped++;
        refuse(links, link, GR_EBUSY, "there are links to too many nodes already that are no members");
        return;
    }
    if (!link->is_dialled && say_hello(links, link) != 0) {
        link_close(link, false, "out of memory");
        return;
    }
    /* After a pause of this process: those who dialled and gave up meanwhile stand before the one that counts. */
    if (link->state != LINK_CLOSING && link_has_ended(link)) {
        link_close(link, false, "closed by the other side");
    }
    if (link->state == LINK_CLOSING || !make_room(links, link, peer)) {
        return;
    }
    if (add_up(links, link) != 0) {
        link_close(link, false, "out of memory");
        return;
    }
    forget_greeting(links, link);
    link_become_up(link, hello, uv_now(links->loop));
    tell_change(links, link, "peer up", "dialled", link->is_dialled ? "here" : "there");
    links->sink.up(links->sink.context, peer);
    tell_dialler(links, link, LINKS_UP, 0, "");
}

static void greet(struct links *links, struct link *link, const struct wire_message *message)
{
    uint16_t version;
    const char *text = "";
    if (message->type == WIRE_refused && link->is_dialled) {
        on_refused(links, link, &message->refused);
        return;
    }
    int status = handshake_check(&links->self, message, &version, &text);
    if (status == GR_EPROTO) {
        link_close(link, true, text);
    } else if (status != 0) {
        refuse(links, link, status, text);
    } else {
        bring_up(links, link, &message->hello);
    }
}

static void on_message(void *context, struct link *link, const struct wire_message *message)
{
    struct links *links = context;
    if (link->state == LINK_GREETING) {
        greet(links, link, message);
    } else if (message->type == WIRE_hello) {
        link_close(link, true, "a second hello");
    } else {
        links->sink.message(links->sink.context, link->peer, message);
    }
}

/* B5 */
static bool owes_too_much(const struct links *links, const struct link *link)
{
    return link_unsent(link) > (size_t)2 * LINKS_STRANGER_BYTES && !is_member(links, link->peer);
}

void links_send(struct links *links, uint64_t peer, const struct wire_message *message)
{
    unsigned place = find_up(links, peer);
    if (place == links->up_count) {
        return;
    }
    struct link *link = links->up[place];
    int status = link_send(link, message);
    if (status == GR_EINVAL) {
        links->stats.invalid++;
        complain(links, link, "dropped a message of our own that breaks its bounds", wire_invalid(message));
    } else if (status != 0 || owes_too_much(links, link)) {
        links->stats.overflowed++;
        link_close(link, false, "the peer does not read: too much is queued for it");
    }
}

void links_flush(struct links *links)
{
    for (unsigned i = links->up_count; i-- > 0;) { /* backwards: a link that fails leaves, the last takes its place */
        link_read_on(links->up[i]);
        if (i < links->up_count) {
            link_flush(links->up[i]);
        }
    }
}

static const char *late_reason(const struct link *link)
{
    if (link->state == LINK_CONNECTING) {
        return "no connection in time";
    }
    return link->is_dialled ? LINK_NO_PEER_TEXT : "no handshake in time";
}

/* One look a second at most: after a pause of this process, what came meanwhile is still to be read. */
static void look_for_quiet(struct links *links, uint64_t now_ms)
{
    if (now_ms < links->look_at_ms) {
        return;
    }
    links->look_at_ms = now_ms + LINK_LOOK_MS;
    for (unsigned i = links->up_count; i-- > 0;) {
        if (link_is_quiet(links->up[i])) {
            links->stats.quiet++;
            link_close(links->up[i], false, "nothing has come from the peer for long");
        }
    }
}

uint64_t links_bytes_queued(const struct links *links)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < links->up_count; i++) {
        bytes += link_unsent(links->up[i]);
    }
    return bytes;
}

void links_tick(struct links *links, uint64_t now_ms)
{
    struct link *link, *next;
    look_for_quiet(links, now_ms);
    DL_FOREACH_SAFE(links->list, link, next)
    {
        if (link->state != LINK_UP && now_ms >= link->deadline_ms) {
            link_close(link, false, late_reason(link));
        }
    }
}

uint64_t links_wake_at(const struct links *links)
{
    uint64_t wake_at = links->up_count > 0 ? links->look_at_ms : UINT64_MAX;
    const struct link *link;
    if (links->strangers + links->dialling == 0) {
        return wake_at;
    }
    DL_FOREACH(links->list, link)
    {
        if (link->state != LINK_UP && link->deadline_ms < wake_at) {
            wake_at = link->deadline_ms;
        }
    }
    return wake_at;
}
