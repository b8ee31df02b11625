/* The leaves on disk: a journal of their changes, and now and then the sums themselves.
 *
 * Nearly every write changes a leaf, each time another one. A record for each would double what RocksDB does for a
 * write (measured: 4 to 5 us on top of 5); so a commit adds one record with all its changes to a journal, and when that
 * has grown, a commit writes the sums of what has changed and begins the journal anew. In family `trees`:
 *
 *     g                      generation, 8 bytes LE; none: 0
 *     c | chunk, 1 byte      the sums of 64 slots as the generation began: 64 * LEAVES numbers of 8 bytes LE; none: 0
 *     j | number, 2 bytes BE generation, 8 bytes LE | clock, 8 bytes LE, then changes of 11 bytes:
 *                            slot, 2 bytes LE | leaf, 1 byte | what to add, 8 bytes LE
 *
 * A sum is that of its chunk and all changes in journal records of the present generation. Records of earlier ones are
 * overwritten in time, so that nothing has to be deleted. The clock is the greatest committed, so that a commit with a
 * record needs no other entry for it; that of any generation counts.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/error.h"
#include "store/rocksdb_impl.h"

#define CHUNK_SLOTS (KEY_SLOTS / LEAF_CHUNKS)
#define CHUNK_BYTES (CHUNK_SLOTS * LEAVES * 8u)
#define CHANGE_BYTES 11u
#define HEAD_BYTES 16u

/* The journal begins anew after so many bytes, or LEAF_RECORDS_MAX: it is read at every start, in some 50 ms. All sums
 * are 2 MB, which so many commits, or 700,000 writes, share. */
#define JOURNAL_BYTES_MAX ((size_t)8 << 20)

/* What one commit may change: an operation at most LEAVES leaves, at the cost of a mend. */
#define CHANGES_MAX ((COMMIT_BYTES_MAX / (sizeof(struct op) + LEAVES * 8) + 1) * LEAVES)

static_assert(CHUNK_SLOTS * LEAF_CHUNKS == KEY_SLOTS, "chunks are equal");

int leaf_keeper_init(struct leaf_keeper *keeper)
{
    pthread_mutex_init(&keeper->lock, NULL);
    keeper->record = malloc(HEAD_BYTES + CHANGES_MAX * CHANGE_BYTES); /* the kernel gives what is touched */
    return keeper->record == NULL ? GR_ENOMEM : 0;
}

void leaf_keeper_done(struct leaf_keeper *keeper)
{
    free(keeper->record);
    pthread_mutex_destroy(&keeper->lock);
}

void leaf_keeper_forget(struct leaf_keeper *keeper)
{
    memset(keeper->sums, 0, sizeof keeper->sums);
    memset(keeper->is_dirty, 0, sizeof keeper->is_dirty);
    keeper->generation = 0;
    keeper->records = 0;
    keeper->journal_bytes = 0;
    keeper->changes = 0;
}

void leaf_keeper_change(struct leaf_keeper *keeper, uint16_t slot, unsigned leaf, uint64_t delta)
{
    GR_ASSERT_LT(slot, KEY_SLOTS);
    GR_ASSERT_LT(leaf, LEAVES);
    if (delta == 0) {
        return;
    }
    GR_ASSERT_LT(keeper->changes, CHANGES_MAX);
    struct writer w = writer_of(keeper->record + HEAD_BYTES + keeper->changes++ * CHANGE_BYTES, CHANGE_BYTES);
    writer_u16(&w, slot);
    writer_u8(&w, (uint8_t)leaf);
    writer_u64(&w, delta);
}

void leaf_keeper_set(struct leaf_keeper *keeper, uint16_t slot, const uint64_t sums[LEAVES])
{
    if (memcmp(keeper->sums[slot], sums, sizeof keeper->sums[slot]) != 0) {
        memcpy(keeper->sums[slot], sums, sizeof keeper->sums[slot]);
        keeper->is_dirty[slot / CHUNK_SLOTS] = true;
    }
}

