/* What an engine remembers of its objects, read once at opening: counts, leaves, clock, and whether there are any. */
#include "base/cursor.h"
#include "base/error.h"
#include "store/rocksdb_impl.h"

static int end_iteration(struct rocksdb_engine *engine, rocksdb_iterator_t *iterator)
{
    char *error = NULL;
    rocksdb_iter_get_error(iterator, &error);
    rocksdb_iter_destroy(iterator);
    return error == NULL ? 0 : rocksdb_take_error(engine, error);
}

static rocksdb_iterator_t *iterate(struct rocksdb_engine *engine, enum rocksdb_family family)
{
    rocksdb_iterator_t *iterator =
        rocksdb_create_iterator_cf(engine->db, engine->read_blocking, engine->families[family]);
    rocksdb_iter_seek_to_first(iterator);
    return iterator;
}

static int load_all(struct rocksdb_engine *engine, enum rocksdb_family family,
                    int (*load_one)(struct rocksdb_engine *engine, struct bytes key, struct bytes value))
{
    int status = 0;
    rocksdb_iterator_t *iterator = iterate(engine, family);
    for (; status == 0 && rocksdb_iter_valid(iterator); rocksdb_iter_next(iterator)) {
        size_t key_len, value_len;
        const char *key = rocksdb_iter_key(iterator, &key_len);
        const char *value = rocksdb_iter_value(iterator, &value_len);
        if (!rocksdb_is_mark(bytes_of(key, key_len))) {
            status = load_one(engine, bytes_of(key, key_len), bytes_of(value, value_len));
        }
    }
    int ended = end_iteration(engine, iterator);
    return ended != 0 ? ended : status;
}

static int load_count(struct rocksdb_engine *engine, struct bytes key, struct bytes value)
{
    struct reader r = reader_of(value);
    uint64_t count = reader_u64(&r);
    if (key.len != KEY_SLOT_BYTES || key_slot(key) >= KEY_SLOTS || r.failed || reader_left(&r) != 0) {
        return GR_ECORRUPT;
    }
    engine->base.live[key_slot(key)] = (int64_t)count;
    engine->base.holds_data = true;
    return 0;
}

void rocksdb_load_clock(struct rocksdb_engine *engine, uint64_t clock)
{
    engine->base.clock = clock > engine->base.clock ? clock : engine->base.clock;
}

static int load_clock_entry(struct rocksdb_engine *engine)
{
    char *error = NULL;
    size_t len;
    char *value = rocksdb_get_cf(engine->db, engine->read_blocking, engine->families[FAMILY_META], ROCKSDB_CLOCK_KEY,
                                 sizeof ROCKSDB_CLOCK_KEY - 1, &len, &error);
    if (error != NULL) {
        return rocksdb_take_error(engine, error);
    }
    if (value == NULL) {
        return 0;
    }
    struct reader r = reader_of(bytes_of(value, len));
    uint64_t clock = reader_u64(&r);
    rocksdb_free(value);
    if (r.failed) {
        return GR_ECORRUPT;
    }
    rocksdb_load_clock(engine, clock);
    return 0;
}

/* Counts and leaves stay, as 0, when the last object has been removed: they tell as well that there were some. */
static int load_holds_data(struct rocksdb_engine *engine)
{
    rocksdb_iterator_t *iterator = iterate(engine, FAMILY_OBJECTS);
    if (rocksdb_iter_valid(iterator)) {
        size_t len;
        const char *key = rocksdb_iter_key(iterator, &len);
        engine->base.holds_data |= !rocksdb_is_mark(bytes_of(key, len));
    }
    return end_iteration(engine, iterator);
}

/* Small, and what a node cannot do without: every byte of it is looked at before anything leans on it. */
static int check_record(struct rocksdb_engine *engine, struct bytes key, struct bytes value)
{
    (void)engine, (void)key, (void)value;
    return 0;
}

int rocksdb_load_state(struct rocksdb_engine *engine)
{
    int status = load_all(engine, FAMILY_META, check_record);
    if (status == 0) {
        status = load_all(engine, FAMILY_COUNTS, load_count);
    }
    if (status == 0) {
        status = load_all(engine, FAMILY_TREES, rocksdb_load_leaf_entry);
    }
    if (status == 0) {
        status = rocksdb_list_leaves(engine);
    }
    if (status == 0) {
        status = load_clock_entry(engine);
    }
    return status != 0 ? status : load_holds_data(engine);
}

void rocksdb_forget_state(struct rocksdb_engine *engine)
{
    struct engine *base = &engine->base;
    memset(base->live, 0, sizeof base->live);
    base->clock = 0;
    base->holds_data = false;
    engine_forget_leaves(base);
    leaf_keeper_forget(&engine->keeper);
}
