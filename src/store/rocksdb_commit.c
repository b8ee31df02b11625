/* Group commit: one thread, one WriteBatch a round, one wait for the log however many writes share it.
 *
 * While the thread waits for the disk (some 150 us), the reactor gathers what arrives; the next round takes all of it.
 * So the size of a commit follows the load by itself, and no timer delays a lone writer.
 *
 * A batch holds objects, hints, records, the change of each touched slot's count, a journal record of the leaves that
 * change with the clock, and without such a record the clock if it rose: they become durable together or not at all
 * (G4, G7).
 * A batch that fails fails all its writes; reads are not affected.
 */
#include "base/cursor.h"
#include "base/error.h"
#include "store/rocksdb_impl.h"
#include "store/thread.h"

/* A batch keeps its memory for the next round unless it grew past this. */
#define BATCH_KEEP_BYTES ((size_t)1 << 20)

void rocksdb_submit_write(struct engine *engine, struct op *op)
{
    struct committer *committer = &rocksdb_engine_of(engine)->committer;
    op_list_push(&committer->gathered, op);
    if (op->kind == OP_RECORD) {
        pthread_mutex_lock(&committer->lock);
        committer->records++;
        pthread_mutex_unlock(&committer->lock);
    }
}

void rocksdb_flush_writes(struct engine *engine)
{
    struct committer *committer = &rocksdb_engine_of(engine)->committer;
    if (committer->gathered.first == NULL) {
        return;
    }
    pthread_mutex_lock(&committer->lock);
    op_list_append(&committer->pending, &committer->gathered);
    bool was_idle = committer->idle;
    committer->idle = false;
    pthread_mutex_unlock(&committer->lock);
    if (was_idle) {
        pthread_cond_signal(&committer->arrived);
    }
}

void committer_settle_records(struct rocksdb_engine *engine)
{
    struct committer *committer = &engine->committer;
    if (!committer->started) {
        return;
    }
    rocksdb_flush_writes(&engine->base);
    pthread_mutex_lock(&committer->lock);
    while (committer->records > 0) {
        pthread_cond_wait(&committer->recorded, &committer->lock);
    }
    pthread_mutex_unlock(&committer->lock);
}

/* Wait for writes and take as many as make one commit. Empty: stopped, and nothing is left. */
static struct op_list take_group(struct committer *committer)
{
    struct op_list group = {NULL, NULL};
    pthread_mutex_lock(&committer->lock);
    while (committer->pending.first == NULL && !committer->stopping) {
        committer->idle = true;
        pthread_cond_wait(&committer->arrived, &committer->lock);
    }
    committer->idle = false;
    for (size_t bytes = 0; committer->pending.first != NULL && bytes < COMMIT_BYTES_MAX;) {
        struct op *op = op_list_pop(&committer->pending);
        bytes += op_cost(op);
        op_list_push(&group, op);
    }
    pthread_mutex_unlock(&committer->lock);
    return group;
}

static void add_counts(struct rocksdb_engine *engine)
{
    struct committer *committer = &engine->committer;
    for (uint32_t i = 0; i < committer->deltas.touched_count; i++) {
        uint16_t slot = committer->deltas.touched[i];
        uint8_t key[KEY_SLOT_BYTES], value[8];
        struct writer w = writer_of(value, sizeof value);
        key_store_slot(key, slot);
        writer_u64(&w, (uint64_t)(int64_t)committer->deltas.by_slot[slot]); /* addition wraps: -1 is 2^64 - 1 */
        rocksdb_writebatch_merge_cf(committer->batch, engine->families[FAMILY_COUNTS], (const char *)key, sizeof key,
                                    (const char *)value, sizeof value);
    }
    deltas_clear(&committer->deltas);
}

static void add_clock(struct rocksdb_engine *engine, uint64_t clock)
{
    uint8_t value[8];
    struct writer w = writer_of(value, sizeof value);
    writer_u64(&w, clock);
    rocksdb_writebatch_put_cf(engine->committer.batch, engine->families[FAMILY_META], ROCKSDB_CLOCK_KEY,
                              sizeof ROCKSDB_CLOCK_KEY - 1, (const char *)value, sizeof value);
}

static void add_write(struct rocksdb_engine *engine, const struct op *op)
{
    struct committer *committer = &engine->committer;
    rocksdb_column_family_handle_t *family = engine->families[op->is_hint ? FAMILY_HINTS : FAMILY_OBJECTS];
    struct bytes value = blob_bytes(op->value);
    if (op->value == NULL) {
        rocksdb_writebatch_delete_cf(committer->batch, family, (const char *)op->key, op->key_len);
    } else {
        rocksdb_writebatch_put_cf(committer->batch, family, (const char *)op->key, op->key_len,
                                  (const char *)value.data, value.len);
    }
    deltas_add(&committer->deltas, op->slot, op->write.live_delta);
    leaf_keeper_change(&engine->keeper, op->slot, op->write.leaf, op->write.leaf_delta);
}

static void add_mend(struct leaf_keeper *keeper, const struct op *op)
{
    uint64_t deltas[LEAVES];
    op_mend_deltas(op, deltas);
    for (unsigned leaf = 0; leaf < LEAVES; leaf++) {
        leaf_keeper_change(keeper, op->slot, leaf, deltas[leaf]);
    }
}

