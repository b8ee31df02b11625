/* Start-up order, and why:
 *
 *   1. bind both ports        a port in use must be said before any data is touched
 *   2. open the engine        takes the directory's lock
 *   3. identity               erases the clean-shutdown mark, durably, before anything can be minted
 *   4. node, links, dialler   from here on peers may come
 *   5. serve clients          with a link to every member, who have told of the membership, or after a second; one that
 *                             has no cluster joins before
 *
 * The end is the reverse: drain (drain.h), write the mark, close the engine, let the handles go. An engine that must be
 * opened anew (ending.c) makes the process begin at 1 again.
 */
#include "server/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/error.h"
#include "server/advertise.h"
#include "server/constants.h"
#include "server/live.h"
#include "server/log.h"
#include "server/parts.h"
#include "store/dir.h"
#include "store/space.h"

#define STATE_BYTES (16u << 20)    /* twice WIRE_RECORDS_MAX: log entries and records */
#define FILES_BESIDE_CLIENTS 1200u /* engine 1,024 at most, sockets, peers */
/* Of the engine: client requests, forwarded ones and replica operations each have a pool of `requests`, and a write
 * may load and store, for itself and for a hint beside it. The scans of healing are few and have room in that. */
#define OPERATIONS_PER_REQUEST 8u
#define LOST_FILES_BYTES 512
/* Half of what the engine queues (store/engine.c): the other half is for what the other nodes send. */
#define WRITES_BYTES_MAX ((uint64_t)32 << 20)
#define READS_BYTES_LEAST ((uint64_t)32 << 20) /* two of the largest values */

/* Each step of the start returns 0, or an error that `error` explains. */
static int explain(struct server *server, int status, const char *what)
{
    if (status != 0) {
        snprintf(server->error, sizeof server->error, "%s: %s", what, gr_error_text(status));
    }
    return status;
}

/* Every client costs a file; the soft limit of 1,024 is a habit of shells, not a wish of the user. */
static int prepare_process(struct server *server)
{
    struct rlimit limit;
    uint64_t wanted = (uint64_t)server->settings->maxclients + FILES_BESIDE_CLIENTS;
    log_set_level(server->settings->loglevel);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of a file is told by the write that meets it, as a full disk */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_max < wanted) {
            log_warn(LOG_MSG("the limit of open files is too low for maxclients: raise it (ulimit -Hn)"),
                     LOG_NUMBER("limit", limit.rlim_max), LOG_NUMBER("wanted", wanted));
        }
    }
    return 0;
}

static int start_loop(struct server *server)
{
    int status = reactor_init(&server->reactor);
    server->has_loop = status == 0;
    return explain(server, status, "cannot create the event loop");
}

static int open_engine(struct server *server)
{
    const struct settings *settings = server->settings;
    struct engine_options options = {
        .kind = settings->engine == SETTINGS_MEMORY ? ENGINE_MEMORY : ENGINE_ROCKSDB,
        .durability = settings->durability == SETTINGS_SYNC ? ENGINE_SYNC : ENGINE_BUFFERED,
        .dir = settings->data,
        .cache_bytes = settings->cache,
        .pending_max = settings->requests * OPERATIONS_PER_REQUEST,
        .is_live = live_is_live,
        .wake = reactor_wake_for_engine,
        .wake_context = &server->reactor,
    };
    if (options.kind == ENGINE_MEMORY) {
        log_warn(LOG_MSG("engine memory keeps nothing: after a restart this is another, empty node"));
    }
    if (options.kind != ENGINE_MEMORY && options.durability == ENGINE_BUFFERED) {
        log_warn(LOG_MSG("durability buffered: a power cut may lose writes acknowledged in the last second or two"));
    }
    int status = engine_open(&options, server->error, sizeof server->error, &server->engine);
    server->is_salvaged = status == 0 && engine_was_salvaged(server->engine, server->error, sizeof server->error);
    return status;
}

static int explain_identity(struct server *server, int status)
{
    const char *dir = server->settings->data;
    if (status == GR_ECORRUPT) {
        snprintf(server->error, sizeof server->error,
                 "the identity record of data directory %s is missing or damaged: " DIR_ADVICE, dir);
    } else if (status == GR_EVERSION) {
        snprintf(server->error, sizeof server->error,
                 "data directory %s was written by a later release: run that one or a newer one", dir);
    } else if (status != 0) {
        snprintf(server->error, sizeof server->error, "cannot read or write the identity of data directory %s: %s", dir,
                 gr_error_text(status));
    }
    return status;
}

/* The first write of a life. When it fails its check, a compaction that began as the engine was opened has met damage:
 * the next opening puts the file aside, and nothing has been said to anybody yet. */
static int begin_identity(struct server *server)
{
    char trouble[LOST_FILES_BYTES];
    /* Copies that hold this actor's dots may be lost: a dot on top of less than all of them needs another actor. */
    server->identity.is_clean = server->identity.is_clean && !server->is_salvaged;
    int status = identity_begin(&server->identity, server->engine);
    server->starts_anew = status == GR_ECORRUPT;
    if (server->starts_anew) {
        engine_trouble(server->engine, trouble, sizeof trouble);
        snprintf(server->error, sizeof server->error,
                 "a file of the engine is damaged: starting anew, which puts it aside: %s", trouble);
    }
    return status;
}

