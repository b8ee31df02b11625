#include "store/thread.h"

#include <signal.h>

#include "base/error.h"

int thread_start(pthread_t *ret, const char *name, void *(*run)(void *context), void *context)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(ret, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        return GR_ENOMEM;
    }
    pthread_setname_np(*ret, name);
    return 0;
}
