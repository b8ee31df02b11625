#include "sim/effects.h"

#include "base/assert.h"
#include "base/error.h"
#include "ring/slot.h"
#include "sim/scan.h"
#include "sim/world.h"

uint64_t effect_disk_delay(struct world *world, unsigned node)
{
    return rng_between(&world->rng, world->plan.disk_min_us, world->plan.disk_max_us) +
           world->machines[node].disk_slow_us;
}

bool effect_disk_fails(struct world *world, unsigned node)
{
    uint32_t ppm = world->nemesis.disk_error_ppm + world->machines[node].disk_error_ppm;
    return ppm > 0 && rng_chance(&world->rng, ppm);
}

#define ASK_AGAIN_US 2000000u

static void plan_on(struct world *world, unsigned node, struct occurrence occurrence, uint64_t at_us)
{
    occurrence.at_us = at_us;
    occurrence.node = (uint8_t)node;
    occurrence.life = world->machines[node].life;
    agenda_add(&world->agenda, occurrence);
}

static void send(struct world *world, unsigned node, const struct effect *effect)
{
    const struct wire_message *message = &effect->send.message;
    const char *invalid = wire_invalid(message);
    if (invalid != NULL) {
        world_violate(world, "wire", "node %c sends a bad %s: %s", 'a' + (int)node, wire_name(message->type), invalid);
        return;
    }
    buffer_clear(&world->frame, 1u << 16);
    int status = wire_encode(message, &world->frame);
    GR_ASSERT_EQ(status, 0);
    world_mix(world, EFFECT_SEND, node, effect->send.peer, buffer_bytes(&world->frame));
    if (message->type == WIRE_put) {
        check_dots_sighted(world, node, message->put.key, message->put.object);
    }
    if (message->type == WIRE_forward) {
        check_dots_forwarded(world, node, &message->forward);
    }
    struct blob *frame = blob_copy(buffer_bytes(&world->frame));
    GR_ASSERT(frame != NULL);
    unsigned peer = world_find_machine(world, effect->send.peer);
    if (peer < world->machines_count) {
        network_send(world, node, peer, frame);
    } else {
        blob_unref(frame); /* to an id that is no more */
    }
}

static void load(struct world *world, unsigned node, const struct effect *effect)
{
    unsigned key = keys_number(&world->keys, effect->load.key);
    world_mix(world, EFFECT_LOAD, node, effect->load.token, effect->load.key);
    plan_on(world, node,
            (struct occurrence){
                .kind = OCCUR_LOADED, .detail = (uint8_t)key, .token = effect->load.token, .owner = effect->load.owner},
            world->now_us + effect_disk_delay(world, node));
}

/* D3: what becomes of a write that fails. */
static void draw_failure(struct world *world, unsigned node, struct disk_write *write)
{
    if (write->mend == NULL && disk_is_failing(&world->machines[node].disk, write->owner, write->key)) {
        write->traceless = true;
        write->status = GR_EIO;
    } else if (effect_disk_fails(world, node)) {
        bool full = rng_chance(&world->rng, 500000);
        write->traceless = full || rng_chance(&world->rng, 500000);
        write->status = full ? GR_ENOSPC : GR_EIO;
    }
}

static void submit(struct world *world, unsigned node, struct disk_write *write)
{
    struct disk *disk = &world->machines[node].disk;
    draw_failure(world, node, write);
    disk_submit(disk, write);
    uint64_t at_us = world->now_us + effect_disk_delay(world, node);
    disk->busy_until_us = at_us > disk->busy_until_us ? at_us : disk->busy_until_us;
    plan_on(world, node, (struct occurrence){.kind = OCCUR_WRITTEN, .token = write->token}, disk->busy_until_us);
}

