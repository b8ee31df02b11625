#include "sim/disk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/assert.h"

static_assert(SIM_KEYS_MAX <= 64, "disk_crash tells of keys by bits");

#define LOG_FIRST 64u

void disk_init(struct disk *disk, uint64_t sync_lag_us)
{
    *disk = (struct disk){.sync_lag_us = sync_lag_us};
}

void disk_done(struct disk *disk)
{
    for (uint32_t i = disk->head; i < disk->tail; i++) {
        blob_unref(disk->log[i].value);
        blob_unref(disk->log[i].asked);
    }
    free(disk->log);
    for (unsigned i = 0; i < SIM_KEYS_MAX; i++) {
        blob_unref(disk->base[i]);
    }
    disk_init(disk, 0);
}

/* Make one write safe, and take its reference. */
static void apply(struct disk *disk, struct disk_write *write)
{
    if (write->value == NULL) {
        return;
    }
    blob_unref(disk->base[write->key]);
    disk->base[write->key] = write->value;
    disk->live[write->key] += write->live_delta;
    if (write->clock > disk->clock) {
        disk->clock = write->clock;
    }
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

/* How many of each key's writes from `from` on survive: a random prefix. */
static void draw_survivors(struct disk *disk, struct rng *rng, uint32_t from, uint32_t *survive)
{
    uint32_t of_key[SIM_KEYS_MAX] = {0};
    for (uint32_t i = from; i < disk->tail; i++) {
        of_key[disk->log[i].key]++;
    }
    for (unsigned key = 0; key < SIM_KEYS_MAX; key++) {
        survive[key] = of_key[key] == 0 ? 0 : (uint32_t)rng_between(rng, 0, of_key[key]);
    }
}

uint64_t disk_crash(struct disk *disk, struct rng *rng, uint64_t now_us, bool power_cut)
{
    sync_old(disk, now_us);
    uint32_t doubtful = power_cut ? disk->head : disk->completed;
    uint32_t survive[SIM_KEYS_MAX];
    draw_survivors(disk, rng, doubtful, survive);
    uint64_t lost = 0;
    for (uint32_t i = disk->head; i < disk->tail; i++) {
        struct disk_write *write = &disk->log[i];
        blob_unref(write->asked);
        if (i < doubtful || survive[write->key] > 0) {
            survive[write->key] -= i < doubtful ? 0 : 1;
            apply(disk, write);
        } else {
            lost |= (uint64_t)(i < disk->completed && write->value != NULL) << write->key;
            blob_unref(write->value);
        }
    }
    disk->head = disk->completed = disk->tail = 0;
    disk->busy_until_us = 0;
    return lost;
}

bool disk_is_failing(const struct disk *disk, unsigned key)
{
    for (uint32_t i = disk->completed; i < disk->tail; i++) {
        if (disk->log[i].key == key && disk->log[i].status != 0) {
            return true;
        }
    }
    return false;
}

struct blob *disk_read(const struct disk *disk, unsigned key, bool submitted)
{
    uint32_t i = submitted ? disk->tail : disk->completed;
    while (i-- > disk->head) {
        if (disk->log[i].key == key && disk->log[i].value != NULL) {
            return disk->log[i].value;
        }
    }
    return disk->base[key];
}

const struct blob *disk_next_view(const struct disk *disk, unsigned key, uint32_t *cursor)
{
    if (*cursor == 0) {
        *cursor = disk->completed + 1;
        const struct blob *completed = disk_read(disk, key, false);
        if (completed != NULL) {
            return completed;
        }
    }
    for (uint32_t i = *cursor - 1; i < disk->tail; i++) {
        if (disk->log[i].key == key && disk->log[i].asked != NULL) {
            *cursor = i + 2;
            return disk->log[i].asked;
        }
    }
    return NULL;
}

int32_t disk_live(const struct disk *disk, unsigned key)
{
    int32_t live = disk->live[key];
    for (uint32_t i = disk->head; i < disk->completed; i++) {
        if (disk->log[i].key == key && disk->log[i].value != NULL) {
            live += disk->log[i].live_delta;
        }
    }
    return live;
}

uint64_t disk_clock(const struct disk *disk)
{
    uint64_t clock = disk->clock;
    for (uint32_t i = disk->head; i < disk->completed; i++) {
        if (disk->log[i].value != NULL && disk->log[i].clock > clock) {
            clock = disk->log[i].clock;
        }
    }
    return clock;
}
