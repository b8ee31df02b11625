/* Invariant 2: no dot is used twice.
 *
 * Every object that a node stores or sends to be stored is looked at once. The first that shows a dot must come from
 * the node whose actor the dot names, since a coordinator stores what it mints in the step that mints it. From then on
 * the dot stands for that payload of that key, or for that deletion: another key or payload under the same dot, or an
 * lww object that is a deletion under the dot of a value, is a second use.
 *
 * A dot in a context without an entry says nothing by itself: its value may have been superseded.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "sim/world.h"

#define LIST_FIRST 1024u /* a power of two */

static void make_buckets(struct sightings *s, uint32_t count);

void sightings_init(struct sightings *s)
{
    *s = (struct sightings){0};
    memset(s->kept, 0xff, sizeof s->kept);
    make_buckets(s, LIST_FIRST);
    s->digest_capacity = LIST_FIRST;
    s->digests = calloc(s->digest_capacity, sizeof *s->digests);
    GR_ASSERT(s->digests != NULL);
}

void sightings_done(struct sightings *s)
{
    free(s->list);
    free(s->buckets);
    free(s->digests);
}

static uint32_t *bucket_of(const struct sightings *s, struct dot dot)
{
    return &s->buckets[hash_pair(dot.actor, dot.hlc) & (s->bucket_count - 1)];
}

static void make_buckets(struct sightings *s, uint32_t count)
{
    free(s->buckets);
    s->buckets = malloc(count * sizeof *s->buckets);
    GR_ASSERT(s->buckets != NULL);
    s->bucket_count = count;
    memset(s->buckets, 0xff, count * sizeof *s->buckets);
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t *bucket = bucket_of(s, s->list[i].dot);
        s->list[i].next = *bucket;
        *bucket = i;
    }
}

static struct version *find(const struct sightings *s, struct dot dot)
{
    for (uint32_t i = *bucket_of(s, dot); i != NO_VERSION; i = s->list[i].next) {
        if (dot_equal(s->list[i].dot, dot)) {
            return &s->list[i];
        }
    }
    return NULL;
}

static void add(struct sightings *s, const struct version *version)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity == 0 ? LIST_FIRST : s->capacity * 2;
        s->list = realloc(s->list, s->capacity * sizeof *s->list);
        GR_ASSERT(s->list != NULL);
        if (s->capacity > s->bucket_count) {
            make_buckets(s, s->capacity);
        }
    }
    uint32_t *bucket = bucket_of(s, version->dot);
    s->list[s->count] = *version;
    s->list[s->count].next = *bucket;
    s->list[s->count].next_kept = s->kept[version->key];
    s->kept[version->key] = s->count;
    *bucket = s->count++;
}

static void put_digest(uint64_t *digests, uint32_t capacity, uint64_t digest)
{
    uint32_t place = (uint32_t)digest & (capacity - 1);
    while (digests[place] != 0) {
        place = (place + 1) & (capacity - 1);
    }
    digests[place] = digest;
}

static void grow_digests(struct sightings *s)
{
    uint32_t capacity = s->digest_capacity * 2;
    uint64_t *digests = calloc(capacity, sizeof *digests);
    GR_ASSERT(digests != NULL);
    for (uint32_t i = 0; i < s->digest_capacity; i++) {
        if (s->digests[i] != 0) {
            put_digest(digests, capacity, s->digests[i]);
        }
    }
    free(s->digests);
    s->digests = digests;
    s->digest_capacity = capacity;
}

/* Has this very object been looked at? If not, it counts as such from now on. */
static bool was_seen(struct sightings *s, uint64_t digest)
{
    uint32_t mask = s->digest_capacity - 1;
    for (uint32_t place = (uint32_t)digest & mask; s->digests[place] != 0; place = (place + 1) & mask) {
        if (s->digests[place] == digest) {
            return true;
        }
    }
    put_digest(s->digests, s->digest_capacity, digest);
    s->digest_count++;
    if (s->digest_count * 2 > s->digest_capacity) {
        grow_digests(s);
    }
    return false;
}