static void store(struct world *world, unsigned node, const struct effect *effect)
{
    struct blob *value = effect->store.value;
    world_mix(world, EFFECT_STORE, node, effect->store.token ^ effect->store.owner, blob_bytes(value));
    unsigned key = keys_number(&world->keys, effect->store.key);
    if (value != NULL) {
        check_dots_sighted(world, node, effect->store.key, blob_bytes(value));
        world->sightings.hinted[key] |=
            effect->store.owner != 0 && !check_is_owner(world, key, world->machines[node].id);
    }
    if (effect->store.owner == 0 && value != NULL) {
        check_deleted_stored(world, node, key, value);
    } else if (effect->store.owner == 0) {
        check_deleted_removed(world, node, key);
    }
    submit(world, node,
           &(struct disk_write){.token = effect->store.token,
                                .clock = effect->store.clock,
                                .owner = effect->store.owner,
                                .leaf_delta = effect->store.leaf_delta,
                                .value = value,
                                .asked = value,
                                .live_delta = effect->store.live_delta,
                                .key = (uint8_t)key,
                                .leaf = (uint8_t)leaf_of(effect->store.key),
                                .slot = effect->store.slot});
}

static void mend(struct world *world, unsigned node, const struct effect *effect)
{
    struct bytes delta = bytes_of(effect->mend.delta, sizeof effect->mend.delta);
    struct blob *kept = blob_copy(delta);
    GR_ASSERT(kept != NULL);
    world_mix(world, EFFECT_MEND, node, effect->mend.token, delta);
    submit(world, node,
           &(struct disk_write){
               .token = effect->mend.token, .clock = effect->mend.clock, .slot = effect->mend.slot, .mend = kept});
    blob_unref(kept);
}

static void count(struct world *world, unsigned node, const struct effect *effect)
{
    struct blob *partitions = blob_copy(effect->count.partitions);
    GR_ASSERT(partitions != NULL);
    world_mix(world, EFFECT_COUNT, node, effect->count.token, effect->count.partitions);
    plan_on(world, node, (struct occurrence){.kind = OCCUR_COUNTED, .token = effect->count.token, .blob = partitions},
            world->now_us + effect_disk_delay(world, node));
}

/* One that was begun later has been kept already: that has all there is in this one. */
static void keep_state(struct machine *machine, uint32_t save, struct bytes state)
{
    if (save > machine->saved) {
        buffer_clear(&machine->state, 1u << 16);
        int status = buffer_append(&machine->state, state);
        GR_ASSERT_EQ(status, 0);
        machine->saved = save;
    }
}

/* Only where somebody waits for the answer does it take time, and may fail: nothing else goes by what was kept. */
static void save(struct world *world, unsigned node, uint64_t token)
{
    struct machine *machine = &world->machines[node];
    struct bytes state = node_state(machine->node);
    uint32_t number = ++machine->saves;
    world_mix(world, EFFECT_SAVE, node, 0, state);
    if (token == 0) {
        keep_state(machine, number, state);
        machine->salvaged = false;
        return;
    }
    struct occurrence saved = {.kind = OCCUR_SAVED, .token = token, .save = number, .blob = blob_copy(state)};
    GR_ASSERT(saved.blob != NULL);
    saved.detail = effect_disk_fails(world, node);
    plan_on(world, node, saved, world->now_us + effect_disk_delay(world, node));
}

static void refused(struct world *world, unsigned node, struct bytes text)
{
    world_mix(world, EFFECT_REFUSED, node, 0, text);
    if (world->machines[node].replaces != 0) {
        process_boot_later(world, node, ASK_AGAIN_US); /* it asked a member that had not heard of its predecessor yet */
    } else if (!world->scripted) {
        world_violate(world, "start", "node %c was refused: %.*s", 'a' + (int)node, (int)text.len,
                      (const char *)text.data);
    }
    process_drain(world, node);
}

