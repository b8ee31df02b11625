/* Keeping the clock before this node says "clear", so that it mints above the tombstones in its next life too (reap.h
 * P3). Each store of an object keeps the clock as well; but a member that has stored nothing for long may be the one
 * that coordinates the key's next write.
 */
#include "node/internal.h"
#include "node/reap_state.h"

bool reap_clock_is_kept(const struct node *node, uint64_t hlc)
{
    return hlc <= node->reap.state->clock_kept || CANARY(node, CANARY_CLOCK_UNKEPT);
}

/* The leaves stay as they are: the clock alone is stored. */
static void keep(struct node *node, uint16_t slot)
{
    struct reap_state *state = node->reap.state;
    state->clock = node->clock.last;
    state->keeping = pool_token(POOL_CLOCK, ++state->keepings);
    struct effect *effect = env_add(&node->env, EFFECT_MEND);
    effect->mend.token = state->keeping;
    effect->mend.slot = slot;
    effect->mend.clock = state->clock;
}

bool reap_await_clock(struct node *node, const struct clear_question *question)
{
    struct reap_state *state = node->reap.state;
    if (state->questions_count == REAP_QUESTIONS) {
        return false;
    }
    state->questions[state->questions_count++] = *question;
    if (state->keeping == 0) {
        keep(node, question->slot);
    }
    return true;
}

/* What has come meanwhile about later tombstones waits once more. */
void reap_clock_stored(struct node *node, uint64_t id, int status)
{
    struct reap_state *state = node->reap.state;
    if (id != state->keeping) {
        return;
    }
    struct clear_question waiting[REAP_QUESTIONS];
    unsigned count = state->questions_count;
    memcpy(waiting, state->questions, count * sizeof *waiting);
    state->questions_count = 0;
    state->keeping = 0;
    state->clock_kept = status == 0 ? state->clock : state->clock_kept;
    node->stats.store_errors += status != 0;
    for (unsigned i = 0; i < count; i++) {
        if (status == 0) {
            reap_answer(node, &waiting[i]);
        } else {
            reap_send_answer(node, &waiting[i], false);
        }
    }
}
