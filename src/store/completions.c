#include "store/completions.h"

#include "base/error.h"

int completions_init(struct completions *completions, void (*wake)(void *context), void *wake_context)
{
    *completions = (struct completions){.wake = wake, .wake_context = wake_context};
    return pthread_mutex_init(&completions->lock, NULL) == 0 ? 0 : GR_ENOMEM;
}

void completions_done(struct completions *completions)
{
    op_list_done(&completions->taken);
    op_list_done(&completions->arrived);
    pthread_mutex_destroy(&completions->lock);
}

void completions_give(struct completions *completions, struct op_list *finished)
{
    if (finished->first == NULL) {
        return;
    }
    pthread_mutex_lock(&completions->lock);
    op_list_append(&completions->arrived, finished);
    pthread_mutex_unlock(&completions->lock);
    if (completions->wake != NULL) {
        completions->wake(completions->wake_context);
    }
}

bool completions_are_taken(const struct completions *completions)
{
    return completions->taken.first == NULL;
}

struct op *completions_take(struct completions *completions)
{
    if (completions->taken.first == NULL) {
        pthread_mutex_lock(&completions->lock);
        op_list_append(&completions->taken, &completions->arrived);
        pthread_mutex_unlock(&completions->lock);
    }
    return op_list_pop(&completions->taken);
}
