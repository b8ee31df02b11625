/* One page of a scan, read by a reader's thread: all of it of one moment. */
#include "base/cursor.h"
#include "base/error.h"
#include "store/paging.h"
#include "store/rocksdb_impl.h"

/* A range of a family, in the order of its keys. */
struct range {
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *iterator;
    uint8_t bound[8]; /* RocksDB looks at it until the iterator is gone */
    size_t bound_len;
};

/* The range's bound is set. Without a snapshot it is of the moment of the call. */
static void begin_range(struct rocksdb_engine *engine, struct range *range, enum rocksdb_family family,
                        const rocksdb_snapshot_t *snapshot, struct bytes from)
{
    range->options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(range->options, snapshot);
    rocksdb_readoptions_set_fill_cache(range->options, 0); /* a walk must not push out what clients read */
    if (range->bound_len > 0) {
        rocksdb_readoptions_set_iterate_upper_bound(range->options, (const char *)range->bound, range->bound_len);
    }
    range->iterator = rocksdb_create_iterator_cf(engine->db, range->options, engine->families[family]);
    rocksdb_iter_seek(range->iterator, (const char *)from.data, from.len);
}

/* Errors: as those of reading. */
static int end_range(struct rocksdb_engine *engine, struct range *range)
{
    char *error = NULL;
    rocksdb_iter_get_error(range->iterator, &error);
    rocksdb_iter_destroy(range->iterator);
    rocksdb_readoptions_destroy(range->options);
    return error == NULL ? 0 : rocksdb_take_error(engine, error);
}

static struct bytes key_at(const struct range *range)
{
    size_t len;
    const char *key = rocksdb_iter_key(range->iterator, &len);
    return bytes_of(key, len);
}

static struct bytes value_at(const struct range *range)
{
    size_t len;
    const char *value = rocksdb_iter_value(range->iterator, &len);
    return bytes_of(value, len);
}

static int read_items(struct rocksdb_engine *engine, const rocksdb_snapshot_t *snapshot, struct paging *paging)
{
    struct range range;
    const struct op *op = paging->op;
    range.bound_len = paging_bound(op, range.bound);
    begin_range(engine, &range, op->is_hint ? FAMILY_HINTS : FAMILY_OBJECTS, snapshot, paging_from(op));
    while (rocksdb_iter_valid(range.iterator) && paging_take(paging, key_at(&range), value_at(&range))) {
        rocksdb_iter_next(range.iterator);
    }
    return end_range(engine, &range);
}

/* The slot as it was when its leaves were so. */
static int read_counted(struct rocksdb_engine *engine, struct paging *paging)
{
    const rocksdb_snapshot_t *snapshot = rocksdb_snapshot_leaves(engine, paging->op->slot, paging->page->kept);
    int status = read_items(engine, snapshot, paging);
    rocksdb_release_snapshot(engine->db, snapshot);
    return status;
}

void rocksdb_fill_page(struct rocksdb_engine *engine, struct op *op)
{
    struct paging paging;
    int status = paging_begin(&paging, op);
    if (status == 0) {
        status = op->scan.counts ? read_counted(engine, &paging) : read_items(engine, NULL, &paging);
    }
    paging_end(&paging, status, op);
}
