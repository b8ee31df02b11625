#include "sim/disk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/assert.h"

static_assert(SIM_KEYS_MAX <= 64, "disk_crash tells of keys by bits");

#define LOG_FIRST 64u
#define LIST_FIRST 16u

void disk_init(struct disk *disk, uint64_t sync_lag_us)
{
    *disk = (struct disk){.sync_lag_us = sync_lag_us};
}

static void drop(struct disk_write *write)
{
    blob_unref(write->value);
    blob_unref(write->asked);
    blob_unref(write->mend);
}

void disk_done(struct disk *disk)
{
    for (uint32_t i = disk->head; i < disk->tail; i++) {
        drop(&disk->log[i]);
    }
    free(disk->log);
    for (unsigned i = 0; i < SIM_KEYS_MAX; i++) {
        blob_unref(disk->base[i]);
        for (unsigned j = 0; j < DISK_OLDER_MAX; j++) {
            blob_unref(disk->older[i][j]);
        }
    }
    for (uint32_t i = 0; i < disk->hints_count; i++) {
        blob_unref(disk->hints[i].value);
        blob_unref(disk->hints[i].older);
    }
    free(disk->hints);
    free(disk->leaves);
    disk_init(disk, 0);
}

/* Where the hint is in the base; hints_count if it was never stored. */
static uint32_t find_hint(const struct disk *disk, uint64_t owner, unsigned key)
{
    uint32_t place = 0;
    while (place < disk->hints_count && (disk->hints[place].owner != owner || disk->hints[place].key != key)) {
        place++;
    }
    return place;
}

static void add_hint(struct disk *disk, uint64_t owner, unsigned key)
{
    if (disk->hints_count == disk->hints_capacity) {
        disk->hints_capacity = disk->hints_capacity == 0 ? LIST_FIRST : disk->hints_capacity * 2;
        disk->hints = realloc(disk->hints, disk->hints_capacity * sizeof *disk->hints);
        GR_ASSERT(disk->hints != NULL);
    }
    disk->hints[disk->hints_count] = (struct disk_hint){.owner = owner, .key = (uint8_t)key};
    disk->hints_count++;
}

static struct blob **base_of(struct disk *disk, uint64_t owner, unsigned key)
{
    if (owner == 0) {
        return &disk->base[key];
    }
    uint32_t place = find_hint(disk, owner, key);
    if (place == disk->hints_count) {
        add_hint(disk, owner, key);
    }
    return &disk->hints[place].value;
}

static void add_to_leaf(struct disk *disk, uint16_t slot, unsigned leaf, uint64_t delta)
{
    if (delta == 0) {
        return;
    }
    for (uint32_t i = 0; i < disk->leaves_count; i++) {
        if (disk->leaves[i].slot == slot && disk->leaves[i].leaf == leaf) {
            disk->leaves[i].sum += delta;
            return;
        }
    }
    if (disk->leaves_count == disk->leaves_capacity) {
        disk->leaves_capacity = disk->leaves_capacity == 0 ? LIST_FIRST : disk->leaves_capacity * 2;
        disk->leaves = realloc(disk->leaves, disk->leaves_capacity * sizeof *disk->leaves);
        GR_ASSERT(disk->leaves != NULL);
    }
    disk->leaves[disk->leaves_count++] = (struct leaf_sum){.slot = slot, .leaf = (uint8_t)leaf, .sum = delta};
}

static uint64_t mend_of(const struct disk_write *write, unsigned leaf)
{
    uint64_t delta;
    memcpy(&delta, write->mend->data + leaf * sizeof delta, sizeof delta);
    return delta;
}

static void apply_mend(struct disk *disk, const struct disk_write *write)
{
    for (unsigned leaf = 0; leaf < LEAVES; leaf++) {
        add_to_leaf(disk, write->slot, leaf, mend_of(write, leaf));
    }
    blob_unref(write->mend);
}