/* Add `changes`, or take them away again. Errors: GR_ECORRUPT. */
static int apply(struct leaf_keeper *keeper, struct bytes changes, bool again)
{
    struct reader r = reader_of(changes);
    while (reader_left(&r) >= CHANGE_BYTES) {
        uint16_t slot = reader_u16(&r);
        uint8_t leaf = reader_u8(&r);
        uint64_t delta = reader_u64(&r);
        if (slot >= KEY_SLOTS || leaf >= LEAVES) {
            return GR_ECORRUPT;
        }
        keeper->sums[slot][leaf] += again ? 0 - delta : delta;
        keeper->is_dirty[slot / CHUNK_SLOTS] = true;
    }
    return reader_left(&r) == 0 ? 0 : GR_ECORRUPT;
}

static struct bytes changes_of(const struct leaf_keeper *keeper)
{
    return bytes_of(keeper->record + HEAD_BYTES, keeper->changes * CHANGE_BYTES);
}

static void put(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch, struct bytes key, struct bytes value)
{
    rocksdb_writebatch_put_cf(batch, engine->families[FAMILY_TREES], (const char *)key.data, key.len,
                              (const char *)value.data, value.len);
}

static void put_chunk(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch, unsigned chunk)
{
    uint8_t key[] = {'c', (uint8_t)chunk}, value[CHUNK_BYTES];
    const uint64_t *sums = engine->keeper.sums[chunk * CHUNK_SLOTS];
    struct writer w = writer_of(value, sizeof value);
    for (unsigned i = 0; i < CHUNK_SLOTS * LEAVES; i++) {
        writer_u64(&w, sums[i]);
    }
    put(engine, batch, bytes_of(key, sizeof key), bytes_of(value, sizeof value));
}

void rocksdb_put_sums(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch)
{
    struct leaf_keeper *keeper = &engine->keeper;
    uint8_t value[8];
    struct writer w = writer_of(value, sizeof value);
    for (unsigned chunk = 0; chunk < LEAF_CHUNKS; chunk++) {
        if (keeper->is_dirty[chunk]) {
            put_chunk(engine, batch, chunk);
            keeper->is_dirty[chunk] = false;
        }
    }
    keeper->generation++;
    keeper->records = 0;
    keeper->journal_bytes = 0;
    writer_u64(&w, keeper->generation);
    put(engine, batch, bytes_of_text("g"), bytes_of(value, sizeof value));
}

static void put_record(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch, uint64_t clock)
{
    struct leaf_keeper *keeper = &engine->keeper;
    size_t len = HEAD_BYTES + keeper->changes * CHANGE_BYTES;
    uint8_t key[] = {'j', (uint8_t)(keeper->records >> 8), (uint8_t)keeper->records};
    struct writer w = writer_of(keeper->record, HEAD_BYTES);
    writer_u64(&w, keeper->generation);
    writer_u64(&w, clock);
    put(engine, batch, bytes_of(key, sizeof key), bytes_of(keeper->record, len));
    keeper->records++;
    keeper->journal_bytes += len;
}

bool rocksdb_begin_leaves(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch, uint64_t clock)
{
    struct leaf_keeper *keeper = &engine->keeper;
    pthread_mutex_lock(&keeper->lock);
    if (keeper->changes == 0) {
        return false;
    }
    int status = apply(keeper, changes_of(keeper), false);
    GR_ASSERT_EQ(status, 0);
    if (keeper->records == LEAF_RECORDS_MAX || keeper->journal_bytes >= JOURNAL_BYTES_MAX) {
        rocksdb_put_sums(engine, batch);
        return false;
    }
    put_record(engine, batch, clock);
    return true;
}

