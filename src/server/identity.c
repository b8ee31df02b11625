/* The record, little-endian:
 *   u64 checksum    XXH3 of all that follows
 *   u16 format      1
 *   u8  clean       1: the mark
 *   u8  replicas
 *   u32 partitions
 *   u64 node, actor, cluster, clock
 */
#include "server/identity.h"

#include <sys/random.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"

#define IDENTITY_NAME "identity"
#define IDENTITY_STATE_NAME "membership"
#define IDENTITY_FORMAT 1
#define IDENTITY_BYTES 48

int identity_random(uint64_t *ret)
{
    uint64_t value = 0;
    while (value == 0) {
        if (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value) {
            return GR_EIO;
        }
    }
    *ret = value;
    return 0;
}

static int store(const struct identity *identity, struct engine *engine)
{
    uint8_t raw[IDENTITY_BYTES];
    struct writer body = writer_of(raw + 8, sizeof raw - 8);
    writer_u16(&body, IDENTITY_FORMAT);
    writer_u8(&body, identity->is_clean);
    writer_u8(&body, identity->replicas);
    writer_u32(&body, identity->partitions);
    writer_u64(&body, identity->node);
    writer_u64(&body, identity->actor);
    writer_u64(&body, identity->cluster);
    writer_u64(&body, identity->clock);
    GR_ASSERT(body.next == body.end);
    struct writer head = writer_of(raw, 8);
    writer_u64(&head, hash_bytes(bytes_of(raw + 8, sizeof raw - 8)));
    return engine_meta_put(engine, IDENTITY_NAME, bytes_of(raw, sizeof raw));
}

static int parse(struct bytes raw, struct identity *ret)
{
    struct reader in = reader_of(raw);
    uint64_t checksum = reader_u64(&in);
    if (in.failed || checksum != hash_bytes(bytes_of(in.next, reader_left(&in)))) {
        return GR_ECORRUPT;
    }
    if (reader_u16(&in) != IDENTITY_FORMAT) {
        return GR_EVERSION;
    }
    ret->is_clean = reader_u8(&in) == 1;
    ret->replicas = reader_u8(&in);
    ret->partitions = reader_u32(&in);
    ret->node = reader_u64(&in);
    ret->actor = reader_u64(&in);
    ret->cluster = reader_u64(&in);
    ret->clock = reader_u64(&in);
    bool sound = !in.failed && reader_left(&in) == 0 && ret->node != 0 && ret->actor != 0;
    return sound ? 0 : GR_ECORRUPT;
}

int identity_load(struct engine *engine, struct identity *ret)
{
    struct buffer raw;
    struct identity found = {0};
    buffer_init(&raw, 4096);
    int status = engine_meta_get(engine, IDENTITY_NAME, &raw);
    if (status == 0) {
        status = parse(buffer_bytes(&raw), &found);
    } else if (status == GR_ENOENT && engine_holds_data(engine)) {
        status = GR_ECORRUPT; /* the record is written before any object can be */
    }
    buffer_done(&raw);
    if (status == 0) {
        *ret = found;
    }
    return status;
}

int identity_create(struct identity *ret)
{
    struct identity fresh = {0};
    int status = identity_random(&fresh.node);
    if (status == 0) {
        status = identity_random(&fresh.actor);
    }
    if (status == 0) {
        *ret = fresh;
    }
    return status;
}

int identity_found(struct identity *identity, uint32_t partitions, uint8_t replicas)
{
    int status = identity_random(&identity->cluster);
    if (status == 0) {
        identity->partitions = partitions;
        identity->replicas = replicas;
    }
    return status;
}

int identity_begin(struct identity *identity, struct engine *engine)
{
    uint64_t stored_clock = engine_clock(engine);
    if (!identity->is_clean) {
        int status = identity_random(&identity->actor);
        if (status != 0) {
            return status;
        }
    }
    identity->clock = stored_clock > identity->clock ? stored_clock : identity->clock;
    identity->is_clean = false;
    return store(identity, engine);
}

int identity_join(struct identity *identity, struct engine *engine, uint64_t cluster, uint32_t partitions,
                  uint8_t replicas, struct bytes state)
{
    int status = identity_save_state(engine, 0, state);
    if (status != 0) {
        return status;
    }
    identity->cluster = cluster;
    identity->partitions = partitions;
    identity->replicas = replicas;
    return store(identity, engine);
}

int identity_end(struct identity *identity, struct engine *engine, uint64_t clock)
{
    identity->clock = clock > identity->clock ? clock : identity->clock;
    identity->is_clean = true;
    return store(identity, engine);
}

int identity_save_state(struct engine *engine, uint64_t token, struct bytes state)
{
    return token == 0 ? engine_meta_put(engine, IDENTITY_STATE_NAME, state)
                      : engine_meta_put_later(engine, token, IDENTITY_STATE_NAME, state);
}

int identity_load_state(const struct identity *identity, struct engine *engine, struct buffer *ret)
{
    if (identity->cluster == 0) {
        return 0; /* what a join that was cut short left behind */
    }
    int status = engine_meta_get(engine, IDENTITY_STATE_NAME, ret);
    if (status != 0 && status != GR_ENOENT) {
        return status;
    }
    return ret->len == 0 && engine_holds_data(engine) ? GR_ECORRUPT : 0;
}
