#include "sim/scan.h"

#include "base/assert.h"
#include "base/error.h"
#include "sim/effects.h"
#include "sim/world.h"

#define IN_MEMORY_US 5u

/* What was asked, until its moment comes. Not for the eyes of another machine: laid out as memory is. */
struct question {
    uint64_t token;
    uint64_t owner;
    uint32_t bytes_max;
    uint16_t slot;
    uint16_t leaves;
    uint8_t after_len;
    bool hints, resumes, values, one_owner, counts;
    char after[SIM_KEY_BYTES];
};

/* One object or hint that the scan may show. */
struct candidate {
    uint64_t owner;
    uint16_t slot;
    struct bytes key;
    struct bytes value;
};

#define CANDIDATES_MAX (SIM_KEYS_MAX * 2 * SIM_NODES_MAX)

struct candidates {
    unsigned count;
    struct candidate list[CANDIDATES_MAX];
};

/* A slot without objects needs no read of the disk. */
static bool is_in_memory(const struct world *world, const struct question *question)
{
    bool any = question->hints;
    for (unsigned key = 0; key < world->keys.count && !any; key++) {
        any = world->keys.list[key].slot == question->slot;
    }
    return !any;
}

static void plan_on(struct world *world, unsigned node, struct occurrence occurrence, bool in_memory)
{
    occurrence.at_us = world->now_us + (in_memory ? IN_MEMORY_US : effect_disk_delay(world, node));
    occurrence.node = (uint8_t)node;
    occurrence.life = world->machines[node].life;
    agenda_add(&world->agenda, occurrence);
}

void scan_begin(struct world *world, unsigned node, const struct effect *effect)
{
    struct question question;
    memset(&question, 0, sizeof question); /* the padding goes into a blob too */
    GR_ASSERT_LE(effect->scan.after.len, SIM_KEY_BYTES);
    question.token = effect->scan.token;
    question.owner = effect->scan.owner;
    question.bytes_max =
        effect->scan.bytes_max < world->plan.page_bytes ? effect->scan.bytes_max : world->plan.page_bytes;
    question.slot = effect->scan.slot;
    question.leaves = effect->scan.leaves;
    question.hints = effect->scan.hints;
    question.resumes = effect->scan.resumes;
    question.values = effect->scan.values;
    question.one_owner = effect->scan.one_owner;
    question.counts = effect->scan.counts;
    question.after_len = (uint8_t)effect->scan.after.len;
    if (effect->scan.after.len > 0) {
        memcpy(question.after, effect->scan.after.data, effect->scan.after.len);
    }
    struct bytes raw = bytes_of(&question, sizeof question);
    world_mix(world, EFFECT_SCAN, node, effect->scan.slot, raw);
    struct blob *blob = blob_copy(raw);
    GR_ASSERT(blob != NULL);
    plan_on(world, node, (struct occurrence){.kind = OCCUR_SCAN, .token = question.token, .blob = blob},
            is_in_memory(world, &question));
}

/* Owner, slot, key: the engine's order of hints; of the objects of one slot the first two are the same. */
static int compare(const struct candidate *a, const struct candidate *b)
{
    if (a->owner != b->owner) {
        return a->owner < b->owner ? -1 : 1;
    }
    if (a->slot != b->slot) {
        return a->slot < b->slot ? -1 : 1;
    }
    size_t least = a->key.len < b->key.len ? a->key.len : b->key.len;
    int order = least == 0 ? 0 : memcmp(a->key.data, b->key.data, least);
    return order != 0 ? order : (a->key.len > b->key.len) - (a->key.len < b->key.len);
}

static void add(struct candidates *candidates, const struct candidate *candidate)
{
    GR_ASSERT_LT(candidates->count, CANDIDATES_MAX);
    unsigned place = candidates->count++;
    while (place > 0 && compare(candidate, &candidates->list[place - 1]) < 0) {
        candidates->list[place] = candidates->list[place - 1];
        place--;
    }
    candidates->list[place] = *candidate;
}

static struct candidate candidate_of(const struct world *world, uint64_t owner, unsigned key, const struct blob *value)
{
    return (struct candidate){.owner = owner,
                              .slot = world->keys.list[key].slot,
                              .key = keys_bytes(&world->keys, key),
                              .value = blob_bytes(value)};
}

static void add_objects(const struct world *world, const struct disk *disk, uint16_t slot, struct candidates *ret)
{
    for (unsigned key = 0; key < world->keys.count; key++) {
        const struct blob *value = world->keys.list[key].slot == slot ? disk_read(disk, 0, key, false) : NULL;
        if (value != NULL) {
            struct candidate candidate = candidate_of(world, 0, key, value);
            add(ret, &candidate);
        }
    }
}

