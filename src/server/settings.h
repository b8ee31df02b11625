/* Everything a user can set, once: flags, environment, file, CONFIG GET/SET, --help and docs/settings.md come from
 * this list.
 *
 * S(type, field, name, default, when, metavar, text)
 *   name     flag --name, environment GRAMME_NAME with '-' as '_', file key and CONFIG name "name"
 *   default  as text, read by the same parser as a user's value
 *   when     START: needs a restart; LIVE: CONFIG SET may change it
 *   metavar  what a value looks like; for NUMBER, POWER, SIZE and TIME it is also the range that is checked
 * Precedence: flag > environment > file > default.
 */
#ifndef GR_SERVER_SETTINGS_H
#define GR_SERVER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SETTINGS_OF_NODE(S)                                                                                            \
    S(TEXT, data, "data", "", START, "DIR", "data directory; created if missing")                                      \
    S(ADDRESS, listen, "listen", "127.0.0.1:6379", START, "HOST:PORT", "address for Redis clients")                    \
    S(ADDRESS, peer, "peer", "", START, "HOST:PORT", "address for other nodes (default: listen port + 10000)")         \
    S(ADDRESS, http, "http", "", START, "HOST:PORT", "address for HTTP (default: listen port + 2000)")                 \
    S(ZONE, zone, "zone", "", START, "NAME", "failure zone of this node, at most 32 bytes")                            \
    S(NUMBER, weight, "weight", "100", START, "1..65535", "share of the data this node takes, relative to the others") \
    S(LEVEL, loglevel, "loglevel", "info", LIVE, "debug|info|warn|error", "least level that is logged")

#define SETTINGS_OF_CLUSTER(S)                                                                                        \
    S(LIST, join, "join", "", START, "HOST:PEERPORT[,...]", "join the cluster of these nodes; later starts remember") \
    S(ID, replace, "replace", "", START, "NODE-ID",                                                                   \
      "with join: take the place of this node, which is lost for good; later starts remember")                        \
    S(NUMBER, n, "n", "3", START, "1..7", "copies of each key; fixed when the cluster is created")                    \
    S(NUMBER, r, "r", "2", LIVE, "1..7", "copies that answer a read (when not given: a majority of n)")               \
    S(NUMBER, w, "w", "2", LIVE, "1..7", "copies that confirm a write (when not given: a majority of n)")             \
    S(POWER, partitions, "partitions", "1024", START, "1..16384", "partitions; a power of two, fixed at creation")

#define SETTINGS_OF_STORE(S)                                                               \
    S(ENGINE, engine, "engine", "rocksdb", START, "rocksdb|memory", "what keeps the data") \
    S(DURABILITY, durability, "durability", "sync", START, "sync|buffered",                \
      "acknowledge when on disk, or when in memory")                                       \
    S(SIZE, cache, "cache", "67108864", START, "0..1024g", "block cache of the engine, in bytes; k, m, g suffixes")

#define SETTINGS_OF_LIMITS(S)                                                                                  \
    S(NUMBER, request_timeout, "request-timeout", "1000", START, "10..600000", "deadline of a request, in ms") \
    S(NUMBER, maxclients, "maxclients", "10000", START, "1..100000", "client connections")                     \
    S(SIZE, memory, "memory", "1073741824", START, "64m..16384g",                                              \
      "bytes that all client connections together may hold in memory; k, m, g suffixes")                       \
    S(NUMBER, requests, "requests", "16384", START, "64..1048576", "requests in flight; more are answered -BUSY")

/* Hints: three hours of an absent owner are covered at 100 KB a second of writes for it. */
#define SETTINGS_OF_HEALING(S)                                                                                    \
    S(SIZE, hints_max, "hints-max", "1073741824", START, "0..16384g",                                             \
      "bytes kept for nodes that are away, no write is refused for it; k, m, g suffixes")                         \
    S(TIME, hints_age, "hints-age", "3h", START, "1s..30d", "older ones go to the other owners, and are dropped") \
    S(TIME, sync_period, "sync-period", "10m", START, "100ms..7d",                                                \
      "every partition is compared with each of its other owners so often")                                       \
    S(TIME, reap_after, "reap-after", "60s", START, "10ms..7d",                                                   \
      "a deleted key is forgotten after all owners knew of it twice, so far apart")

