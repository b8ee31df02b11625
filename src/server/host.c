#include "server/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "server/constants.h"
#include "server/live.h"
#include "server/log.h"

#define RECOUNT_MS 500u /* 16,384 slots take some 50 us */

#ifndef GRAMME_VERSION
#define GRAMME_VERSION "0.1.0"
#endif

void host_init(struct host *host, struct settings *settings, struct engine *engine, struct driver *driver,
               struct reactor *reactor, const char *config_file)
{
    *host = (struct host){
        .settings = settings,
        .engine = engine,
        .driver = driver,
        .reactor = reactor,
        .config_file = config_file == NULL ? "" : config_file,
        .started_ms = uv_now(&reactor->loop),
    };
    ssize_t len = readlink("/proc/self/exe", host->executable, sizeof host->executable - 1);
    host->executable[len > 0 ? len : 0] = '\0';
}

static int host_submit(void *context, const struct request *request)
{
    struct host *host = context;
    return host->is_draining ? GR_ESHUTDOWN : driver_submit(host->driver, request);
}

static const struct node *host_node(void *context)
{
    return ((struct host *)context)->driver->node;
}

static struct instant host_now(void *context)
{
    return reactor_now(((struct host *)context)->reactor);
}

static uint64_t host_wall_us(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The second number of statm: resident pages. */
static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%*u %llu", &pages) != 1) {
        pages = 0;
    }
    fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t us_of(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

static void recount(struct host *host)
{
    uint64_t now_ms = host_now(host).mono_ms;
    if (host->counted_ms == 0 || now_ms - host->counted_ms >= RECOUNT_MS) {
        host->counted_ms = now_ms;
        host->live_keys = live_in_all(host->engine);
        host->memory_bytes = resident_bytes();
    }
}

static void host_facts(void *context, struct server_facts *ret)
{
    struct host *host = context;
    const struct settings *settings = host->settings;
    const struct links *links = host->reactor->links;
    struct rusage usage = {0};
    recount(host);
    getrusage(RUSAGE_SELF, &usage);
    *ret = (struct server_facts){
        .version = GRAMME_VERSION,
        .executable = host->executable,
        .config_file = host->config_file,
        .data_dir = settings->data == NULL ? "" : settings->data,
        .engine = settings->engine == SETTINGS_MEMORY ? "memory" : "rocksdb",
        .durability = settings->durability == SETTINGS_SYNC ? "sync" : "buffered",
        .pid = (uint64_t)getpid(),
        .started_mono_ms = host->started_ms,
        .port = settings->listen.port,
        .engine_live_keys = host->live_keys,
        .memory_bytes = host->memory_bytes,
        .cpu_user_us = us_of(&usage.ru_utime),
        .cpu_sys_us = us_of(&usage.ru_stime),
        .turn_longest_ms = host->reactor->turn_longest_ms,
        .links_quiet = links->stats.quiet,
        .links_cut = links->stats.cut,
        .links_bytes_lost = links->stats.bytes_lost,
        .links_bytes_queued = links_bytes_queued(links),
    };
}

static uint64_t host_slot_live(void *context, uint16_t slot)
{
    return engine_live(((struct host *)context)->engine, slot);
}

static int host_slot_keys(void *context, uint16_t slot, uint32_t max, void (*visit)(void *visitor, struct bytes key),
                          void *visitor)
{
    return live_visit(((struct host *)context)->engine, slot, max, visit, visitor);
}

static const char *host_setting(void *context, unsigned index, char *ret_value, size_t value_size)
{
    return settings_at(((struct host *)context)->settings, index, ret_value, value_size);
}

static bool is_known(const struct settings *settings, const char *name)
{
    char value[512];
    const char *known;
    for (unsigned i = 0; (known = settings_at(settings, i, value, sizeof value)) != NULL; i++) {
        if (strcmp(known, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Put a live setting to use, or say why its value will not do beside the others. */
static int apply(struct host *host, const char **ret_reason)
{
    const struct settings *settings = host->settings;
    if (settings->r > settings->n || settings->w > settings->n) {
        *ret_reason = "r and w must not exceed n, the copies of each key";
        return GR_EINVAL;
    }
    log_set_level(settings->loglevel);
    constants_apply(settings, host->driver->node);
    return 0;
}

static int host_set_setting(void *context, const char *name, const char *value, const char **ret_reason)
{
    struct host *host = context;
    struct settings *settings = host->settings;
    uint32_t r = settings->r;
    uint32_t w = settings->w;
    if (!settings_is_live(name)) {
        return is_known(settings, name) ? GR_EACCES : GR_ENOENT;
    }
    int status = settings_set(settings, name, value, ret_reason);
    if (status == 0) {
        status = apply(host, ret_reason);
    }
    if (status != 0) {
        settings->r = r;
        settings->w = w;
    }
    return status;
}

static void host_wake_session(void *context, struct session *session, void *session_context)
{
    (void)context;
    (void)session;
    clients_wake(session_context);
}

struct session_host host_functions(struct host *host)
{
    return (struct session_host){
        .context = host,
        .submit = host_submit,
        .node = host_node,
        .facts = host_facts,
        .now = host_now,
        .wall_us = host_wall_us,
        .slot_live = host_slot_live,
        .slot_keys = host_slot_keys,
        .setting = host_setting,
        .set_setting = host_set_setting,
        .wake_session = host_wake_session,
    };
}