void effect_perform(struct world *world, unsigned node, const struct effect *effect)
{
    struct machine *machine = &world->machines[node];
    switch (effect->kind) {
    case EFFECT_SEND:
        send(world, node, effect);
        break;
    case EFFECT_LOAD:
        load(world, node, effect);
        break;
    case EFFECT_STORE:
        store(world, node, effect);
        break;
    case EFFECT_SCAN:
        scan_begin(world, node, effect);
        break;
    case EFFECT_MEND:
        mend(world, node, effect);
        break;
    case EFFECT_REPLY:
        world_mix(world, EFFECT_REPLY, effect->reply.token, (uint64_t)effect->reply.status, effect->reply.value);
        workload_replied(world, node, &effect->reply);
        break;
    case EFFECT_COPIES:
        world_mix(world, EFFECT_COPIES, effect->copies.token, effect->copies.copies, BYTES_EMPTY);
        check_replies_copies(world, effect->copies.token, effect->copies.copies, effect->copies.final);
        break;
    case EFFECT_SAVE:
        save(world, node, effect->save.token);
        break;
    case EFFECT_JOINED:
        machine->cluster = node_cluster(machine->node);
        machine->replaces = 0;
        world->disturbed_us = world->now_us;
        world_mix(world, EFFECT_JOINED, node, machine->cluster, BYTES_EMPTY);
        break;
    case EFFECT_REFUSED:
        refused(world, node, effect->text);
        break;
    case EFFECT_HEALTH:
        world->suspicions += !effect->health.healthy;
        world_mix(world, EFFECT_HEALTH, node, effect->health.peer ^ effect->health.healthy, BYTES_EMPTY);
        break;
    case EFFECT_COUNT:
        count(world, node, effect);
        break;
    }
}

static bool is_void(const struct world *world, const struct occurrence *o)
{
    return world->machines[o->node].node == NULL || world->machines[o->node].life != o->life;
}

void effect_on_loaded(struct world *world, const struct occurrence *o)
{
    if (is_void(world, o)) {
        return;
    }
    struct event event = {.kind = EVENT_LOADED};
    event.loaded.token = o->token;
    if (effect_disk_fails(world, o->node)) {
        event.loaded.status = GR_EIO;
    } else {
        bool submitted = rng_chance(&world->rng, 500000);
        event.loaded.value = disk_read(&world->machines[o->node].disk, o->owner, o->detail, submitted);
    }
    world_mix(world, OCCUR_LOADED, o->node, o->token, blob_bytes(event.loaded.value));
    world_step(world, o->node, &event);
}

void effect_on_written(struct world *world, const struct occurrence *o)
{
    if (is_void(world, o)) {
        return;
    }
    const struct disk_write *done = disk_complete(&world->machines[o->node].disk, world->now_us);
    GR_ASSERT_EQ(done->token, o->token);
    struct event event = {.kind = EVENT_STORED};
    event.stored.token = done->token;
    event.stored.status = done->status;
    if (done->owner != 0) {
        check_bounds_hints(world, o->node);
    }
    world_mix(world, OCCUR_WRITTEN, o->node, o->token, BYTES_EMPTY);
    world_step(world, o->node, &event);
}

static uint64_t live_keys(const struct world *world, unsigned node, struct bytes partitions)
{
    uint64_t live = 0;
    for (unsigned key = 0; key < world->keys.count; key++) {
        unsigned partition = ring_partition(world->keys.list[key].slot, world->plan.partitions);
        GR_ASSERT_LT(partition / 8, partitions.len);
        if (partitions.data[partition / 8] >> (partition % 8) & 1) {
            live += (uint64_t)(int64_t)disk_live(&world->machines[node].disk, key);
        }
    }
    return live;
}

void effect_on_saved(struct world *world, const struct occurrence *o)
{
    if (is_void(world, o)) {
        return;
    }
    struct event event = {.kind = EVENT_STORED};
    event.stored.token = o->token;
    event.stored.status = o->detail != 0 ? GR_EIO : 0;
    if (o->detail == 0) {
        keep_state(&world->machines[o->node], o->save, blob_bytes(o->blob));
    }
    world_mix(world, OCCUR_SAVED, o->node, o->token, BYTES_EMPTY);
    world_step(world, o->node, &event);
}

void effect_on_counted(struct world *world, const struct occurrence *o)
{
    if (is_void(world, o)) {
        return;
    }
    struct event event = {.kind = EVENT_COUNTED};
    event.counted.token = o->token;
    event.counted.keys = live_keys(world, o->node, blob_bytes(o->blob));
    world_mix(world, OCCUR_COUNTED, o->node, event.counted.keys, BYTES_EMPTY);
    world_step(world, o->node, &event);
}
