/* What sessions may ask of the process: the functions of struct session_host. */
#ifndef GR_SERVER_HOST_H
#define GR_SERVER_HOST_H

#include "resp/session.h"
#include "server/reactor.h"
#include "server/settings.h"

struct host {
    struct settings *settings;
    struct engine *engine;
    struct driver *driver;
    struct reactor *reactor;
    const char *config_file;
    char executable[4096];
    uint64_t started_ms;
    bool is_draining;    /* no new requests */
    uint64_t counted_ms; /* when the two below were worked out; they cost too much for each asker */
    uint64_t live_keys;
    uint64_t memory_bytes;
};

/* Everything is borrowed. */
void host_init(struct host *host, struct settings *settings, struct engine *engine, struct driver *driver,
               struct reactor *reactor, const char *config_file);

struct session_host host_functions(struct host *host);

#endif