/* It lies in some file still, until RocksDB would merge that with others. Takes the reference. */
static void keep_older(struct disk *disk, uint64_t owner, unsigned key, struct blob *value)
{
    if (value == NULL) {
        return;
    }
    if (owner != 0) {
        struct disk_hint *hint = &disk->hints[find_hint(disk, owner, key)];
        blob_unref(hint->older);
        hint->older = value;
        return;
    }
    struct blob **older = disk->older[key];
    blob_unref(older[DISK_OLDER_MAX - 1]);
    memmove(older + 1, older, (DISK_OLDER_MAX - 1) * sizeof *older);
    older[0] = value;
}

/* Make one write safe, and take its references. */
static void apply(struct disk *disk, struct disk_write *write)
{
    if (write->traceless) {
        drop(write);
        return;
    }
    if (write->clock > disk->clock) {
        disk->clock = write->clock;
    }
    if (write->mend != NULL) {
        apply_mend(disk, write);
        return;
    }
    struct blob **place = base_of(disk, write->owner, write->key);
    struct blob *before = *place;
    *place = write->value;
    keep_older(disk, write->owner, write->key, before);
    add_to_leaf(disk, write->slot, write->leaf, write->leaf_delta);
    disk->live[write->key] += write->live_delta;
    disk->ever_written = true;
}

/* The page cache goes to the disk by itself after a while. */
static void sync_old(struct disk *disk, uint64_t now_us)
{
    while (disk->head < disk->completed && disk->log[disk->head].completed_us + disk->sync_lag_us <= now_us) {
        apply(disk, &disk->log[disk->head++]);
    }
}

static void make_room(struct disk *disk)
{
    if (disk->tail < disk->capacity) {
        return;
    }
    uint32_t used = disk->tail - disk->head;
    if (used * 2 > disk->capacity || disk->capacity == 0) {
        uint32_t capacity = disk->capacity == 0 ? LOG_FIRST : disk->capacity * 2;
        disk->log = realloc(disk->log, capacity * sizeof *disk->log);
        GR_ASSERT(disk->log != NULL);
        disk->capacity = capacity;
    }
    memmove(disk->log, disk->log + disk->head, used * sizeof *disk->log);
    disk->completed -= disk->head;
    disk->head = 0;
    disk->tail = used;
}

void disk_submit(struct disk *disk, const struct disk_write *write)
{
    make_room(disk);
    disk->log[disk->tail] = *write;
    blob_ref(write->value);
    blob_ref(write->asked);
    blob_ref(write->mend);
    disk->tail++;
}

const struct disk_write *disk_complete(struct disk *disk, uint64_t now_us)
{
    GR_ASSERT_LT(disk->completed, disk->tail);
    struct disk_write *done = &disk->log[disk->completed++];
    done->completed_us = now_us;
    blob_unref(done->asked);
    done->asked = NULL;
    sync_old(disk, now_us);
    return done;
}

static bool is_of(const struct disk_write *write, uint64_t owner, unsigned key)
{
    return write->mend == NULL && write->owner == owner && write->key == key;
}

static bool are_of_one(const struct disk_write *a, const struct disk_write *b)
{
    return a == b || (a->mend == NULL && is_of(b, a->owner, a->key));
}

/* The writes from `from` on: of each object and hint a random prefix survives, the rest becomes traceless. Quadratic in
 * what is under way, which is little. One bit for each key that lost what had been completed. */
static uint64_t draw_survivors(struct disk *disk, struct rng *rng, uint32_t from)
{
    uint64_t lost = 0;
    for (uint32_t i = from; i < disk->tail; i++) {
        struct disk_write *write = &disk->log[i];
        uint32_t of_it = 0;
        for (uint32_t j = from; j < disk->tail; j++) {
            if (j < i && are_of_one(&disk->log[j], write)) {
                of_it = 0;
                break; /* was drawn with the first one */
            }
            of_it += are_of_one(&disk->log[j], write);
        }
        uint32_t survive = of_it == 0 ? 0 : (uint32_t)rng_between(rng, 0, of_it);
        for (uint32_t j = i; of_it > 0 && j < disk->tail; j++) {
            struct disk_write *each = &disk->log[j];
            if (are_of_one(write, each) && survive-- == 0) {
                survive = 0;
                lost |= (uint64_t)(j < disk->completed && !each->traceless && each->mend == NULL) << each->key;
                each->traceless = true;
            }
        }
    }
    return lost;
}

