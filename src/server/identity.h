/* Who this data directory is: one small record beside the objects, written whole and durably each time.
 *
 * I1  The node id never changes, and belongs to the directory, not to an address.
 * I2  An actor never outlives a stop that may have lost writes: it is renewed at creation and after any start that
 *     does not find the mark of a clean shutdown. So no dot is ever minted twice.
 * I3  The mark is erased, durably, before the node can mint anything; it is written when nothing is under way any more.
 * I4  A cluster is recorded only after the membership that goes with it: a directory with a cluster id and no
 *     membership takes itself for the founder. One that holds objects as well has lost its membership, and is refused.
 */
#ifndef GR_SERVER_IDENTITY_H
#define GR_SERVER_IDENTITY_H

#include "base/bytes.h"
#include "store/engine.h"

struct identity {
    uint64_t node;
    uint64_t actor;
    uint64_t cluster;    /* 0: none yet */
    uint64_t clock;      /* high-water mark as of the last clean stop */
    uint32_t partitions; /* with a cluster */
    uint8_t replicas;    /* with a cluster */
    bool is_clean;       /* the mark */
};

/* Read the record. Errors: GR_ENOENT (a new directory), GR_ECORRUPT (damaged, or data without a record), GR_EVERSION
 * (written by a later gramme), GR_EIO. */
int identity_load(struct engine *engine, struct identity *ret);

/* A new directory's identity: ids from the system's randomness, no cluster, no mark. Errors: GR_EIO. */
int identity_create(struct identity *ret);

/* Become the founder of a cluster of one. Not stored yet. Errors: GR_EIO. */
int identity_found(struct identity *identity, uint32_t partitions, uint8_t replicas);

/* Before anything is minted: renew the actor unless the mark is there, raise the clock to the engine's, erase the
 * mark and store. Errors: GR_EIO, GR_ENOSPC. */
int identity_begin(struct identity *identity, struct engine *engine);

/* The node has joined. `state` is kept first (I4). Errors: GR_EIO, GR_ENOSPC, GR_ETOOBIG. */
int identity_join(struct identity *identity, struct engine *engine, uint64_t cluster, uint32_t partitions,
                  uint8_t replicas, struct bytes state);

/* Write the mark: nothing is under way, and `clock` is at least every value minted. Errors: GR_EIO, GR_ENOSPC. */
int identity_end(struct identity *identity, struct engine *engine, uint64_t clock);

/* The membership as the core wants it kept: at once, or with a token as by engine_meta_put_later. Load of a directory
 * without a cluster, or of a founder that has not kept one yet, gives an empty buffer. Errors: as engine_meta_put and
 * engine_meta_get; load also GR_ECORRUPT (I4). */
int identity_save_state(struct engine *engine, uint64_t token, struct bytes state);
int identity_load_state(const struct identity *identity, struct engine *engine, struct buffer *ret);

/* 64 bits from the system, never 0. Errors: GR_EIO. */
int identity_random(uint64_t *ret);

#endif