/* After a failure nothing is written any more, so the journal's numbers need no way back. */
void rocksdb_end_leaves(struct rocksdb_engine *engine, int status)
{
    struct leaf_keeper *keeper = &engine->keeper;
    if (status != 0) {
        apply(keeper, changes_of(keeper), true);
    }
    keeper->changes = 0;
    pthread_mutex_unlock(&keeper->lock);
}

const rocksdb_snapshot_t *rocksdb_snapshot_leaves(struct rocksdb_engine *engine, uint16_t slot, uint64_t ret[LEAVES])
{
    struct leaf_keeper *keeper = &engine->keeper;
    pthread_mutex_lock(&keeper->lock);
    const rocksdb_snapshot_t *snapshot = rocksdb_create_snapshot(engine->db);
    memcpy(ret, keeper->sums[slot], sizeof keeper->sums[slot]);
    pthread_mutex_unlock(&keeper->lock);
    return snapshot;
}

static int load_chunk(struct leaf_keeper *keeper, struct bytes key, struct bytes value)
{
    if (key.len != 2 || value.len != CHUNK_BYTES) {
        return GR_ECORRUPT;
    }
    uint64_t *sums = keeper->sums[key.data[1] * CHUNK_SLOTS];
    struct reader r = reader_of(value);
    for (unsigned i = 0; i < CHUNK_SLOTS * LEAVES; i++) {
        sums[i] = reader_u64(&r);
    }
    return 0;
}

/* Records come in the order of their numbers, those of the present generation first. */
static int load_record(struct rocksdb_engine *engine, struct bytes key, struct bytes value)
{
    struct leaf_keeper *keeper = &engine->keeper;
    struct reader r = reader_of(value);
    uint64_t generation = reader_u64(&r);
    uint64_t clock = reader_u64(&r);
    if (key.len != 3 || r.failed) {
        return GR_ECORRUPT;
    }
    rocksdb_load_clock(engine, clock);
    if (generation != keeper->generation) {
        return 0;
    }
    keeper->records = (uint32_t)(key.data[1] << 8 | key.data[2]) + 1;
    keeper->journal_bytes += value.len;
    return apply(keeper, bytes_of(r.next, reader_left(&r)), false);
}

/* Chunks come first, then the generation, then the journal. */
int rocksdb_load_leaf_entry(struct rocksdb_engine *engine, struct bytes key, struct bytes value)
{
    struct leaf_keeper *keeper = &engine->keeper;
    struct reader r = reader_of(value);
    switch (key.len == 0 ? 0 : key.data[0]) {
    case 'c':
        engine->base.holds_data = true;
        return load_chunk(keeper, key, value);
    case 'g':
        keeper->generation = reader_u64(&r);
        return key.len != 1 || r.failed || reader_left(&r) != 0 ? GR_ECORRUPT : 0;
    case 'j':
        engine->base.holds_data = true;
        return load_record(engine, key, value);
    default:
        return GR_ECORRUPT;
    }
}

static size_t count_leaves(const struct leaf_keeper *keeper)
{
    size_t count = 0;
    for (uint32_t place = 0; place < KEY_SLOTS * LEAVES; place++) {
        count += keeper->sums[place / LEAVES][place % LEAVES] != 0;
    }
    return count;
}

int rocksdb_list_leaves(struct rocksdb_engine *engine)
{
    const struct leaf_keeper *keeper = &engine->keeper;
    struct engine *base = &engine->base;
    size_t count = count_leaves(keeper);
    engine_forget_leaves(base);
    if (count == 0) {
        return 0;
    }
    base->leaves = malloc(count * sizeof *base->leaves);
    if (base->leaves == NULL) {
        return GR_ENOMEM;
    }
    for (uint32_t place = 0; place < KEY_SLOTS * LEAVES; place++) {
        uint64_t sum = keeper->sums[place / LEAVES][place % LEAVES];
        if (sum != 0) {
            base->leaves[base->leaf_count++] =
                (struct leaf_sum){(uint16_t)(place / LEAVES), (uint8_t)(place % LEAVES), sum};
        }
    }
    return 0;
}
