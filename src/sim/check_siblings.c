/* Invariant 1, for sibling values: a value leaves an object only because a later write saw it.
 *
 * A context that covers a value's dot without holding the value says that the value was superseded. That is decided
 * when a write is minted: what its object covers and does not hold is superseded from then on, if the write saw it. A
 * plain SET sees what its coordinator takes for the newest object, on disk or on its way there; a write that reads
 * first has seen the copies of a quorum too, which any owner may have held. An object that lacks a covered value which
 * no minted write has superseded has dropped it, and since it covers the dot, every later merge will drop it too.
 */
#include "sim/world.h"

static bool has_entry(const struct object *object, struct dot dot)
{
    for (uint32_t i = 0; i < object->count; i++) {
        if (dot_equal(object->entries[i].dot, dot)) {
            return true;
        }
    }
    return false;
}

static bool holds_entry(const struct world *world, unsigned key, const struct blob *blob, struct dot dot)
{
    struct object object;
    struct arena scratch;
    arena_init(&scratch, 1024);
    bool held = object_decode(blob_bytes(blob), keys_bytes(&world->keys, key), &scratch, &object) == 0 &&
                has_entry(&object, dot);
    arena_done(&scratch);
    return held;
}

/* Could a write that `node` coordinates now have seen the value in its own copy, or a hint of it? */
static bool is_in_view(struct world *world, unsigned node, unsigned key, struct dot dot)
{
    const struct disk *disk = &world->machines[node].disk;
    uint32_t cursor = 0;
    const struct blob *blob;
    while ((blob = disk_next_view(disk, key, true, &cursor)) != NULL) {
        if (holds_entry(world, key, blob, dot)) {
            return true;
        }
    }
    struct disk_hint hint;
    cursor = 0;
    while (disk_next_hint(disk, &cursor, &hint)) {
        if (hint.key == key && holds_entry(world, key, hint.value, dot)) {
            return true;
        }
    }
    return false;
}

static bool reads_first(const struct world *world, const struct version *minted)
{
    if (minted->deletion || minted->write >= world->history.count) {
        return true;
    }
    const struct operation *operation = &world->history.list[minted->write];
    return operation->op != OP_SET || operation->flags != 0;
}

static bool saw(struct world *world, unsigned node, const struct version *minted, const struct version *version)
{
    return minted != NULL && (reads_first(world, minted) || is_in_view(world, node, version->key, version->dot));
}

/* Superseded from now on, or dropped? */
static void check_version(struct world *world, unsigned node, struct version *version, const struct object *object,
                          const struct version *minted)
{
    if (version == minted || !context_covers(&object->context, version->dot) || has_entry(object, version->dot)) {
        return;
    }
    version->superseded = saw(world, node, minted, version);
    if (!version->superseded && !version->deletion) {
        world_violate(world, "lost", "node %c drops write %u of key %.*s though no later write saw it", 'a' + (int)node,
                      version->write, world->keys.list[version->key].len, world->keys.list[version->key].text);
    }
}

void check_siblings_sighted(struct world *world, unsigned node, unsigned key, const struct object *object,
                            const struct version *minted)
{
    if (object->policy != CONFLICT_SIBLINGS) {
        return;
    }
    uint32_t *link = &world->sightings.kept[key];
    while (*link != NO_VERSION) {
        struct version *version = &world->sightings.list[*link];
        check_version(world, node, version, object, minted);
        if (version->superseded) {
            *link = version->next_kept;
        } else {
            link = &version->next_kept;
        }
    }
}