static int load_identity(struct server *server)
{
    const struct settings *settings = server->settings;
    bool is_joining = settings->join != NULL && settings->join[0] != '\0';
    int status = identity_load(server->engine, &server->identity);
    if (status == GR_ENOENT) {
        status = identity_create(&server->identity);
    }
    if (status == 0 && server->identity.cluster == 0 && !is_joining && settings->replace != 0) {
        snprintf(server->error, sizeof server->error,
                 "--replace needs --join HOST:PEERPORT of a member: that is whom this node asks for the place");
        return GR_EINVAL;
    }
    if (status == 0 && server->identity.cluster == 0 && !is_joining) {
        status = identity_found(&server->identity, settings->partitions, (uint8_t)settings->n);
    }
    if (status == 0) {
        status = begin_identity(server);
    }
    if (status == 0 && server->identity.cluster != 0) {
        constants_adopt(server->settings, server->identity.replicas, server->identity.partitions);
    }
    return server->starts_anew ? status : explain_identity(server, status);
}

/* Beside what sessions hold: a value that was read is copied into its reply. */
static uint64_t reads_bytes_max(const struct settings *settings)
{
    uint64_t share = settings->memory / 4;
    return share > READS_BYTES_LEAST ? share : READS_BYTES_LEAST;
}

static int new_node(struct server *server, struct bytes state, uint64_t seed)
{
    const struct settings *settings = server->settings;
    const struct identity *identity = &server->identity;
    struct node_config config = {
        .node = identity->node,
        .actor = identity->actor,
        .cluster = identity->cluster,
        .clock = identity->clock,
        .seed = seed,
        .partitions = identity->partitions,
        .replicas = identity->replicas,
        .r = (uint8_t)settings->r,
        .w = (uint8_t)settings->w,
        .weight = (uint16_t)settings->weight,
        .zone = settings->zone == NULL ? "" : settings->zone,
        .requests_max = settings->requests,
        .writes_bytes_max = WRITES_BYTES_MAX,
        .reads_bytes_max = reads_bytes_max(settings),
        .request_timeout_ms = settings->request_timeout,
        .holds_data = engine_holds_data(server->engine),
        .replaces = settings->replace,
        .salvaged = server->is_salvaged,
        .hints_bytes_max = settings->hints_max,
        .hints_age_ms = settings->hints_age,
        .sync_period_ms = settings->sync_period,
        .reap_after_ms = settings->reap_after,
        .state = state,
    };
    config.leaves = engine_leaves(server->engine, &config.leaves_count);
    advertise_addresses(settings, &config.self);
    int status = node_new(&config, &server->node);
    engine_forget_leaves(server->engine);
    return status;
}

/* The node is there, so it is known whether anybody else holds copies. */
static void tell_salvaged(struct server *server)
{
    char files[LOST_FILES_BYTES] = "";
    (void)engine_was_salvaged(server->engine, files, sizeof files);
    const struct placement *placement = node_placement(server->node);
    bool has_copies = placement != NULL && placement_replicas(placement) > 1;
    log_error(LOG_MSG(has_copies
                          ? "the engine could not read some of its files and put them aside: this node fetches all "
                            "that it owns anew from the other owners; until then what it lacks does not count as absent"
                          : "the engine could not read some of its files and put them aside: there is no other copy to "
                            "fetch them from; what they held is lost unless a backup of the directory has it"),
              LOG_TEXT("files", files), LOG_TEXT("data", server->settings->data));
}

static int make_node(struct server *server)
{
    struct buffer state;
    uint64_t seed;
    buffer_init(&state, STATE_BYTES);
    int status = identity_random(&seed);
    if (status == 0) {
        status = identity_load_state(&server->identity, server->engine, &state);
    }
    if (status == 0) {
        status = new_node(server, buffer_bytes(&state), seed);
    }
    buffer_done(&state);
    if (status == GR_ECORRUPT) {
        snprintf(server->error, sizeof server->error,
                 "the membership kept in data directory %s is missing or damaged: " DIR_ADVICE, server->settings->data);
        return status;
    }
    if (status == 0 && server->is_salvaged) {
        tell_salvaged(server);
    }
    if (status == 0) {
        constants_compare(server->settings, server->node);
    }
    return explain(server, status, "cannot start the node");
}

static int make_sessions(struct server *server)
{
    host_init(&server->host, server->settings, server->engine, &server->driver, &server->reactor, server->config_file);
    struct session_host functions = host_functions(&server->host);
    server->sessions = sessions_new(&functions, server->settings->maxclients);
    if (server->sessions == NULL) {
        return GR_ENOMEM;
    }
    sessions_set_memory(server->sessions, server->settings->memory);
    return 0;
}

