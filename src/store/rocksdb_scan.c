/* Walking one slot in key order: a range of the objects, since a slot's keys lie side by side (key.h). */
#include "base/error.h"
#include "store/rocksdb_impl.h"

/* Visit from the iterator's place on; RocksDB ends the iteration at the upper bound. */
static void visit_all(rocksdb_iterator_t *iterator, engine_visit *visit, void *context)
{
    for (; rocksdb_iter_valid(iterator); rocksdb_iter_next(iterator)) {
        size_t key_len, value_len;
        const char *key = rocksdb_iter_key(iterator, &key_len);
        const char *value = rocksdb_iter_value(iterator, &value_len);
        if (!visit(context, key_own(false, bytes_of(key, key_len)), bytes_of(value, value_len))) {
            return;
        }
    }
}

int rocksdb_scan_slot(struct engine *engine, uint16_t slot, engine_visit *visit, void *context)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    uint8_t from[KEY_SLOT_BYTES], to[KEY_SLOT_BYTES];
    char *error = NULL;
    key_store_slot(from, slot);
    key_store_slot(to, slot + 1u);

    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_iterate_upper_bound(options, (const char *)to, sizeof to);
    rocksdb_readoptions_set_fill_cache(options, 0); /* a walk must not push out what clients read */
    rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(rocksdb->db, options, rocksdb->families[FAMILY_OBJECTS]);
    rocksdb_iter_seek(iterator, (const char *)from, sizeof from);
    visit_all(iterator, visit, context);
    rocksdb_iter_get_error(iterator, &error);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(options);
    return error == NULL ? 0 : rocksdb_take_error(rocksdb, error);
}
