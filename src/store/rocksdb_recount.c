/* Counting anew, from the objects that are there, what is otherwise changed with each of them: when a database comes
 * from before there were leaves, and when files of it had to be put aside. */
#include <stdlib.h>

#include "base/cursor.h"
#include "base/error.h"
#include "store/rocksdb_impl.h"

struct recount {
    uint64_t leaves[KEY_SLOTS][LEAVES];
    int64_t live[KEY_SLOTS];
};

static void count_one(struct recount *recount, const struct rocksdb_engine *engine, struct bytes stored,
                      struct bytes value)
{
    if (stored.len < KEY_SLOT_BYTES || key_slot(stored) >= KEY_SLOTS) {
        return;
    }
    struct bytes key = key_own(false, stored);
    uint16_t slot = key_slot(stored);
    recount->leaves[slot][leaf_of(key)] += leaf_digest(value);
    recount->live[slot] += engine->is_live == NULL || engine->is_live(key, value);
}

static int count_all(struct recount *recount, struct rocksdb_engine *engine)
{
    char *error = NULL;
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(options, 0);
    rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(engine->db, options, engine->families[FAMILY_OBJECTS]);
    for (rocksdb_iter_seek_to_first(iterator); rocksdb_iter_valid(iterator); rocksdb_iter_next(iterator)) {
        size_t key_len, value_len;
        const char *key = rocksdb_iter_key(iterator, &key_len);
        const char *value = rocksdb_iter_value(iterator, &value_len);
        count_one(recount, engine, bytes_of(key, key_len), bytes_of(value, value_len));
    }
    rocksdb_iter_get_error(iterator, &error);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(options);
    return error == NULL ? 0 : rocksdb_take_error(engine, error);
}

static void put_number(rocksdb_writebatch_t *batch, rocksdb_column_family_handle_t *family, struct bytes key,
                       uint64_t number)
{
    uint8_t value[8];
    struct writer w = writer_of(value, sizeof value);
    writer_u64(&w, number);
    rocksdb_writebatch_put_cf(batch, family, (const char *)key.data, key.len, (const char *)value, sizeof value);
}

static void put_leaves(const struct recount *recount, struct rocksdb_engine *engine, rocksdb_writebatch_t *batch)
{
    for (uint32_t slot = 0; slot < KEY_SLOTS; slot++) {
        leaf_keeper_set(&engine->keeper, (uint16_t)slot, recount->leaves[slot]);
    }
    rocksdb_put_sums(engine, batch);
}

static void put_counts(const struct recount *recount, struct rocksdb_engine *engine, rocksdb_writebatch_t *batch)
{
    for (uint32_t slot = 0; slot < KEY_SLOTS; slot++) {
        uint8_t key[KEY_SLOT_BYTES];
        if (recount->live[slot] != engine->base.live[slot]) {
            key_store_slot(key, slot);
            put_number(batch, engine->families[FAMILY_COUNTS], bytes_of(key, sizeof key),
                       (uint64_t)recount->live[slot]);
            engine->base.live[slot] = recount->live[slot];
        }
    }
}

static int write_batch(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch)
{
    char *error = NULL;
    int status = rocksdb_check_writable(engine);
    if (status == 0) {
        rocksdb_write(engine->db, engine->write_durable, batch, &error);
    }
    return error == NULL ? status : rocksdb_take_write_error(engine, error);
}

static int keep(const struct recount *recount, struct rocksdb_engine *engine, enum rocksdb_recounted what)
{
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    put_leaves(recount, engine, batch);
    if (what == RECOUNT_ALL) {
        put_counts(recount, engine, batch);
    }
    int status = write_batch(engine, batch);
    rocksdb_writebatch_destroy(batch);
    return status == 0 ? rocksdb_list_leaves(engine) : status;
}

int rocksdb_recount(struct rocksdb_engine *engine, enum rocksdb_recounted what)
{
    struct recount *recount = calloc(1, sizeof *recount);
    if (recount == NULL) {
        return GR_ENOMEM;
    }
    int status = count_all(recount, engine);
    if (status == 0) {
        status = keep(recount, engine, what);
    }
    free(recount);
    return status;
}