uint64_t disk_crash(struct disk *disk, struct rng *rng, uint64_t now_us, bool power_cut)
{
    sync_old(disk, now_us);
    uint64_t lost = draw_survivors(disk, rng, power_cut ? disk->head : disk->completed);
    for (uint32_t i = disk->head; i < disk->tail; i++) {
        blob_unref(disk->log[i].asked);
        disk->log[i].asked = NULL;
        apply(disk, &disk->log[i]);
    }
    disk->head = disk->completed = disk->tail = 0;
    disk->busy_until_us = 0;
    return lost;
}

bool disk_is_failing(const struct disk *disk, uint64_t owner, unsigned key)
{
    for (uint32_t i = disk->completed; i < disk->tail; i++) {
        if (is_of(&disk->log[i], owner, key) && disk->log[i].status != 0) {
            return true;
        }
    }
    return false;
}

/* The newest of the log before `end`; disk->tail: there is none. */
static uint32_t find_logged(const struct disk *disk, uint64_t owner, unsigned key, uint32_t end)
{
    while (end-- > disk->head) {
        if (is_of(&disk->log[end], owner, key) && !disk->log[end].traceless) {
            return end;
        }
    }
    return disk->tail;
}

struct blob *disk_read(const struct disk *disk, uint64_t owner, unsigned key, bool submitted)
{
    uint32_t logged = find_logged(disk, owner, key, submitted ? disk->tail : disk->completed);
    if (logged < disk->tail) {
        return disk->log[logged].value;
    }
    if (owner == 0) {
        return disk->base[key];
    }
    uint32_t place = find_hint(disk, owner, key);
    return place < disk->hints_count ? disk->hints[place].value : NULL;
}

const struct blob *disk_next_view(const struct disk *disk, unsigned key, bool hints, uint32_t *cursor)
{
    if (*cursor == 0) {
        *cursor = disk->completed + 1;
        const struct blob *completed = disk_read(disk, 0, key, false);
        if (completed != NULL) {
            return completed;
        }
    }
    for (uint32_t i = *cursor - 1; i < disk->tail; i++) {
        const struct disk_write *write = &disk->log[i];
        if (write->mend == NULL && write->key == key && write->asked != NULL && (hints || write->owner == 0)) {
            *cursor = i + 2;
            return disk->log[i].asked;
        }
    }
    return NULL;
}

/* Is the hint of log entry `at` new: neither in the base, nor earlier in the log? */
static bool is_first_of_hint(const struct disk *disk, uint32_t at)
{
    const struct disk_write *write = &disk->log[at];
    if (write->mend != NULL || write->owner == 0 || find_hint(disk, write->owner, write->key) < disk->hints_count) {
        return false;
    }
    for (uint32_t i = disk->head; i < at; i++) {
        if (is_of(&disk->log[i], write->owner, write->key)) {
            return false;
        }
    }
    return true;
}

bool disk_next_hint(const struct disk *disk, uint32_t *cursor, struct disk_hint *ret)
{
    uint32_t logged = disk->completed - disk->head;
    while (*cursor < disk->hints_count + logged) {
        uint32_t at = (*cursor)++;
        struct disk_hint hint;
        if (at < disk->hints_count) {
            hint = disk->hints[at];
        } else if (is_first_of_hint(disk, disk->head + at - disk->hints_count)) {
            const struct disk_write *write = &disk->log[disk->head + at - disk->hints_count];
            hint = (struct disk_hint){.owner = write->owner, .key = write->key};
        } else {
            continue;
        }
        hint.value = disk_read(disk, hint.owner, hint.key, false);
        if (hint.value != NULL) {
            *ret = hint;
            return true;
        }
    }
    return false;
}

