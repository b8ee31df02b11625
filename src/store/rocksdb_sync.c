/* Buffered durability: commits do not wait for the disk, this thread brings the log there about once a second.
 *
 * A process that dies loses nothing, the kernel has the log; a machine that dies loses what was committed since the
 * last sync began, a second and the length of one sync. Commits go on meanwhile.
 */
#include <time.h>

#include "store/rocksdb_impl.h"
#include "store/thread.h"

#define SYNC_EVERY_S 1

/* True when it is time to sync, false when the thread is to stop. */
static bool wait_for_turn(struct wal_syncer *syncer)
{
    struct timespec turn;
    clock_gettime(CLOCK_MONOTONIC, &turn);
    turn.tv_sec += SYNC_EVERY_S;
    pthread_mutex_lock(&syncer->lock);
    int result = 0;
    while (!syncer->stopping && result == 0) {
        result = pthread_cond_timedwait(&syncer->stop, &syncer->lock, &turn);
    }
    bool stopping = syncer->stopping;
    pthread_mutex_unlock(&syncer->lock);
    return !stopping;
}

static void *run_syncer(void *context)
{
    struct rocksdb_engine *engine = context;
    struct wal_syncer *syncer = &engine->syncer;
    while (wait_for_turn(syncer)) {
        char *error = NULL;
        if (atomic_load_explicit(&engine->failure, memory_order_relaxed) != 0 ||
            !atomic_exchange_explicit(&syncer->dirty, false, memory_order_acquire)) {
            continue;
        }
        rocksdb_flush_wal(engine->db, 1, &error);
        if (error != NULL) {
            rocksdb_take_write_error(engine, error); /* the commits that follow tell */
        }
    }
    return NULL;
}

int wal_syncer_start(struct rocksdb_engine *engine)
{
    struct wal_syncer *syncer = &engine->syncer;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&syncer->lock, NULL);
    pthread_cond_init(&syncer->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int status = thread_start(&syncer->thread, "gramme-sync", run_syncer, engine);
    syncer->started = status == 0;
    return status;
}

void wal_syncer_stop(struct rocksdb_engine *engine)
{
    struct wal_syncer *syncer = &engine->syncer;
    if (!syncer->started) {
        return;
    }
    pthread_mutex_lock(&syncer->lock);
    syncer->stopping = true;
    pthread_mutex_unlock(&syncer->lock);
    pthread_cond_signal(&syncer->stop);
    pthread_join(syncer->thread, NULL);
    pthread_cond_destroy(&syncer->stop);
    pthread_mutex_destroy(&syncer->lock);
}
