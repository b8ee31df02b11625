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
};

static struct memory_engine *memory_of(struct engine *engine)
{
    return (struct memory_engine *)engine;
}

static enum engine_result memory_get(struct engine *engine, struct bytes stored, struct blob **ret, int *ret_status)
{
    (void)ret_status;
    struct object *object = NULL;
    HASH_FIND(hh, memory_of(engine)->slots[key_slot(stored)], stored.data, stored.len, object);
    if (object == NULL) {
        return ENGINE_ABSENT;
    }
    *ret = blob_ref(object->value);
    return ENGINE_FOUND;
}

static void memory_get_later(struct engine *engine, struct op *op)
{
    op->result = memory_get(engine, bytes_of(op->key, op->key_len), &op->value, &op->status);
    struct op_list finished = {op, op};
    completions_give(&engine->completions, &finished);
}

static void memory_submit(struct engine *engine, struct op *op)
{
    op_list_push(&memory_of(engine)->submitted, op);
}

/* uthash says that it could not grow by leaving the object out of the table. */
#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(object) ((object)->key_len = 0)

static int add_object(struct memory_engine *memory, const struct op *op)
{
    struct object *object = malloc(sizeof *object + op->key_len);
    if (object == NULL) {
        return GR_ENOMEM;
    }
    object->key_len = op->key_len;
    memcpy(object->key, op->key, op->key_len);
    HASH_ADD_KEYPTR(hh, memory->slots[op->slot], object->key, op->key_len, object);
    if (object->key_len == 0) {
        free(object);
        return GR_ENOMEM;
    }
    object->value = blob_ref(op->value);
    return 0;
}

static int apply(struct memory_engine *memory, const struct op *op)
{
    struct object *object = NULL;
    HASH_FIND(hh, memory->slots[op->slot], op->key, op->key_len, object);
    if (object == NULL) {
        return add_object(memory, op);
    }
    struct blob *previous = object->value;
    object->value = blob_ref(op->value);
    blob_unref(previous);
    return 0;
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
        if (!visit(context, key_own(bytes_of(object->key, object->key_len)), blob_bytes(object->value))) {
            break;
        }
    }
    return 0;
}

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

static int memory_meta_put(struct engine *engine, const char *name, struct bytes value)
{
    struct memory_engine *memory = memory_of(engine);
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
        HASH_DEL(*objects, object);
        blob_unref(object->value);
        free(object);
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
    free_records(&memory->meta);
    engine_done(engine);
    free(memory);
}

static const struct engine_vtable memory_vtable = {
    .close = memory_close,
    .get = memory_get,
    .get_later = memory_get_later,
    .submit = memory_submit,
    .flush = memory_flush,
    .scan = memory_scan,
    .meta_put = memory_meta_put,
    .meta_get = memory_meta_get,
    .commits = memory_commits,
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
