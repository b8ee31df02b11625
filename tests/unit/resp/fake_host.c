#include "fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "base/assert.h"
#include "base/error.h"
#include "node/detector.h"

struct fake_key {
    UT_hash_handle hh;
    size_t key_len, value_len;
    uint8_t *key, *value;
};

struct node {
    struct fake *fake;
    uint64_t cluster;
    struct ring_log log;
    struct placement *placement;
    struct members members;
    struct node_stats stats;
};

uint64_t node_id(const struct node *node)
{
    (void)node;
    return 1;
}

uint64_t node_cluster(const struct node *node)
{
    return node->cluster;
}

const struct placement *node_placement(const struct node *node)
{
    return node->cluster == 0 ? NULL : node->placement;
}

const struct members *node_members(const struct node *node)
{
    return &node->members;
}

const struct node_stats *node_stats(const struct node *node)
{
    return &node->stats;
}

void node_quorum(const struct node *node, uint8_t *ret_r, uint8_t *ret_w)
{
    (void)node;
    *ret_r = *ret_w = 2;
}

bool node_peer_is_healthy(const struct node *node, uint64_t peer)
{
    return node_peer_is_up(node, peer);
}

bool node_peer_is_up(const struct node *node, uint64_t peer)
{
    return peer == 1 || (node->fake->down >> peer & 1) == 0;
}

bool detector_is_healthy(const struct node *node, uint64_t peer)
{
    return node_peer_is_up(node, peer);
}

uint64_t node_root(const struct node *node, uint16_t partition)
{
    (void)node;
    return 0xfeedu + partition;
}

static void add_member(struct node *node, uint64_t id)
{
    struct ring_entry entry = {.stamp = id, .node = id, .incarnation = 1, .kind = RING_JOIN, .weight = 100};
    struct member member = {.node = id, .version = 1};
    snprintf(member.client, sizeof member.client, "127.0.0.1:%u", (unsigned)(7378 + id));
    snprintf(member.peer, sizeof member.peer, "127.0.0.1:%u", (unsigned)(17378 + id));
    snprintf(member.http, sizeof member.http, "127.0.0.1:%u", (unsigned)(9378 + id));
    GR_ASSERT_EQ(ring_log_add(&node->log, &entry), 1);
    GR_ASSERT_EQ(members_merge(&node->members, &member), 1);
}

static struct node *fake_node(struct fake *fake)
{
    struct node *node = calloc(1, sizeof *node);
    node->fake = fake;
    node->cluster = 0xabcdef;
    ring_log_init(&node->log);
    members_init(&node->members);
    for (uint64_t id = 1; id <= 3; id++) {
        add_member(node, id);
    }
    GR_ASSERT_EQ(placement_build(&node->log, 16, 2, &node->placement), 0);
    return node;
}

static void fake_node_free(struct node *node)
{
    placement_free(node->placement);
    ring_log_done(&node->log);
    members_done(&node->members);
    free(node);
}

void fake_unjoin(struct fake *fake)
{
    fake->node->cluster = 0;
}

static struct fake_key *find(struct fake *fake, struct bytes key)
{
    struct fake_key *entry = NULL;
    HASH_FIND(hh, fake->keys, key.data, key.len, entry);
    return entry;
}

static void forget(struct fake *fake, struct fake_key *entry)
{
    HASH_DELETE(hh, fake->keys, entry);
    free(entry->key);
    free(entry->value);
    free(entry);
}

static uint8_t *copy_of(struct bytes bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    return copy;
}

static struct fake_key *find_or_add(struct fake *fake, struct bytes key)
{
    struct fake_key *entry = find(fake, key);
    if (entry == NULL) {
        entry = calloc(1, sizeof *entry);
        entry->key = copy_of(key);
        entry->key_len = key.len;
        HASH_ADD_KEYPTR(hh, fake->keys, entry->key, entry->key_len, entry);
    }
    return entry;
}

/* Write `value` at `offset`, zero bytes up to it; the value ends there if `cut`. */
static void write_at(struct fake *fake, struct bytes key, size_t offset, struct bytes value, bool cut)
{
    struct fake_key *entry = find_or_add(fake, key);
    size_t end = offset + value.len;
    size_t len = cut || end > entry->value_len ? end : entry->value_len;
    uint8_t *bytes = calloc(1, len + 1);
    if (entry->value_len > 0) {
        memcpy(bytes, entry->value, entry->value_len < len ? entry->value_len : len);
    }
    if (value.len > 0) {
        memcpy(bytes + offset, value.data, value.len);
    }
    free(entry->value);
    entry->value = bytes;
    entry->value_len = len;
}