static void sight_new(struct world *world, unsigned node, const struct version *version)
{
    const struct machine *machine = &world->machines[node];
    uint64_t actor = version->dot.actor;
    if (actor != node_actor(machine->node) && actor != node_stand_in_actor(machine->node) &&
        actor != machine->actors_before[0] && actor != machine->actors_before[1]) {
        world_violate(world, "dots", "node %c brings up a dot of another actor for key %.*s", 'a' + (int)node,
                      world->keys.list[version->key].len, world->keys.list[version->key].text);
    }
    add(&world->sightings, version);
}

static void sight_entry(struct world *world, unsigned node, unsigned key, const struct entry *entry)
{
    uint64_t payload = hash_bytes(entry->payload);
    const struct version *known = find(&world->sightings, entry->dot);
    if (known == NULL) {
        sight_new(world, node,
                  &(struct version){.dot = entry->dot,
                                    .payload = payload,
                                    .seen_us = world->now_us,
                                    .write = history_last_name(entry->payload),
                                    .base = history_name_before(entry->payload),
                                    .names = history_keep_names(&world->history, entry->payload),
                                    .node = (uint8_t)node,
                                    .key = (uint8_t)key});
    } else if (known->deletion || known->payload != payload || known->key != key) {
        world_violate(world, "dots", "dot %llx:%llx of key %.*s names two writes, seen second at node %c",
                      (unsigned long long)entry->dot.actor, (unsigned long long)entry->dot.hlc,
                      world->keys.list[key].len, world->keys.list[key].text, 'a' + (int)node);
    }
}

/* Entries were looked at first, so a dot not known by now came with no value: a deletion. */
static void sight_context(struct world *world, unsigned node, unsigned key, const struct object *object)
{
    for (uint32_t i = 0; i < object->context.count; i++) {
        struct dot dot = object->context.dots[i];
        const struct version *known = find(&world->sightings, dot);
        if (known == NULL) {
            sight_new(world, node,
                      &(struct version){.dot = dot,
                                        .seen_us = world->now_us,
                                        .write = NO_WRITE,
                                        .base = NO_WRITE,
                                        .key = (uint8_t)key,
                                        .deletion = true});
        } else if (known->key != key || (object->policy == CONFLICT_LWW && object->count == 0 && !known->deletion)) {
            world_violate(world, "dots", "dot %llx:%llx of key %.*s is another write's too",
                          (unsigned long long)dot.actor, (unsigned long long)dot.hlc, world->keys.list[key].len,
                          world->keys.list[key].text);
        }
    }
}

uint64_t check_dots_seen_us(const struct world *world, struct dot dot)
{
    const struct version *version = find(&world->sightings, dot);
    return version == NULL ? UINT64_MAX : version->seen_us;
}

bool check_dots_crowded_out(const struct world *world, struct dot dot)
{
    const struct version *version = find(&world->sightings, dot);
    return version != NULL && (version->superseded || version->deletion) && world->sightings.full[version->key];
}

void check_dots_forwarded(struct world *world, unsigned node, const struct wire_forward *forward)
{
    if (forward->has_dot) {
        struct entry entry = {.payload = forward->value, .dot = {.actor = forward->actor, .hlc = forward->hlc}};
        sight_entry(world, node, keys_number(&world->keys, forward->key), &entry);
    }
}

void check_dots_sighted(struct world *world, unsigned node, struct bytes key_bytes, struct bytes raw)
{
    uint64_t digest = object_digest(raw);
    if (digest != 0 && was_seen(&world->sightings, digest)) {
        return;
    }
    unsigned key = keys_number(&world->keys, key_bytes);
    struct object object;
    arena_clear(&world->scratch);
    int status = object_decode(raw, key_bytes, &world->scratch, &object);
    if (status != 0) {
        world_violate(world, "dots", "node %c stores or sends an object that does not decode: %d", 'a' + (int)node,
                      status);
        return;
    }
    uint32_t known = world->sightings.count;
    for (uint32_t i = 0; i < object.count; i++) {
        sight_entry(world, node, key, &object.entries[i]);
    }
    sight_context(world, node, key, &object);
    world->sightings.full[key] |= object.context.count == CONTEXT_MAX;
    const struct version *minted = world->sightings.count > known ? &world->sightings.list[known] : NULL;
    check_siblings_sighted(world, node, key, &object, minted);
}
