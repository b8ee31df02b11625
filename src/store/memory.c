/* The engine that keeps nothing: for tests, caches and trials. Everything is gone when the process ends, whatever the
 * durability asked for; the replicas on other nodes are all the safety there is.
 *
 * A write is applied and completed by the flush, never by the submission, and completes through the same queue as
 * RocksDB's, so that nobody comes to lean on a completion that is already there.
 */
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define HASH_INITIAL_NUM_BUCKETS 4u /* one table a slot: 16384 of uthash's default of 32 buckets would be 8 MiB */
#define HASH_INITIAL_NUM_BUCKETS_LOG2 2u
#define HASH_FUNCTION(key, key_len, ret_hash) ((ret_hash) = (unsigned)hash_bytes(bytes_of(key, key_len)))
#include <uthash.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/engine_impl.h"
#include "store/paging.h"

/* An object, or a hint. */
struct object {
    UT_hash_handle hh;
    struct blob *value;
    uint32_t key_len;
    uint8_t key[]; /* as stored */
};

struct record {
    UT_hash_handle hh;
    struct blob *value;
    char name[];
};

struct memory_engine {
    struct engine base;
    struct op_list submitted;
    struct record *meta;
    uint64_t commits;
    struct object *slots[KEY_SLOTS];
    struct object *hints;
    bool hints_are_sorted; /* nothing was added since they were */
    uint64_t leaves[KEY_SLOTS][LEAVES];
};

static struct memory_engine *memory_of(struct engine *engine)
{
    return (struct memory_engine *)engine;
}

static struct object **table_of(struct memory_engine *memory, bool is_hint, struct bytes stored)
{
    return is_hint ? &memory->hints : &memory->slots[key_slot(stored)];
}

static struct object *find(struct object *table, struct bytes stored)
{
    struct object *object = NULL;
    HASH_FIND(hh, table, stored.data, stored.len, object);
    return object;
}

static enum engine_result memory_get(struct engine *engine, bool is_hint, struct bytes stored, struct blob **ret,
                                     int *ret_status)
{
    (void)ret_status;
    struct object *object = find(*table_of(memory_of(engine), is_hint, stored), stored);
    if (object == NULL) {
        return ENGINE_ABSENT;
    }
    *ret = blob_ref(object->value);
    return ENGINE_FOUND;
}

static void give(struct engine *engine, struct op *op)
{
    struct op_list finished = {op, op};
    completions_give(&engine->completions, &finished);
}

static void memory_get_later(struct engine *engine, struct op *op)
{
    op->result = memory_get(engine, op->is_hint, op_key(op), &op->value, &op->status);
    give(engine, op);
}

static void memory_submit(struct engine *engine, struct op *op)
{
    op_list_push(&memory_of(engine)->submitted, op);
}

/* uthash says that it could not grow by leaving the record out of the table. */
#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(record) ((record)->value = NULL)

static int add_record(struct memory_engine *memory, const char *name, struct blob *value)
{
    size_t name_size = strlen(name) + 1;
    struct record *record = malloc(sizeof *record + name_size);
    if (record == NULL) {
        return GR_ENOMEM;
    }
    memcpy(record->name, name, name_size);
    record->value = value;
    HASH_ADD_KEYPTR(hh, memory->meta, record->name, name_size - 1, record);
    if (record->value == NULL) {
        free(record);
        return GR_ENOMEM;
    }
    return 0;
}

static int put_record(struct memory_engine *memory, const char *name, struct bytes value)
{
    struct record *record = NULL;
    struct blob *copy = blob_copy(value);
    if (copy == NULL) {
        return GR_ENOMEM;
    }
    HASH_FIND(hh, memory->meta, name, strlen(name), record);
    if (record == NULL) {
        int status = add_record(memory, name, copy);
        if (status != 0) {
            blob_unref(copy);
        }
        return status;
    }
    blob_unref(record->value);
    record->value = copy;
    return 0;
}

/* uthash says that it could not grow by leaving the object out of the table. */
#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(object) ((object)->key_len = 0)

static int add_object(struct object **table, const struct op *op)
{
    struct object *object = malloc(sizeof *object + op->key_len);
    if (object == NULL) {
        return GR_ENOMEM;
    }
    object->key_len = op->key_len;
    memcpy(object->key, op->key, op->key_len);
    HASH_ADD_KEYPTR(hh, *table, object->key, op->key_len, object);
    if (object->key_len == 0) {
        free(object);
        return GR_ENOMEM;
    }
    object->value = blob_ref(op->value);
    return 0;
}

static void remove_object(struct object **table, struct object *object)
{
    HASH_DEL(*table, object);
    blob_unref(object->value);
    free(object);
}

static int put_or_remove(struct memory_engine *memory, const struct op *op)
{
    struct object **table = table_of(memory, op->is_hint, op_key(op));
    struct object *object = find(*table, op_key(op));
    if (object == NULL && op->value != NULL) {
        memory->hints_are_sorted &= !op->is_hint;
        return add_object(table, op);
    }
    if (object != NULL && op->value == NULL) {
        remove_object(table, object);
    } else if (object != NULL) {
        struct blob *previous = object->value;
        object->value = blob_ref(op->value);
        blob_unref(previous);
    }
    return 0;
}

static int apply(struct memory_engine *memory, const struct op *op)
{
    uint64_t deltas[LEAVES];
    if (op->kind == OP_MEND) {
        op_mend_deltas(op, deltas);
        for (unsigned leaf = 0; leaf < LEAVES; leaf++) {
            memory->leaves[op->slot][leaf] += deltas[leaf];
        }
        return 0;
    }
    if (op->kind == OP_RECORD) {
        return put_record(memory, op_record_name(op), blob_bytes(op->value));
    }
    int status = put_or_remove(memory, op);
    if (status == 0) {
        memory->leaves[op->slot][op->write.leaf] += op->write.leaf_delta;
    }
    return status;
}