/* Returns the clock that the database will hold once the batch is written. */
static uint64_t build_batch(struct rocksdb_engine *engine, const struct op_list *group)
{
    struct committer *committer = &engine->committer;
    uint64_t clock = committer->clock;
    for (const struct op *op = group->first; op != NULL; op = op->next) {
        if (op->status != 0) {
            continue;
        }
        if (op->kind == OP_MEND) {
            add_mend(&engine->keeper, op);
        } else if (op->kind == OP_RECORD) {
            rocksdb_add_record(engine, op_record_name(op), blob_bytes(op->value));
        } else {
            add_write(engine, op);
        }
        clock = op->write.clock > clock ? op->write.clock : clock;
    }
    add_counts(engine);
    return clock;
}

static void clear_batch(struct committer *committer)
{
    size_t bytes;
    rocksdb_writebatch_data(committer->batch, &bytes);
    if (bytes <= BATCH_KEEP_BYTES) {
        rocksdb_writebatch_clear(committer->batch);
        return;
    }
    rocksdb_writebatch_destroy(committer->batch);
    committer->batch = rocksdb_writebatch_create();
}

/* Records, and what goes by a clock kept on its own must not lose it in a power cut (node/reap.h P3). */
static bool must_be_durable(const struct op_list *group)
{
    for (const struct op *op = group->first; op != NULL; op = op->next) {
        bool keeps_clock = op->kind == OP_MEND && op->write.clock > 0;
        if (op->status == 0 && (keeps_clock || op->kind == OP_RECORD)) {
            return true;
        }
    }
    return false;
}

static int write_group(struct rocksdb_engine *engine, const struct op_list *group)
{
    struct committer *committer = &engine->committer;
    char *error = NULL;
    int status = rocksdb_check_writable(engine);
    if (status != 0) {
        return status;
    }
    uint64_t clock = build_batch(engine, group);
    bool has_clock = rocksdb_begin_leaves(engine, committer->batch, clock);
    if (!has_clock && clock > committer->clock) {
        add_clock(engine, clock);
    }
    const rocksdb_writeoptions_t *options = must_be_durable(group) ? engine->write_durable : engine->write_commit;
    rocksdb_write(engine->db, options, committer->batch, &error);
    rocksdb_end_leaves(engine, error == NULL ? 0 : GR_EIO);
    clear_batch(committer);
    atomic_fetch_add_explicit(&committer->commits, 1, memory_order_relaxed);
    if (error != NULL) {
        return rocksdb_take_write_error(engine, error);
    }
    committer->clock = clock;
    atomic_store_explicit(&engine->syncer.dirty, true, memory_order_release);
    return 0;
}

/* G6: what was submitted before the reactor knew of the last failure fails with it. */
static void mark_overtaken(const struct committer *committer, struct op_list *group)
{
    for (struct op *op = group->first; op != NULL; op = op->next) {
        op->status = op->era == committer->era ? 0 : committer->failure;
    }
}

static void finish_group(struct committer *committer, struct op_list *group, int status)
{
    if (status != 0) {
        committer->era++;
        committer->failure = status;
    }
    for (struct op *op = group->first; op != NULL; op = op->next) {
        op->status = op->status != 0 ? op->status : status;
        op->era = committer->era;
    }
}

static void note_recorded(struct committer *committer, const struct op_list *group)
{
    uint32_t records = 0;
    for (const struct op *op = group->first; op != NULL; op = op->next) {
        records += op->kind == OP_RECORD;
    }
    if (records == 0) {
        return;
    }
    pthread_mutex_lock(&committer->lock);
    committer->records -= records;
    pthread_mutex_unlock(&committer->lock);
    pthread_cond_signal(&committer->recorded);
}

static void *run_committer(void *context)
{
    struct rocksdb_engine *engine = context;
    for (;;) {
        struct op_list group = take_group(&engine->committer);
        if (group.first == NULL) {
            return NULL;
        }
        mark_overtaken(&engine->committer, &group);
        finish_group(&engine->committer, &group, write_group(engine, &group));
        note_recorded(&engine->committer, &group);
        completions_give(&engine->base.completions, &group);
    }
}

int committer_start(struct rocksdb_engine *engine)
{
    struct committer *committer = &engine->committer;
    committer->batch = rocksdb_writebatch_create();
    committer->clock = engine->base.clock;
    pthread_mutex_init(&committer->lock, NULL);
    pthread_cond_init(&committer->arrived, NULL);
    pthread_cond_init(&committer->recorded, NULL);
    int status = thread_start(&committer->thread, "gramme-commit", run_committer, engine);
    committer->started = status == 0;
    return status;
}

void committer_stop(struct rocksdb_engine *engine)
{
    struct committer *committer = &engine->committer;
    if (committer->batch == NULL) {
        return;
    }
    if (committer->started) {
        rocksdb_flush_writes(&engine->base);
        pthread_mutex_lock(&committer->lock);
        committer->stopping = true;
        pthread_mutex_unlock(&committer->lock);
        pthread_cond_signal(&committer->arrived);
        pthread_join(committer->thread, NULL);
    }
    pthread_cond_destroy(&committer->arrived);
    pthread_cond_destroy(&committer->recorded);
    pthread_mutex_destroy(&committer->lock);
    rocksdb_writebatch_destroy(committer->batch);
}