/* The groups as --help and docs/settings.md show them: G(list, title). */
#define SETTINGS_GROUPS(G)                \
    G(SETTINGS_OF_NODE, "This node")      \
    G(SETTINGS_OF_CLUSTER, "The cluster") \
    G(SETTINGS_OF_STORE, "Storage")       \
    G(SETTINGS_OF_LIMITS, "Limits")       \
    G(SETTINGS_OF_HEALING, "Healing")

#define SETTINGS(S)        \
    SETTINGS_OF_NODE(S)    \
    SETTINGS_OF_CLUSTER(S) \
    SETTINGS_OF_STORE(S)   \
    SETTINGS_OF_LIMITS(S)  \
    SETTINGS_OF_HEALING(S)

enum settings_engine { SETTINGS_ROCKSDB, SETTINGS_MEMORY };
enum settings_durability { SETTINGS_SYNC, SETTINGS_BUFFERED };
enum settings_level { SETTINGS_DEBUG, SETTINGS_INFO, SETTINGS_WARN, SETTINGS_ERROR };

struct settings_address {
    char host[254]; /* without brackets */
    uint16_t port;  /* 0: not set */
};

#define SETTINGS_ZONE_MAX 32 /* bytes of a zone's name */

#define SETTINGS_C_TEXT char *
#define SETTINGS_C_LIST char * /* comma-separated "host:port", checked */
#define SETTINGS_C_ZONE char *
#define SETTINGS_C_ADDRESS struct settings_address
#define SETTINGS_C_ID uint64_t /* of a node, 16 hex digits; 0: none */
#define SETTINGS_C_NUMBER uint32_t
#define SETTINGS_C_POWER uint32_t
#define SETTINGS_C_SIZE uint64_t
#define SETTINGS_C_TIME uint32_t /* ms; a value without a unit is in ms too */
#define SETTINGS_C_ENGINE enum settings_engine
#define SETTINGS_C_DURABILITY enum settings_durability
#define SETTINGS_C_LEVEL enum settings_level

/* The place of each setting in the list: SETTING_data, ... */
enum setting {
#define SETTINGS_ENUM(type, field, name, fallback, when, metavar, text) SETTING_##field,
    SETTINGS(SETTINGS_ENUM)
#undef SETTINGS_ENUM
        SETTINGS_COUNT
};

struct settings {
#define SETTINGS_FIELD(type, field, name, fallback, when, metavar, text) SETTINGS_C_##type field;
    SETTINGS(SETTINGS_FIELD)
#undef SETTINGS_FIELD
    bool given[SETTINGS_COUNT]; /* set by somebody, not by default */
};

/* Fill in the defaults. Errors: GR_ENOMEM. */
int settings_init(struct settings *settings);
void settings_done(struct settings *settings);

/* Set one by name from text. `ret_reason` (static text, says what is allowed) on failure; the setting is untouched. An
 * empty value is one that somebody forgot (--join=$SEEDS): it is refused, and never means the default.
 * Errors: GR_ENOENT (no such setting), GR_EINVAL, GR_ENOMEM. */
int settings_set(struct settings *settings, const char *name, const char *value, const char **ret_reason);

/* After all sources: derive what was left open (r and w, peer and http addresses) and check what hangs together
 * (r, w <= n, data given unless engine memory, no address twice). On failure `error_text` says what to do.
 * Errors: GR_EINVAL. */
int settings_finish(struct settings *settings, char *error_text, size_t error_size);

/* Name of the index-th setting in order of name, NULL past the end; its value as text. */
const char *settings_at(const struct settings *settings, unsigned index, char *ret_value, size_t value_size);

bool settings_is_live(const char *name);

/* The known name nearest to a misspelt one, or NULL when none is near. */
const char *settings_suggest(const char *name);

#endif
