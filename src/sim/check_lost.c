/* Invariant 1: an acknowledged write is never lost, so long as fewer than W of the nodes that acknowledged it lost
 * their disks (what the nemesis does to disks keeps to that: damage.h).
 *
 * When a write is acknowledged, some version of it (there are several when it was given a newer dot on the way) must be
 * included in what W nodes have durably stored, as owners or for one. In the end, after faults have stopped, every
 * owner must include that version, or have forgotten it with a later deletion.
 *
 * A deletion shows no value, so its version is any deletion of the key that was first seen between question and answer.
 *
 * Excused: a key whose completed writes a power cut has taken (buffered durability only) is not judged at
 * acknowledgements any more, and a write that no owner holds after a power cut may be gone. So may one whose hint was
 * given up when its owner had confirmed it, from memory, and lost it then.
 *
 * A context names CONTEXT_MAX actors. Where a run's faults made more of them write one key, a superseded write and a
 * deletion need not be included, in the end or when it is acknowledged: the oldest dots of a full context are cut, and
 * a stand-in's may be old. What superseded the write must be included; what the deletion covered was in its context.
 */
#include "base/assert.h"
#include "sim/world.h"

/* Is this a sound object that includes the dot? */
static bool includes(struct world *world, unsigned key, const struct blob *blob, struct dot dot)
{
    struct object object;
    if (blob == NULL) {
        return false;
    }
    arena_clear(&world->scratch);
    return object_decode(blob_bytes(blob), keys_bytes(&world->keys, key), &world->scratch, &object) == 0 &&
           object_includes(&object, dot);
}

/* Does what a node has durably stored under the key include the dot? */
static bool owner_holds(struct world *world, unsigned node, unsigned key, struct dot dot)
{
    return includes(world, key, disk_read(&world->machines[node].disk, 0, key, false), dot);
}

/* The same, hints too: a stand-in's copy is as good as an owner's. */
static bool holds(struct world *world, unsigned node, unsigned key, struct dot dot)
{
    uint32_t cursor = 0;
    struct disk_hint hint;
    if (owner_holds(world, node, key, dot)) {
        return true;
    }
    while (disk_next_hint(&world->machines[node].disk, &cursor, &hint)) {
        if (hint.key == key && includes(world, key, hint.value, dot)) {
            return true;
        }
    }
    return false;
}

/* Machines that hold it. That none keeps an object that it does not own is seen to elsewhere. */
static unsigned count_holders(struct world *world, unsigned key, struct dot dot)
{
    unsigned holders = 0;
    for (unsigned node = 0; node < world->machines_count; node++) {
        holders += holds(world, node, key, dot);
    }
    return holders;
}

unsigned check_lost_elsewhere(struct world *world, const struct operation *operation, unsigned node)
{
    unsigned holders = 0;
    bool is_delivered = node < world->machines_count && owner_holds(world, node, operation->key, operation->dot);
    for (unsigned other = 0; other < world->machines_count; other++) {
        bool has = is_delivered ? owner_holds(world, other, operation->key, operation->dot)
                                : holds(world, other, operation->key, operation->dot);
        holders += other != node && has;
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
    bool is_crowded = false;
    for (uint32_t i = world->sightings.count; i-- > 0;) {
        const struct version *version = &world->sightings.list[i];
        if (version->seen_us < operation->asked_us) {
            break; /* they are in the order in which they were seen */
        }
        if (!is_version_of(world, version, number)) {
            continue;
        }
        unsigned holders = count_holders(world, operation->key, version->dot);
        most = holders > most ? holders : most;
        is_crowded |= check_dots_crowded_out(world, version->dot);
        if (holders >= wanted && dot_compare(version->dot, operation->dot) > 0) {
            operation->dot = version->dot;
        }
    }
    bool damaged = world->damage.last_us >= operation->asked_us && world->damage.last_us != 0;
    bool is_excused = damaged || is_crowded || world->sightings.tainted[operation->key];
    if (operation->dot.actor == 0 && !is_excused) {
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
            count_holders(world, operation->key, operation->dot) == 0 &&
            !check_deleted_forgot(world, operation->key, operation->dot)) {
            operation->dot = DOT_NONE;
        }
    }
    for (unsigned key = 0; key < world->keys.count; key++) {
        world->sightings.tainted[key] |= (keys >> key & 1) != 0;
    }
}

/* All owners hold it, or none needs to any more: it was deleted, and that was forgotten; or it was superseded, and no
 * context had room to say so. */
static bool is_kept(struct world *world, const struct operation *operation)
{
    unsigned count;
    const uint64_t *owners = check_owners(world, operation->key, &count);
    for (unsigned i = 0; i < count; i++) {
        if (!owner_holds(world, world_machine(world, owners[i]), operation->key, operation->dot)) {
            return check_deleted_forgot(world, operation->key, operation->dot) ||
                   check_dots_crowded_out(world, operation->dot);
        }
    }
    return true;
}

void check_lost_at_end(struct world *world)
{
    for (uint32_t i = 0; i < world->history.count; i++) {
        const struct operation *operation = &world->history.list[i];
        bool excused = world->sightings.tainted[operation->key] && world->sightings.hinted[operation->key] &&
                       count_holders(world, operation->key, operation->dot) == 0;
        if (operation->dot.actor != 0 && !excused && !is_kept(world, operation)) {
            world_violate(world, "lost", "write %u of key %.*s was acknowledged, and an owner lacks it in the end", i,
                          world->keys.list[operation->key].len, world->keys.list[operation->key].text);
        }
    }
}