static void memory_flush(struct engine *engine)
{
    struct memory_engine *memory = memory_of(engine);
    if (memory->submitted.first == NULL) {
        return;
    }
    for (struct op *op = memory->submitted.first; op != NULL; op = op->next) {
        op->status = apply(memory, op);
    }
    memory->commits++;
    completions_give(&engine->completions, &memory->submitted);
}

static int compare_objects(const struct object *a, const struct object *b)
{
    return bytes_compare(bytes_of(a->key, a->key_len), bytes_of(b->key, b->key_len));
}

static int memory_scan(struct engine *engine, uint16_t slot, engine_visit *visit, void *context)
{
    struct memory_engine *memory = memory_of(engine);
    HASH_SORT(memory->slots[slot], compare_objects);
    for (struct object *object = memory->slots[slot]; object != NULL; object = object->hh.next) {
        if (!visit(context, key_own(false, bytes_of(object->key, object->key_len)), blob_bytes(object->value))) {
            break;
        }
    }
    return 0;
}

static struct object *sort_for(struct memory_engine *memory, const struct op *op)
{
    if (!op->is_hint) {
        HASH_SORT(memory->slots[op->slot], compare_objects);
        return memory->slots[op->slot];
    }
    if (!memory->hints_are_sorted) {
        HASH_SORT(memory->hints, compare_objects);
        memory->hints_are_sorted = true;
    }
    return memory->hints;
}

static void fill_page(struct memory_engine *memory, const struct op *op, struct paging *paging)
{
    uint8_t bound[8];
    struct bytes from = paging_from(op), to = bytes_of(bound, paging_bound(op, bound));
    for (struct object *object = sort_for(memory, op); object != NULL; object = object->hh.next) {
        struct bytes stored = bytes_of(object->key, object->key_len);
        if (bytes_compare(stored, from) < 0) {
            continue;
        }
        if ((to.len > 0 && bytes_compare(stored, to) >= 0) || !paging_take(paging, stored, blob_bytes(object->value))) {
            break;
        }
    }
    if (op->scan.counts) {
        memcpy(paging->page->kept, memory->leaves[op->slot], sizeof paging->page->kept);
    }
}

static void memory_page(struct engine *engine, struct op *op)
{
    struct paging paging;
    int status = paging_begin(&paging, op);
    if (status == 0) {
        fill_page(memory_of(engine), op, &paging);
    }
    paging_end(&paging, status, op);
    give(engine, op);
}

static int memory_meta_put(struct engine *engine, const char *name, struct bytes value)
{
    memory_flush(engine);
    return put_record(memory_of(engine), name, value);
}

static int memory_meta_get(struct engine *engine, const char *name, struct buffer *ret)
{
    struct record *record = NULL;
    HASH_FIND(hh, memory_of(engine)->meta, name, strlen(name), record);
    return record == NULL ? GR_ENOENT : buffer_append(ret, blob_bytes(record->value));
}

static uint64_t memory_commits(struct engine *engine)
{
    return memory_of(engine)->commits;
}

static bool memory_was_salvaged(struct engine *engine, char *ret_text, size_t text_size)
{
    (void)engine;
    (void)text_size;
    ret_text[0] = '\0';
    return false;
}

static int memory_want_salvage(struct engine *engine, const char *why)
{
    (void)engine;
    (void)why;
    return 0;
}

static int memory_salvage_done(struct engine *engine)
{
    (void)engine;
    return 0;
}

static uint64_t memory_reopen_bytes(struct engine *engine)
{
    (void)engine;
    return 0;
}

static void memory_trouble(struct engine *engine, char *ret_text, size_t text_size)
{
    (void)engine;
    (void)text_size;
    ret_text[0] = '\0';
}

static void free_objects(struct object **objects)
{
    struct object *object, *next;
    HASH_ITER(hh, *objects, object, next)
    {
        remove_object(objects, object);
    }
}

static void free_records(struct record **records)
{
    struct record *record, *next;
    HASH_ITER(hh, *records, record, next)
    {
        HASH_DEL(*records, record);
        blob_unref(record->value);
        free(record);
    }
}

static void memory_close(struct engine *engine)
{
    struct memory_engine *memory = memory_of(engine);
    op_list_done(&memory->submitted);
    for (unsigned slot = 0; slot < KEY_SLOTS; slot++) {
        free_objects(&memory->slots[slot]);
    }
    free_objects(&memory->hints);
    free_records(&memory->meta);
    engine_done(engine);
    free(memory);
}

static const struct engine_vtable memory_vtable = {
    .close = memory_close,
    .get = memory_get,
    .get_later = memory_get_later,
    .page = memory_page,
    .submit = memory_submit,
    .flush = memory_flush,
    .scan = memory_scan,
    .meta_put = memory_meta_put,
    .meta_get = memory_meta_get,
    .commits = memory_commits,
    .was_salvaged = memory_was_salvaged,
    .want_salvage = memory_want_salvage,
    .salvage_done = memory_salvage_done,
    .reopen_bytes = memory_reopen_bytes,
    .trouble = memory_trouble,
};

int memory_engine_open(const struct engine_options *options, char *error_text, size_t error_size, struct engine **ret)
{
    (void)error_text;
    (void)error_size;
    struct memory_engine *memory = calloc(1, sizeof *memory);
    if (memory == NULL) {
        return GR_ENOMEM;
    }
    int status = engine_init(&memory->base, &memory_vtable, options);
    if (status != 0) {
        free(memory);
        return status;
    }
    *ret = &memory->base;
    return 0;
}
