/* Small records beside the objects. Two prefixes keep the callers' names apart from the engine's own:
 *
 *     r:NAME    a record of engine_meta_put
 *     i:clock   the greatest clock committed, 8 bytes little-endian, unless rocksdb_leaves.c has a greater one
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/error.h"
#include "store/rocksdb_impl.h"

#define RECORD_NAME_MAX 128

/* Returns the key's length. */
static size_t record_key(char ret[RECORD_NAME_MAX], const char *name)
{
    int len = snprintf(ret, RECORD_NAME_MAX, "r:%s", name);
    GR_ASSERT(len > 2 && len < RECORD_NAME_MAX);
    return (size_t)len;
}

int rocksdb_put_record(struct engine *engine, const char *name, struct bytes value)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    char key[RECORD_NAME_MAX];
    char *error = NULL;
    size_t key_len = record_key(key, name);
    committer_settle_records(rocksdb);
    int status = rocksdb_check_writable(rocksdb);
    if (status != 0) {
        return status;
    }
    rocksdb_put_cf(rocksdb->db, rocksdb->write_durable, rocksdb->families[FAMILY_META], key, key_len,
                   (const char *)value.data, value.len, &error);
    return error == NULL ? 0 : rocksdb_take_write_error(rocksdb, error);
}

void rocksdb_add_record(struct rocksdb_engine *engine, const char *name, struct bytes value)
{
    char key[RECORD_NAME_MAX];
    size_t key_len = record_key(key, name);
    rocksdb_writebatch_put_cf(engine->committer.batch, engine->families[FAMILY_META], key, key_len,
                              (const char *)value.data, value.len);
}

int rocksdb_get_record(struct engine *engine, const char *name, struct buffer *ret)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    char key[RECORD_NAME_MAX];
    char *error = NULL;
    size_t key_len = record_key(key, name), len;
    rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned_cf(rocksdb->db, rocksdb->read_blocking,
                                                            rocksdb->families[FAMILY_META], key, key_len, &error);
    if (error != NULL) {
        return rocksdb_take_error(rocksdb, error);
    }
    if (pinned == NULL) {
        return GR_ENOENT;
    }
    const char *value = rocksdb_pinnableslice_value(pinned, &len);
    int status = buffer_append(ret, bytes_of(value, len));
    rocksdb_pinnableslice_destroy(pinned);
    return status;
}
