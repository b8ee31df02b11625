/* Invariant 1: an acknowledged write is never lost.
 *
 * When a write is acknowledged, some version of it (there are several when it was given a newer dot on the way) must be
 * included in what W of its owners have durably stored. In the end, after faults have stopped and every key was read,
 * every owner must include that version.
 *
 * A deletion shows no value, so its version is any deletion of the key that was first seen between question and answer.
 *
 * Excused: a key whose completed writes a power cut has taken (buffered durability only) is not judged at
 * acknowledgements any more, and a write that no owner holds after a power cut may be gone.
 */
#include "base/assert.h"
#include "sim/world.h"

/* Does the object that a node has durably stored under the key include the dot? */
static bool holds(struct world *world, unsigned node, unsigned key, struct dot dot)
{
    const struct blob *blob = disk_read(&world->machines[node].disk, key, false);
    struct object object;
    if (blob == NULL) {
        return false;
    }
    arena_clear(&world->scratch);
    int status = object_decode(blob_bytes(blob), keys_bytes(&world->keys, key), &world->scratch, &object);
    GR_ASSERT_EQ(status, 0);
    return object_includes(&object, dot);
}

/* Machines that hold it; that none but owners do is seen to elsewhere. */
static unsigned count_holders(struct world *world, unsigned key, struct dot dot)
{
    unsigned holders = 0;
    for (unsigned node = 0; node < world->machines_count; node++) {
        holders += holds(world, node, key, dot);
    }
    return holders;
}

static bool is_version_of(const struct world *world, const struct version *version, uint32_t number)
{
    const struct operation *operation = &world->history.list[number];
    if (operation->op == OP_DELETE) {
        return version->deletion && version->key == operation->key && version->seen_us >= operation->asked_us;
    }
    return version->write == number;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

void check_lost_on_acknowledged(struct world *world, uint32_t number)
{
    struct operation *operation = &world->history.list[number];
    unsigned wanted = least(world->plan.w, plan_copies(&world->plan));
    unsigned most = 0;
    for (uint32_t i = 0; i < world->sightings.count; i++) {
        const struct version *version = &world->sightings.list[i];
        if (!is_version_of(world, version, number)) {
            continue;
        }
        unsigned holders = count_holders(world, operation->key, version->dot);
        most = holders > most ? holders : most;
        if (holders >= wanted && dot_compare(version->dot, operation->dot) > 0) {
            operation->dot = version->dot;
        }
    }
    if (operation->dot.actor == 0 && !world->sightings.tainted[operation->key]) {
        world_violate(world, "lost", "write %u of key %.*s acknowledged by node %c with %u of %u copies durable",
                      number, world->keys.list[operation->key].len, world->keys.list[operation->key].text,
                      'a' + operation->node, most, wanted);
    }
}

void check_lost_on_power_cut(struct world *world, uint64_t keys)
{
    if (keys == 0) {
        return;
    }
    for (uint32_t i = 0; i < world->history.count; i++) {
        struct operation *operation = &world->history.list[i];
        if ((keys >> operation->key & 1) != 0 && operation->dot.actor != 0 &&
            count_holders(world, operation->key, operation->dot) == 0) {
            operation->dot = DOT_NONE;
        }
    }
    for (unsigned key = 0; key < world->keys.count; key++) {
        world->sightings.tainted[key] |= (keys >> key & 1) != 0;
    }
}

void check_lost_at_end(struct world *world)
{
    for (uint32_t i = 0; i < world->history.count; i++) {
        const struct operation *operation = &world->history.list[i];
        if (operation->dot.actor != 0 &&
            count_holders(world, operation->key, operation->dot) < plan_copies(&world->plan)) {
            world_violate(world, "lost", "write %u of key %.*s was acknowledged, and an owner lacks it in the end", i,
                          world->keys.list[operation->key].len, world->keys.list[operation->key].text);
        }
    }
}
