/* Reads: on the reactor when the answer is in memory, on a few threads of their own when a disk has to be asked.
 *
 * The reactor never waits for a disk: its read is answered from the memtables and the block cache, or with GR_EAGAIN.
 * The blocking read then brings the block into the cache, so that the next one is answered at once.
 */
#include "base/error.h"
#include "store/rocksdb_impl.h"
#include "store/thread.h"

static enum engine_result read_object(struct rocksdb_engine *engine, const rocksdb_readoptions_t *options,
                                      struct bytes stored, struct blob **ret, int *ret_status)
{
    char *error = NULL;
    size_t len;
    rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned_cf(engine->db, options, engine->families[FAMILY_OBJECTS],
                                                            (const char *)stored.data, stored.len, &error);
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

enum engine_result rocksdb_get_cached(struct engine *engine, struct bytes stored, struct blob **ret, int *ret_status)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    return read_object(rocksdb, rocksdb->read_cached, stored, ret, ret_status);
}

void rocksdb_get_blocking(struct engine *engine, struct op *op)
{
    struct readers *readers = &rocksdb_engine_of(engine)->readers;
    pthread_mutex_lock(&readers->lock);
    op_list_push(&readers->pending, op);
    pthread_mutex_unlock(&readers->lock);
    pthread_cond_signal(&readers->arrived);
}

/* The next read, or NULL: stopped, and nothing is left. */
static struct op *take_read(struct readers *readers)
{
    pthread_mutex_lock(&readers->lock);
    while (readers->pending.first == NULL && !readers->stopping) {
        pthread_cond_wait(&readers->arrived, &readers->lock);
    }
    struct op *op = op_list_pop(&readers->pending);
    pthread_mutex_unlock(&readers->lock);
    return op;
}

static void *run_reader(void *context)
{
    struct rocksdb_engine *engine = context;
    for (struct op *op = take_read(&engine->readers); op != NULL; op = take_read(&engine->readers)) {
        op->result =
            read_object(engine, engine->read_blocking, bytes_of(op->key, op->key_len), &op->value, &op->status);
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
