#include "store/engine.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"
#include "store/engine_impl.h"

/* Values wait in memory until they are committed. At the disk's 100 MB/s or so, 64 MiB are half a second of backlog:
 * beyond that a writer is better told than queued. One operation is always let through, however large. */
#define PENDING_BYTES_MAX ((size_t)64 << 20)

#define KEY_ON_STACK_BYTES 256u

int engine_open(const struct engine_options *options, char *error_text, size_t error_size, struct engine **ret)
{
    GR_ASSERT_LT(0, options->pending_max);
    GR_ASSERT_LT(0, error_size);
    error_text[0] = '\0';
    switch (options->kind) {
    case ENGINE_ROCKSDB:
        return rocksdb_engine_open(options, error_text, error_size, ret);
    case ENGINE_MEMORY:
        return memory_engine_open(options, error_text, error_size, ret);
    }
    GR_UNREACHABLE();
}

void engine_close(struct engine *engine)
{
    if (engine != NULL) {
        engine->vtable->close(engine);
    }
}

int engine_init(struct engine *engine, const struct engine_vtable *vtable, const struct engine_options *options)
{
    *engine = (struct engine){.vtable = vtable, .pending_max = options->pending_max};
    return completions_init(&engine->completions, options->wake, options->wake_context);
}

void engine_done(struct engine *engine)
{
    completions_done(&engine->completions);
    free(engine->leaves);
}

static bool is_full(const struct engine *engine)
{
    return engine->pending >= engine->pending_max || engine->pending_bytes >= PENDING_BYTES_MAX;
}

static size_t bytes_counted(const struct op *op)
{
    return op->kind == OP_READ ? 0 : op_cost(op);
}

static void count_pending(struct engine *engine, const struct op *op)
{
    engine->pending++;
    engine->pending_bytes += bytes_counted(op);
}

static void uncount_pending(struct engine *engine, const struct op *op)
{
    size_t bytes = bytes_counted(op);
    GR_ASSERT_LT(0, engine->pending);
    GR_ASSERT_LE(bytes, engine->pending_bytes);
    engine->pending--;
    engine->pending_bytes -= bytes;
}

enum engine_result engine_get(struct engine *engine, const struct engine_key *at, struct blob **ret, int *ret_status)
{
    uint8_t small[KEY_ON_STACK_BYTES];
    bool is_hint = at->owner != 0;
    size_t len = key_stored_len(is_hint, at->key);
    uint8_t *stored = len <= sizeof small ? small : malloc(len);
    if (stored == NULL) {
        *ret_status = GR_ENOMEM;
        return ENGINE_FAILED;
    }
    key_store(stored, is_hint, at->owner, at->slot, at->key);
    enum engine_result result = engine->vtable->get(engine, is_hint, bytes_of(stored, len), ret, ret_status);
    if (stored != small) {
        free(stored);
    }
    return result;
}

/* Count it as pending and hand it over. `op` is NULL when there was no memory for it. */
static int begin(struct engine *engine, struct op *op, void (*take)(struct engine *engine, struct op *op))
{
    if (op == NULL) {
        return GR_ENOMEM;
    }
    op->era = engine->era;
    count_pending(engine, op);
    take(engine, op);
    return 0;
}

int engine_get_later(struct engine *engine, uint64_t token, const struct engine_key *at)
{
    return is_full(engine) ? GR_EBUSY : begin(engine, op_new_read(token, at), engine->vtable->get_later);
}

int engine_submit(struct engine *engine, const struct engine_write *write)
{
    GR_ASSERT(write->live_delta >= -1 && write->live_delta <= 1);
    GR_ASSERT(write->at.owner == 0 || (write->live_delta == 0 && write->leaf_delta == 0));
    return is_full(engine) ? GR_EBUSY : begin(engine, op_new_write(write), engine->vtable->submit);
}

int engine_page(struct engine *engine, const struct engine_scan *scan)
{
    GR_ASSERT_LT(scan->slot, KEY_SLOTS);
    return is_full(engine) ? GR_EBUSY : begin(engine, op_new_scan(scan), engine->vtable->page);
}

int engine_mend(struct engine *engine, uint64_t token, uint16_t slot, const uint64_t delta[LEAVES], uint64_t clock)
{
    GR_ASSERT_LT(slot, KEY_SLOTS);
    return is_full(engine) ? GR_EBUSY : begin(engine, op_new_mend(token, slot, delta, clock), engine->vtable->submit);
}

const struct leaf_sum *engine_leaves(struct engine *engine, size_t *ret_count)
{
    *ret_count = engine->leaf_count;
    return engine->leaves;
}