static int make_dialler(struct server *server)
{
    struct dialler_sink sink = server_dial_tidings(server);
    uint64_t seed;
    int status = identity_random(&seed);
    if (status != 0) {
        return status;
    }
    return dialler_init(&server->dialler, &server->links, server->node, server->settings->join, seed, &sink);
}

static int make_drain(struct server *server)
{
    struct drain_sink sink = server_ending(server);
    return drain_start(&server->drain, &server->reactor.loop, server->node, server->settings->request_timeout, &sink);
}

static void client_received(void *context)
{
    driver_run(&((struct server *)context)->driver);
}

static int wire_parts(struct server *server)
{
    struct driver_sink effects = server_effects(server);
    struct links_sink tidings = server_link_tidings(server);
    struct handshake_self self = {server->identity.cluster, server->identity.node};
    int status = make_sessions(server);
    if (status != 0) {
        return explain(server, status, "cannot make room for maxclients sessions");
    }
    driver_init(&server->driver, server->node, server->engine, &effects);
    links_init(&server->links, &server->reactor.loop, &self, &tidings);
    clients_init(&server->clients, &server->reactor.loop, server->sessions, client_received, server);
    status = make_dialler(server);
    server->has_parts = true;
    return explain(server, status != 0 ? status : make_drain(server), "cannot start");
}

static void tick_ended(void *context)
{
    struct server *server = context;
    server_engine_tick(server);
    server_serving_tick(server);
    drain_tick(&server->drain);
    trim_tick(&server->trim, sessions_memory(server->sessions), uv_now(&server->reactor.loop));
}

static int start_parts(struct server *server)
{
    struct event tick = {.kind = EVENT_TICK};
    int status = server_serve_peers(server);
    if (status != 0) {
        return status;
    }
    server->may_mark = true;
    reactor_start(&server->reactor, &server->driver, &server->links, &server->dialler, &server->clients, tick_ended,
                  server);
    driver_post(&server->driver, &tick);
    if (server->identity.cluster != 0) {
        server_await_peers(server);
    } else {
        log_info(LOG_MSG("joining"), LOG_TEXT("seeds", server->settings->join));
    }
    return 0;
}

static int server_open(struct server *server)
{
    static int (*const steps[])(struct server *) = {prepare_process, start_loop, server_bind, open_engine,
                                                    load_identity,   make_node,  wire_parts,  start_parts};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int status = steps[i](server);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

/* Is there another life to come? Not on a disk where damage is found again at once. */
static bool may_start_anew(struct server *server, uint64_t lived_ms, bool is_first)
{
    if (!server->starts_anew || server->exit_status != 0 || server->drain.is_signalled) {
        return false;
    }
    if (!is_first && lived_ms < ANEW_MIN_MS) {
        log_error(LOG_MSG("damage again, soon after the last: check the disk; the next start puts the file aside"));
        server->exit_status = EXIT_FAILURE;
        return false;
    }
    return true;
}

/* The disk was filled again while the engine was being opened anew. A node that was up before waits for room once more:
 * if it ended, freeing the disk would not bring it back. There is no handler now: a SIGTERM ends the process. */
static void await_room(const char *data)
{
    struct disk_calm calm = {.has_room = false};
    log_error(LOG_MSG("the disk became full again during the new start: this node serves nobody until there is room"),
              LOG_NUMBER("needs_mb", space_to_begin(data) >> 20), LOG_TEXT("data", data));
    while (!disk_calm_look(&calm, space_can_take(data, space_to_begin(data)), uv_hrtime() / 1000000)) {
        uv_sleep(ANEW_LOOK_MS);
    }
}

/* One life, from the first step to the last. Returns the exit status. */
static int live(struct settings *settings, const char *config_file, bool is_first, int *ready_fd, bool *ret_again)
{
    uint64_t began_ms = uv_hrtime() / 1000000;
    struct server *server = calloc(1, sizeof *server);
    *ret_again = false;
    if (server == NULL) {
        return EXIT_FAILURE;
    }
    *server = (struct server){.settings = settings, .config_file = config_file, .ready_fd = *ready_fd};
    server->anew_from_ms = is_first ? 0 : began_ms + ANEW_MIN_MS; /* on the clock of the loop */
    int status = server_open(server);
    bool lacks_room = status == GR_ENOSPC && !is_first;
    if (status == 0) {
        reactor_run(&server->reactor);
    } else {
        log_error(LOG_MSG(server->error));
        server->exit_status = server->starts_anew ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    server_close(server);
    *ret_again = lacks_room || may_start_anew(server, uv_hrtime() / 1000000 - began_ms, is_first);
    *ready_fd = server->ready_fd;
    int exit_status = server->exit_status;
    free(server);
    if (lacks_room) {
        await_room(settings->data);
    }
    return exit_status;
}

int server_run(struct settings *settings, const char *config_file, int ready_fd)
{
    bool again;
    int exit_status = live(settings, config_file, true, &ready_fd, &again);
    while (again) {
        exit_status = live(settings, config_file, false, &ready_fd, &again);
    }
    if (exit_status == 0) {
        log_info(LOG_MSG("stopped"));
    }
    return exit_status;
}