uint32_t disk_hints(const struct disk *disk, uint64_t *ret_bytes)
{
    uint32_t cursor = 0;
    uint32_t count = 0;
    struct disk_hint hint;
    *ret_bytes = 0;
    while (disk_next_hint(disk, &cursor, &hint)) {
        count++;
        *ret_bytes += hint.value->len;
    }
    return count;
}

int32_t disk_live(const struct disk *disk, unsigned key)
{
    int32_t live = disk->live[key];
    for (uint32_t i = disk->head; i < disk->completed; i++) {
        if (is_of(&disk->log[i], 0, key) && !disk->log[i].traceless) {
            live += disk->log[i].live_delta;
        }
    }
    return live;
}

void disk_kept(const struct disk *disk, uint16_t slot, uint64_t ret[LEAVES])
{
    memset(ret, 0, LEAVES * sizeof *ret);
    for (uint32_t i = 0; i < disk->leaves_count; i++) {
        if (disk->leaves[i].slot == slot) {
            ret[disk->leaves[i].leaf] += disk->leaves[i].sum;
        }
    }
    for (uint32_t i = disk->head; i < disk->completed; i++) {
        const struct disk_write *write = &disk->log[i];
        if (write->slot != slot || write->traceless) {
            continue;
        }
        ret[write->leaf] += write->leaf_delta;
        for (unsigned leaf = 0; write->mend != NULL && leaf < LEAVES; leaf++) {
            ret[leaf] += mend_of(write, leaf);
        }
    }
}

const struct leaf_sum *disk_leaves(struct disk *disk, size_t *ret_count)
{
    GR_ASSERT_EQ(disk->head, disk->tail);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < disk->leaves_count; i++) {
        if (disk->leaves[i].sum != 0) {
            disk->leaves[kept++] = disk->leaves[i];
        }
    }
    *ret_count = disk->leaves_count = kept;
    return disk->leaves;
}

bool disk_rot(struct disk *disk, struct rng *rng, uint64_t owner, unsigned key)
{
    if (disk_read(disk, owner, key, false) == NULL) {
        return false;
    }
    uint32_t logged = find_logged(disk, owner, key, disk->completed);
    struct blob **place = logged < disk->tail ? &disk->log[logged].value : base_of(disk, owner, key);
    struct blob *rotten = blob_copy(blob_bytes(*place)); /* others look at the bytes too */
    GR_ASSERT(rotten != NULL);
    rotten->data[rng_below(rng, rotten->len)] ^= (uint8_t)(1u << rng_below(rng, 8));
    blob_unref(*place);
    *place = rotten;
    return true;
}

bool disk_set_back(struct disk *disk, struct rng *rng, unsigned key)
{
    GR_ASSERT_EQ(disk->head, disk->tail);
    struct blob *older = disk->older[key][rng_below(rng, DISK_OLDER_MAX)];
    bool any = older != NULL;
    if (any) {
        blob_unref(disk->base[key]);
        disk->base[key] = blob_ref(older);
    }
    for (uint32_t i = 0; i < disk->hints_count; i++) {
        struct disk_hint *hint = &disk->hints[i];
        if (hint->key == key && hint->older != NULL && rng_chance(rng, 500000)) {
            blob_unref(hint->value);
            hint->value = blob_ref(hint->older);
            any = true;
        }
    }
    return any;
}

void disk_count_none(struct disk *disk)
{
    disk->leaves_count = 0;
    memset(disk->live, 0, sizeof disk->live);
}

void disk_count(struct disk *disk, unsigned key, uint16_t slot, unsigned leaf, bool is_live)
{
    disk->live[key] = is_live;
    add_to_leaf(disk, slot, leaf, leaf_digest(blob_bytes(disk->base[key])));
}

uint64_t disk_clock(const struct disk *disk)
{
    uint64_t clock = disk->clock;
    for (uint32_t i = disk->head; i < disk->completed; i++) {
        if (!disk->log[i].traceless && disk->log[i].clock > clock) {
            clock = disk->log[i].clock;
        }
    }
    return clock;
}