static void run_set(struct fake *fake, const struct request *request, struct reply *reply, bool exists)
{
    bool refused = (exists && (request->flags & REQUEST_IF_ABSENT) != 0) ||
                   (!exists && (request->flags & REQUEST_IF_PRESENT) != 0);
    reply->applied = !refused;
    if (!refused) {
        write_at(fake, request->key, 0, request->value, true);
    } else {
        reply->copies = 0;
    }
}

/* `*ret_old` is to be freed once the reply is delivered. */
static void run_request(struct fake *fake, const struct request *request, struct reply *reply, uint8_t **ret_old)
{
    struct fake_key *entry = find(fake, request->key);
    size_t old_len = entry == NULL ? 0 : entry->value_len;
    *ret_old = entry == NULL ? NULL : copy_of(bytes_of(entry->value, entry->value_len));
    reply->found = entry != NULL;
    if (entry != NULL && (request->op == OP_GET || (request->flags & REQUEST_RETURN_OLD) != 0)) {
        reply->value = bytes_of(*ret_old, old_len);
    }
    switch (request->op) {
    case OP_GET:
        return;
    case OP_SET:
        run_set(fake, request, reply, entry != NULL);
        return;
    case OP_DELETE:
        if (entry != NULL) {
            forget(fake, entry);
        }
        return;
    case OP_APPEND:
        write_at(fake, request->key, old_len, request->value, false);
        reply->number = old_len + request->value.len;
        return;
    case OP_SETRANGE:
        write_at(fake, request->key, request->offset, request->value, false);
        reply->number = find(fake, request->key)->value_len;
        return;
    case OP_COUNT:
        reply->number = HASH_COUNT(fake->keys);
        return;
    case OP_SCRUB:
        reply->applied = true;
        return;
    case OP_REPLACE:
        return;
    default:
        GR_UNREACHABLE();
    }
}

void fake_complete(struct fake *fake, unsigned index)
{
    GR_ASSERT_LT(index, fake->pending_count);
    struct request request = fake->pending[index];
    fake->pending_count--;
    memmove(&fake->pending[index], &fake->pending[index + 1], (fake->pending_count - index) * sizeof request);
    bool reads = request.op == OP_GET || request.op == OP_COUNT;
    struct reply reply = {.token = request.token, .copies = reads ? 0 : fake->copies, .final = fake->final};
    uint8_t *old = NULL;
    if (fake->fail_status != 0) {
        reply.status = fake->fail_status;
        reply.siblings = 2;
        reply.detail = bytes_of_text("wanted 2 of 3, got 1");
        fake->fail_status = 0;
    } else {
        run_request(fake, &request, &reply, &old);
    }
    sessions_complete(fake->sessions, &reply);
    free(old);
}

void fake_drain(struct fake *fake)
{
    while (fake->pending_count > 0) {
        fake_complete(fake, 0);
    }
}

static int host_submit(void *context, const struct request *request)
{
    struct fake *fake = context;
    if (fake->submit_status != 0) {
        return fake->submit_status;
    }
    GR_ASSERT_LT(fake->pending_count, FAKE_PENDING_MAX);
    fake->pending[fake->pending_count++] = *request;
    fake->last_token = request->token;
    return 0;
}

static const struct node *host_node(void *context)
{
    return ((struct fake *)context)->node;
}

static void host_facts(void *context, struct server_facts *ret)
{
    struct fake *fake = context;
    *ret = (struct server_facts){.version = "0.1.0",
                                 .executable = "gramme",
                                 .config_file = "",
                                 .data_dir = "data",
                                 .engine = "memory",
                                 .durability = "sync",
                                 .pid = 42,
                                 .port = 7379,
                                 .engine_live_keys = HASH_COUNT(fake->keys),
                                 .memory_bytes = 1 << 20};
}

static struct instant host_now(void *context)
{
    struct fake *fake = context;
    return (struct instant){fake->mono_ms, fake->wall_us / 1000};
}

static uint64_t host_wall_us(void *context)
{
    return ((struct fake *)context)->wall_us;
}

static uint64_t host_slot_live(void *context, uint16_t slot)
{
    (void)context;
    return slot == 7 ? 2 : 0;
}

