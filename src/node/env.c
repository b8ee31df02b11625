#include "node/env.h"

#include <stdlib.h>

#include "base/assert.h"

#define ENV_SCRATCH_BYTES (64u << 10)
#define ENV_FIRST_ITEMS 64u

void env_init(struct env *env)
{
    *env = (struct env){0};
    arena_init(&env->scratch, ENV_SCRATCH_BYTES);
}

static void release_held(struct env *env)
{
    for (unsigned i = 0; i < env->held_count; i++) {
        blob_unref(env->held[i]);
    }
    env->held_count = 0;
}

void env_done(struct env *env)
{
    release_held(env);
    free(env->held);
    free(env->effects);
    arena_done(&env->scratch);
}

void env_begin(struct env *env, struct instant now)
{
    env->now = now;
    env->effects_count = 0;
    release_held(env);
    arena_clear(&env->scratch);
}

/* A list's bound is that of the requests which can be open at once, so growth ends; there is no step without it. */
static void *grow(void *list, unsigned *capacity, size_t item_bytes)
{
    *capacity = *capacity == 0 ? ENV_FIRST_ITEMS : *capacity * 2;
    void *grown = realloc(list, *capacity * item_bytes);
    GR_ASSERT(grown != NULL);
    return grown;
}

struct effect *env_add(struct env *env, enum effect_kind kind)
{
    if (env->effects_count == env->effects_capacity) {
        env->effects = grow(env->effects, &env->effects_capacity, sizeof *env->effects);
    }
    struct effect *effect = &env->effects[env->effects_count++];
    *effect = (struct effect){.kind = kind};
    return effect;
}

struct wire_message *env_send(struct env *env, uint64_t peer, enum wire_type type)
{
    struct effect *effect = env_add(env, EFFECT_SEND);
    effect->send.peer = peer;
    effect->send.message.type = type;
    return &effect->send.message;
}

void env_hold(struct env *env, struct blob *blob)
{
    if (blob == NULL) {
        return;
    }
    if (env->held_count == env->held_capacity) {
        env->held = grow(env->held, &env->held_capacity, sizeof(struct blob *));
    }
    env->held[env->held_count++] = blob;
}
