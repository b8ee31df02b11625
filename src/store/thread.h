/* Starting a thread that stays behind the engine's door. */
#ifndef GR_STORE_THREAD_H
#define GR_STORE_THREAD_H

#include <pthread.h>

/* Start a thread with every signal blocked: signals are the reactor's. `name` (15 bytes at most) is what top and gdb
 * show. Errors: GR_ENOMEM. */
int thread_start(pthread_t *ret, const char *name, void *(*run)(void *context), void *context);

#endif