static int host_slot_keys(void *context, uint16_t slot, uint32_t max, void (*visit)(void *visitor, struct bytes key),
                          void *visitor)
{
    (void)context;
    if (slot == 9) {
        return GR_EIO;
    }
    for (uint32_t i = 0; slot == 7 && i < 2 && i < max; i++) {
        visit(visitor, bytes_of_text(i == 0 ? "seven" : "vii"));
    }
    return 0;
}

static const char *host_setting(void *context, unsigned index, char *ret_value, size_t value_size)
{
    static const char *const names[] = {"maxclients", "n", "r", "w"};
    static const char *const values[] = {"100", "3", "2", "2"};
    (void)context;
    if (index >= sizeof names / sizeof names[0]) {
        return NULL;
    }
    snprintf(ret_value, value_size, "%s", values[index]);
    return names[index];
}

static int host_set_setting(void *context, const char *name, const char *value, const char **ret_reason)
{
    (void)context;
    if (strcmp(name, "r") == 0) {
        *ret_reason = "argument must be between 1 and 3";
        return value[0] >= '1' && value[0] <= '3' && value[1] == '\0' ? 0 : GR_EINVAL;
    }
    return strcmp(name, "maxclients") == 0 || strcmp(name, "n") == 0 || strcmp(name, "w") == 0 ? GR_EACCES : GR_ENOENT;
}

static void host_wake(void *context, struct session *session, void *session_context)
{
    (void)session;
    (void)session_context;
    ((struct fake *)context)->wakes++;
}

struct fake *fake_new(unsigned max)
{
    struct fake *fake = calloc(1, sizeof *fake);
    fake->node = fake_node(fake);
    fake->copies = 2;
    fake->mono_ms = 5000;
    fake->wall_us = UINT64_C(1700000000123456);
    struct session_host host = {fake,           host_submit,    host_node,    host_facts,       host_now, host_wall_us,
                                host_slot_live, host_slot_keys, host_setting, host_set_setting, host_wake};
    fake->sessions = sessions_new(&host, max);
    return fake;
}

void fake_free(struct fake *fake)
{
    struct fake_key *entry, *next;
    sessions_free(fake->sessions);
    HASH_ITER(hh, fake->keys, entry, next)
    {
        forget(fake, entry);
    }
    fake_node_free(fake->node);
    free(fake);
}

struct session *fake_connect(struct fake *fake)
{
    static unsigned port = 50000;
    char remote[32];
    snprintf(remote, sizeof remote, "127.0.0.1:%u", port++ % 65536);
    return session_new(fake->sessions, remote, "127.0.0.1:7379", NULL);
}

size_t fake_feed(struct session *session, struct bytes bytes)
{
    size_t fed = 0;
    while (fed < bytes.len) {
        size_t room = 0;
        uint8_t *place = session_input(session, &room);
        if (place == NULL) {
            break;
        }
        size_t count = bytes.len - fed < room ? bytes.len - fed : room;
        memcpy(place, bytes.data + fed, count);
        session_received(session, count);
        fed += count;
    }
    return fed;
}

const char *fake_output(struct session *session, size_t *ret_len)
{
    static struct buffer text = {.max_bytes = 256u << 20};
    struct bytes piece;
    text.len = 0;
    while ((piece = session_output(session)).len > 0) {
        GR_ASSERT_EQ(buffer_append(&text, piece), 0);
        session_sent(session, piece.len);
    }
    GR_ASSERT(buffer_reserve(&text, 1) != NULL);
    text.data[text.len] = '\0';
    if (ret_len != NULL) {
        *ret_len = text.len;
    }
    return (const char *)text.data;
}

const char *fake_say(struct fake *fake, struct session *session, const char *text)
{
    fake_feed(session, bytes_of_text(text));
    fake_drain(fake);
    return fake_output(session, NULL);
}

const char *fake_request(const char *words)
{
    static char text[4200];
    char body[4096] = "";
    size_t used = 0;
    unsigned count = 0;
    for (const char *word = words; *word != '\0'; count++) {
        int len = (int)strcspn(word, " ");
        used += (size_t)snprintf(body + used, sizeof body - used, "$%d\r\n%.*s\r\n", len, len, word);
        word += len + (word[len] == ' ');
    }
    snprintf(text, sizeof text, "*%u\r\n%s", count, body);
    return text;
}