void engine_forget_leaves(struct engine *engine)
{
    free(engine->leaves);
    engine->leaves = NULL;
    engine->leaf_count = 0;
}

bool engine_was_salvaged(struct engine *engine, char *ret_text, size_t text_size)
{
    GR_ASSERT_LT(0, text_size);
    return engine->vtable->was_salvaged(engine, ret_text, text_size);
}

int engine_want_salvage(struct engine *engine, const char *why)
{
    return engine->vtable->want_salvage(engine, why);
}

int engine_salvage_done(struct engine *engine)
{
    return engine->vtable->salvage_done(engine);
}

uint64_t engine_reopen_bytes(struct engine *engine)
{
    return engine->vtable->reopen_bytes(engine);
}

void engine_flush(struct engine *engine)
{
    engine->vtable->flush(engine);
}

/* G4 as the reactor sees it: the counts and the clock follow completed writes, not submitted ones. */
static void note_written(struct engine *engine, const struct op *op)
{
    if (!op_is_write(op)) {
        return;
    }
    engine->live[op->slot] += op->write.live_delta;
    engine->holds_data |= op->kind == OP_WRITE && !op->is_hint;
    if (op->write.clock > engine->clock) {
        engine->clock = op->write.clock;
    }
}

static enum engine_done done_of(const struct op *op)
{
    switch (op->kind) {
    case OP_READ:
        return ENGINE_READ;
    case OP_SCAN:
        return ENGINE_SCANNED;
    case OP_WRITE:
    case OP_MEND:
    case OP_RECORD:
        return ENGINE_WRITTEN;
    }
    GR_UNREACHABLE();
}

/* What was read goes with the completion. */
static struct engine_completion completion_of(struct op *op)
{
    struct engine_completion completion = {
        .token = op->token, .kind = done_of(op), .result = op->result, .status = op->status};
    if (op->kind == OP_READ) {
        completion.value = op->value;
        op->value = NULL;
    } else if (op->kind == OP_SCAN) {
        completion.page = op->scan.page;
        op->scan.page = NULL;
    }
    return completion;
}

/* G6: whoever was told of a failure by earlier polls has taken it in. But completions come a commit at a time: while
 * some of them have not been polled there may be failures that nobody knows of yet. */
static void note_taken_in(struct engine *engine)
{
    if (completions_are_taken(&engine->completions)) {
        engine->era = engine->next_era;
    }
}

unsigned engine_poll(struct engine *engine, struct engine_completion *ret, unsigned max)
{
    unsigned count = 0;
    note_taken_in(engine);
    while (count < max) {
        struct op *op = completions_take(&engine->completions);
        if (op == NULL) {
            break;
        }
        uncount_pending(engine, op);
        if (op_is_write(op) && op->status == 0) {
            note_written(engine, op);
        } else if (op_is_write(op) && op->era > engine->next_era) {
            engine->next_era = op->era;
        }
        ret[count++] = completion_of(op);
        op_free(op);
    }
    return count;
}

uint64_t engine_live(struct engine *engine, uint16_t slot)
{
    GR_ASSERT_LT(slot, KEY_SLOTS);
    int64_t live = engine->live[slot];
    return live > 0 ? (uint64_t)live : 0; /* what the disk says is not asserted */
}

uint64_t engine_clock(struct engine *engine)
{
    return engine->clock;
}

bool engine_holds_data(struct engine *engine)
{
    return engine->holds_data;
}

int engine_scan(struct engine *engine, uint16_t slot, engine_visit *visit, void *context)
{
    GR_ASSERT_LT(slot, KEY_SLOTS);
    return engine->vtable->scan(engine, slot, visit, context);
}

int engine_meta_put(struct engine *engine, const char *name, struct bytes value)
{
    return engine->vtable->meta_put(engine, name, value);
}

int engine_meta_put_later(struct engine *engine, uint64_t token, const char *name, struct bytes value)
{
    return is_full(engine) ? GR_EBUSY : begin(engine, op_new_record(token, name, value), engine->vtable->submit);
}

int engine_meta_get(struct engine *engine, const char *name, struct buffer *ret)
{
    return engine->vtable->meta_get(engine, name, ret);
}

uint64_t engine_commits(struct engine *engine)
{
    return engine->vtable->commits(engine);
}

void engine_trouble(struct engine *engine, char *ret_text, size_t text_size)
{
    GR_ASSERT_LT(0, text_size);
    engine->vtable->trouble(engine, ret_text, text_size);
}
