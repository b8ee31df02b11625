/* Reads: on the reactor when the answer is in memory, on a few threads of their own when a disk has to be asked.
 *
 * The reactor never waits for a disk: its read is answered from the memtables and the block cache, or with GR_EAGAIN.
 * The blocking read then brings the block into the cache, so that the next one is answered at once.
 */
#include "base/error.h"
#include "store/rocksdb_impl.h"
#include "store/thread.h"

static enum engine_result read_one(struct rocksdb_engine *engine, const rocksdb_readoptions_t *options, bool is_hint,
                                   struct bytes stored, struct blob **ret, int *ret_status)
{
    char *error = NULL;
    size_t len;
    rocksdb_column_family_handle_t *family = engine->families[is_hint ? FAMILY_HINTS : FAMILY_OBJECTS];
    rocksdb_pinnableslice_t *pinned =
        rocksdb_get_pinned_cf(engine->db, options, family, (const char *)stored.data, stored.len, &error);
    if (error != NULL) {
        *ret_status = rocksdb_take_error(engine, error);
        return ENGINE_FAILED;
    }
    if (pinned == NULL) {
        return ENGINE_ABSENT;
    }
    const char *data = rocksdb_pinnableslice_value(pinned, &len);
    struct blob *blob = blob_copy(bytes_of(data, len));
    rocksdb_pinnableslice_destroy(pinned);
    if (blob == NULL) {
        *ret_status = GR_ENOMEM;
        return ENGINE_FAILED;
    }
    *ret = blob;
    return ENGINE_FOUND;
}

enum engine_result rocksdb_get_cached(struct engine *engine, bool is_hint, struct bytes stored, struct blob **ret,
                                      int *ret_status)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    return read_one(rocksdb, rocksdb->read_cached, is_hint, stored, ret, ret_status);
}

static void add_pending(struct readers *readers, struct op_list *list, struct op *op)
{
    pthread_mutex_lock(&readers->lock);
    op_list_push(list, op);
    pthread_mutex_unlock(&readers->lock);
    pthread_cond_signal(&readers->arrived);
}

void rocksdb_get_blocking(struct engine *engine, struct op *op)
{
    struct readers *readers = &rocksdb_engine_of(engine)->readers;
    add_pending(readers, &readers->pending, op);
}

void rocksdb_page(struct engine *engine, struct op *op)
{
    struct readers *readers = &rocksdb_engine_of(engine)->readers;
    add_pending(readers, &readers->scans, op);
}

static bool may_scan(const struct readers *readers)
{
    return readers->scans.first != NULL && readers->scanning < ROCKSDB_SCANNERS_MAX;
}

/* The next read or scan, or NULL: stopped, and nothing is left that this thread may take. */
static struct op *take_read(struct readers *readers)
{
    pthread_mutex_lock(&readers->lock);
    while (readers->pending.first == NULL && !may_scan(readers) && !readers->stopping) {
        pthread_cond_wait(&readers->arrived, &readers->lock);
    }
    struct op *op = op_list_pop(&readers->pending);
    if (op == NULL && may_scan(readers)) {
        op = op_list_pop(&readers->scans);
        readers->scanning++;
    }
    pthread_mutex_unlock(&readers->lock);
    return op;
}

/* The thread takes the next one itself, so nobody has to be told that one more may scan. */
static void end_scan(struct readers *readers)
{
    pthread_mutex_lock(&readers->lock);
    readers->scanning--;
    pthread_mutex_unlock(&readers->lock);
}

static void perform(struct rocksdb_engine *engine, struct op *op)
{
    if (op->kind == OP_SCAN) {
        rocksdb_fill_page(engine, op);
        end_scan(&engine->readers);
        return;
    }
    op->result = read_one(engine, engine->read_blocking, op->is_hint, op_key(op), &op->value, &op->status);
}

static void *run_reader(void *context)
{
    struct rocksdb_engine *engine = context;
    for (struct op *op = take_read(&engine->readers); op != NULL; op = take_read(&engine->readers)) {
        perform(engine, op);
        struct op_list finished = {op, op};
        completions_give(&engine->base.completions, &finished);
    }
    return NULL;
}

int readers_start(struct rocksdb_engine *engine)
{
    struct readers *readers = &engine->readers;
    pthread_mutex_init(&readers->lock, NULL);
    pthread_cond_init(&readers->arrived, NULL);
    for (unsigned i = 0; i < ROCKSDB_READERS; i++) {
        int status = thread_start(&readers->threads[i], "gramme-read", run_reader, engine);
        if (status != 0) {
            return status;
        }
        readers->started++;
    }
    return 0;
}

void readers_stop(struct rocksdb_engine *engine)
{
    struct readers *readers = &engine->readers;
    if (readers->started == 0) {
        return;
    }
    pthread_mutex_lock(&readers->lock);
    readers->stopping = true;
    pthread_mutex_unlock(&readers->lock);
    pthread_cond_broadcast(&readers->arrived);
    for (unsigned i = 0; i < readers->started; i++) {
        pthread_join(readers->threads[i], NULL);
    }
    pthread_cond_destroy(&readers->arrived);
    pthread_mutex_destroy(&readers->lock);
}
