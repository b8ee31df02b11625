/* What a write does to a value: pure, so that the coordinator's machine only asks. */
#ifndef GR_NODE_MUTATE_H
#define GR_NODE_MUTATE_H

#include "base/arena.h"
#include "node/request.h"

/* The part of a request that says what becomes of the value. */
struct mutation {
    enum op op;
    uint8_t flags;
    uint64_t offset;
    struct bytes value;
};

struct mutated {
    bool changes;       /* false: nothing is to be written, and the request succeeds as it is */
    bool deletes;       /* the new state is "no value" */
    bool applied;       /* conditions of the request held */
    bool found;         /* there was a value before */
    struct bytes value; /* the new value; borrows the mutation or is from the arena */
    uint64_t number;    /* length of the new value */
};

/* Does the outcome depend on the value before, so that a quorum has to be read first? */
bool mutation_reads(const struct mutation *mutation);

/* A read, or a write that depends on nothing: any owner may coordinate it. */
bool mutation_is_plain(const struct mutation *mutation);

/* Work out the new value; `old` is NULL when there is none.
 * Errors: GR_ETOOBIG (the result is over WIRE_VALUE_MAX), GR_EINVAL (not a write), GR_ENOMEM. */
int mutation_apply(const struct mutation *mutation, const struct bytes *old, struct arena *arena, struct mutated *ret);

#endif
