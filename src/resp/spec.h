/* What is known about each command before it runs: generated from commands/<name>.json by tools/gen-commands.py.
 *
 * Tables are sorted by name, lower case; subcommands stand under their container with their full name, "client|id".
 */
#ifndef GR_RESP_SPEC_H
#define GR_RESP_SPEC_H

#include "base/bytes.h"

struct call;

/* bit, name in COMMAND; in the order in which Redis lists them */
#define COMMAND_FLAGS(X)            \
    X(WRITE, 0, "write")            \
    X(READONLY, 1, "readonly")      \
    X(DENYOOM, 2, "denyoom")        \
    X(ADMIN, 3, "admin")            \
    X(NOSCRIPT, 4, "noscript")      \
    X(BLOCKING, 5, "blocking")      \
    X(LOADING, 6, "loading")        \
    X(STALE, 7, "stale")            \
    X(FAST, 8, "fast")              \
    X(NO_AUTH, 9, "no_auth")        \
    X(NO_MULTI, 10, "no_multi")     \
    X(ALLOW_BUSY, 11, "allow_busy") \
    X(ASKING, 12, "asking")

#define COMMAND_CATEGORIES(X)    \
    X(KEYSPACE, 0, "keyspace")   \
    X(READ, 1, "read")           \
    X(WRITE, 2, "write")         \
    X(STRING, 3, "string")       \
    X(ADMIN, 4, "admin")         \
    X(FAST, 5, "fast")           \
    X(SLOW, 6, "slow")           \
    X(BLOCKING, 7, "blocking")   \
    X(DANGEROUS, 8, "dangerous") \
    X(CONNECTION, 9, "connection")

/* How a command stands in a pipeline, beyond what its keys say. */
#define COMMAND_ORDERS(X)                                      \
    X(AFTER_ALL, 0, "after_all") /* waits for all before it */ \
    X(BARRIER, 1, "barrier")     /* all behind it wait for it */

/* Types a reply may have, as RESP3 calls them; for tests and the reference page. */
#define COMMAND_REPLIES(X)   \
    X(STATUS, 0, "status")   \
    X(BULK, 1, "bulk")       \
    X(NULL, 2, "null")       \
    X(INTEGER, 3, "integer") \
    X(ARRAY, 4, "array")     \
    X(MAP, 5, "map")         \
    X(VERBATIM, 6, "verbatim")

enum command_bits {
#define COMMAND_BIT(name, bit, text) COMMAND_##name = 1u << (bit),
    COMMAND_FLAGS(COMMAND_BIT)
#undef COMMAND_BIT
#define COMMAND_BIT(name, bit, text) COMMAND_IN_##name = 1u << (bit),
        COMMAND_CATEGORIES(COMMAND_BIT)
#undef COMMAND_BIT
#define COMMAND_BIT(name, bit, text) COMMAND_ORDER_##name = 1u << (bit),
            COMMAND_ORDERS(COMMAND_BIT)
#undef COMMAND_BIT
#define COMMAND_BIT(name, bit, text) COMMAND_REPLY_##name = 1u << (bit),
                COMMAND_REPLIES(COMMAND_BIT)
#undef COMMAND_BIT
};

/* Where a command's keys stand: arguments first, first + step, ... up to last (negative: from the end). */
struct command_keys {
    int16_t first; /* index of the first; 0: the command has no keys */
    int16_t last;  /* as COMMAND tells it: from the front, or negative from the end */
    uint16_t step;
    int16_t last_from_first;  /* as a key specification tells it */
    const char *const *flags; /* "RO", "access", ...; ends with NULL */
    const char *notes;        /* NULL: none */
};

struct command_argument {
    const char *name, *type;
    const char *token, *since; /* NULL: none */
    int16_t key_spec;          /* -1: none */
    const char *const *flags;  /* ends with NULL; NULL: none */
    const struct command_argument *arguments;
    uint16_t arguments_count;
};

struct command_spec {
    const char *name;               /* "get", "client|id" */
    void (*run)(struct call *call); /* NULL for a container */
    int16_t arity;                  /* arguments with the name; negative: at least */
    uint16_t flags, categories, orders, replies;
    struct command_keys keys;
    const char *summary, *since, *group, *complexity;
    const char *deprecated_since, *replaced_by; /* NULL: not deprecated */
    const char *const *tips;                    /* ends with NULL; NULL: none */
    const struct command_argument *arguments;
    uint16_t arguments_count;
    uint16_t subcommands_count;
    const struct command_spec *subcommands;
};

extern const struct command_spec command_table[];
extern const uint16_t command_table_count;

/* By name in any case, or NULL. */
const struct command_spec *command_find(struct bytes name);
const struct command_spec *command_find_in(const struct command_spec *container, struct bytes subcommand);

/* By full name, "get" or "client|id". */
const struct command_spec *command_find_full(struct bytes name);

/* Do `argc` arguments, the name included, suit the command? */
bool command_arity_fits(const struct command_spec *spec, uint32_t argc);

/* The first and last key among `argc` arguments; false if there are none. */
bool command_key_range(const struct command_spec *spec, uint32_t argc, uint32_t *ret_first, uint32_t *ret_last);

#endif
