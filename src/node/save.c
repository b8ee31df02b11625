#include "node/save.h"

#include "node/internal.h"

/* The state is encoded when the step is over: one save in it is enough. */
static bool is_asked_for(const struct env *env)
{
    for (unsigned i = 0; i < env->effects_count; i++) {
        if (env->effects[i].kind == EFFECT_SAVE && env->effects[i].save.token == 0) {
            return true;
        }
    }
    return false;
}

void save_now(struct node *node)
{
    node->fill.unsaved = false;
    if (!is_asked_for(&node->env)) {
        env_add(&node->env, EFFECT_SAVE);
    }
}

static void begin(struct node *node)
{
    struct saves *saves = &node->saves;
    saves->under_way = pool_token(POOL_SAVE, ++saves->count);
    saves->next_ms = node->env.now.mono_ms + SAVE_PAUSE_MS;
    saves->again = false;
    saves->tells_fill = node->fill.unsaved;
    node->fill.unsaved = false;
    floors_begin_save(node);
    env_add(&node->env, EFFECT_SAVE)->save.token = saves->under_way;
}

static void fire(struct node *node, struct timer *timer)
{
    (void)timer;
    begin(node);
}

void save_soon(struct node *node)
{
    struct saves *saves = &node->saves;
    if (saves->under_way != 0) {
        saves->again = true;
    } else if (node->env.now.mono_ms >= saves->next_ms) {
        timer_stop(&node->timers, &saves->timer);
        begin(node);
    } else {
        timer_set(&node->timers, &saves->timer, saves->next_ms, fire);
    }
}

void save_stored(struct node *node, uint64_t id, int status)
{
    struct saves *saves = &node->saves;
    if (id != saves->under_way) {
        return;
    }
    saves->under_way = 0;
    node->stats.store_errors += status != 0;
    node->fill.unsaved |= status != 0 && saves->tells_fill;
    floors_saved(node, status); /* before the next begins: that takes in what was raised meanwhile */
    if (status == 0 && saves->again) {
        save_soon(node);
    }
}
