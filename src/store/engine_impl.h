/* What an engine is made of, for the files of this room only.
 *
 * engine.c keeps what all engines share: bounds, the way back, counts and the clock as of the last completion. An
 * engine of its own embeds `struct engine` as its first member and fills in the table.
 */
#ifndef GR_STORE_ENGINE_IMPL_H
#define GR_STORE_ENGINE_IMPL_H

#include "store/completions.h"
#include "store/engine.h"
#include "store/key.h"
#include "store/op.h"

struct engine_vtable {
    /* Finish everything submitted, stop all threads, then release what the engine holds and the engine itself. */
    void (*close)(struct engine *engine);

    /* `stored` is in the form of key.h. Otherwise as engine_get. */
    enum engine_result (*get)(struct engine *engine, bool is_hint, struct bytes stored, struct blob **ret,
                              int *ret_status);

    /* All take the operation, and give it to the completions later. They cannot fail. */
    void (*get_later)(struct engine *engine, struct op *op);
    void (*page)(struct engine *engine, struct op *op);
    void (*submit)(struct engine *engine, struct op *op); /* a write, a mend or a record */
    void (*flush)(struct engine *engine);

    int (*scan)(struct engine *engine, uint16_t slot, engine_visit *visit, void *context);
    int (*meta_put)(struct engine *engine, const char *name, struct bytes value);
    int (*meta_get)(struct engine *engine, const char *name, struct buffer *ret);
    uint64_t (*commits)(struct engine *engine);
    bool (*was_salvaged)(struct engine *engine, char *ret_text, size_t text_size);
    int (*want_salvage)(struct engine *engine, const char *why);
    int (*salvage_done)(struct engine *engine);
    uint64_t (*reopen_bytes)(struct engine *engine);
    void (*trouble)(struct engine *engine, char *ret_text, size_t text_size);
};

/* Reactor thread only, but for the completions. */
struct engine {
    const struct engine_vtable *vtable;
    struct completions completions;
    uint32_t pending; /* submitted and not polled */
    uint32_t pending_max;
    size_t pending_bytes;
    uint64_t clock;
    uint32_t era;      /* failed commits whose completions the reactor has dealt with (G6) */
    uint32_t next_era; /* the same once all that was completed with them has been polled */
    bool holds_data;
    struct leaf_sum *leaves; /* as of opening, until they are forgotten */
    size_t leaf_count;
    int64_t live[KEY_SLOTS];
};

/* Fill in the shared part. Errors: GR_ENOMEM. */
int engine_init(struct engine *engine, const struct engine_vtable *vtable, const struct engine_options *options);

/* Release the shared part. All threads of the engine have ended. */
void engine_done(struct engine *engine);

/* The engines, opened: as engine_open. */
int rocksdb_engine_open(const struct engine_options *options, char *error_text, size_t error_size, struct engine **ret);
int memory_engine_open(const struct engine_options *options, char *error_text, size_t error_size, struct engine **ret);

#endif