static void add_hints(const struct world *world, const struct disk *disk, const struct question *question,
                      struct candidates *ret)
{
    uint32_t cursor = 0;
    struct disk_hint hint;
    while (disk_next_hint(disk, &cursor, &hint)) {
        if (question->one_owner ? hint.owner == question->owner : hint.owner >= question->owner) {
            struct candidate candidate = candidate_of(world, hint.owner, hint.key, hint.value);
            add(ret, &candidate);
        }
    }
}

/* Where a scan that does not resume begins: of hints, with the slot named. */
static bool is_wanted(const struct question *question, const struct candidate *candidate)
{
    struct candidate behind = {.owner = question->hints ? question->owner : 0,
                               .slot = question->slot,
                               .key = bytes_of(question->after, question->after_len)};
    if (question->resumes ? compare(candidate, &behind) <= 0
                          : candidate->owner == behind.owner && candidate->slot < behind.slot) {
        return false;
    }
    return question->hints || (question->leaves >> leaf_of(candidate->key) & 1) != 0;
}

static void fill_page(const struct question *question, const struct candidates *candidates, struct page *page)
{
    for (unsigned i = 0; i < candidates->count && !page->more; i++) {
        const struct candidate *each = &candidates->list[i];
        if (is_wanted(question, each)) {
            int status = page_add(page, each->owner, each->key, each->value, question->values);
            GR_ASSERT(status == 0 || status == GR_ETOOBIG);
            page->more = status != 0;
        }
    }
}

/* The page in one piece, as the moment has it: the disk may have changed when the answer comes. */
static struct blob *encode_page(const struct page *page)
{
    struct blob *blob = blob_new(sizeof *page + page->items.len);
    GR_ASSERT(blob != NULL);
    memset(blob->data, 0, sizeof *page);
    memcpy(blob->data + offsetof(struct page, counted), page->counted, sizeof page->counted);
    memcpy(blob->data + offsetof(struct page, kept), page->kept, sizeof page->kept);
    blob->data[offsetof(struct page, more)] = page->more;
    blob->data[offsetof(struct page, counts)] = page->counts;
    if (page->items.len > 0) {
        memcpy(blob->data + sizeof *page, page->items.data, page->items.len);
    }
    return blob;
}

static struct page *decode_page(const struct blob *blob)
{
    struct page *page = page_new(blob->len);
    GR_ASSERT(page != NULL);
    memcpy(page->counted, blob->data + offsetof(struct page, counted), sizeof page->counted);
    memcpy(page->kept, blob->data + offsetof(struct page, kept), sizeof page->kept);
    page->more = blob->data[offsetof(struct page, more)] != 0;
    page->counts = blob->data[offsetof(struct page, counts)] != 0;
    int status = buffer_append(&page->items, bytes_of(blob->data + sizeof *page, blob->len - sizeof *page));
    GR_ASSERT_EQ(status, 0);
    return page;
}

static void count(const struct world *world, unsigned node, const struct question *question,
                  const struct candidates *candidates, struct page *page)
{
    page->counts = true;
    for (unsigned i = 0; i < candidates->count; i++) {
        page->counted[leaf_of(candidates->list[i].key)] += object_digest(candidates->list[i].value);
    }
    disk_kept(&world->machines[node].disk, question->slot, page->kept);
}

static struct blob *make_page(const struct world *world, unsigned node, const struct question *question)
{
    const struct disk *disk = &world->machines[node].disk;
    struct candidates candidates;
    candidates.count = 0; /* the rest is large and not looked at */
    struct page *page = page_new(question->bytes_max);
    GR_ASSERT(page != NULL);
    if (question->hints) {
        add_hints(world, disk, question, &candidates);
    } else {
        add_objects(world, disk, question->slot, &candidates);
    }
    if (question->counts) {
        count(world, node, question, &candidates, page);
    }
    fill_page(question, &candidates, page);
    struct blob *blob = encode_page(page);
    page_free(page);
    return blob;
}

static bool is_void(const struct world *world, const struct occurrence *o)
{
    return world->machines[o->node].node == NULL || world->machines[o->node].life != o->life;
}

void scan_on_moment(struct world *world, const struct occurrence *o)
{
    struct question question;
    if (is_void(world, o)) {
        return;
    }
    memcpy(&question, o->blob->data, sizeof question);
    struct blob *page = effect_disk_fails(world, o->node) ? NULL : make_page(world, o->node, &question);
    plan_on(world, o->node, (struct occurrence){.kind = OCCUR_SCANNED, .token = o->token, .blob = page},
            is_in_memory(world, &question));
}

void scan_on_scanned(struct world *world, const struct occurrence *o)
{
    if (is_void(world, o)) {
        return;
    }
    struct event event = {.kind = EVENT_SCANNED};
    event.scanned.token = o->token;
    event.scanned.status = o->blob == NULL ? GR_EIO : 0;
    event.scanned.page = o->blob == NULL ? NULL : decode_page(o->blob);
    world_mix(world, OCCUR_SCANNED, o->node, o->token, blob_bytes(o->blob));
    world_step(world, o->node, &event);
    page_free(event.scanned.page);
}
