/* What this node knows of the ring: the membership log, the member records, and the placement worked out from them.
 *
 * R1  The placement always belongs to the log as it is: every change of the log rebuilds it in the same step.
 * R2  Every change is saved in the step that makes it (save.h I1).
 * R3  Whoever depends on the placement is told of each one that a changed log leads to, in the same step.
 */
#ifndef GR_NODE_MEMBERSHIP_H
#define GR_NODE_MEMBERSHIP_H

#include "node/env.h"
#include "ring/members.h"
#include "ring/placement.h"

struct node;

struct membership {
    struct ring_log log;
    struct members members;
    struct placement *placement; /* NULL while joining */
    uint64_t placed_hash;        /* of the log that the placement was made from */
    uint64_t told_hash;          /* likewise, of the one that the other parts know (R3) */
    uint64_t cluster;            /* 0 while joining */
    uint32_t partitions;
    uint8_t replicas;      /* N */
    struct buffer encoded; /* what membership_encode gave last */
};

void membership_init(struct membership *membership, uint64_t cluster, uint32_t partitions, uint8_t replicas);
void membership_done(struct membership *membership);

/* Read back what membership_encode gave. Errors: GR_ECORRUPT, GR_ENOMEM. */
int membership_restore(struct membership *membership, struct bytes state);

/* Both parts as bytes, each with a u32 length before it. Valid until the next call. Empty when out of memory. */
struct bytes membership_encode(struct membership *membership);

/* The two parts as they go into messages; from `arena`. Errors: GR_ENOMEM. */
int membership_parts(const struct membership *membership, struct arena *arena, struct bytes *ret_entries,
                     struct bytes *ret_records);

/* Merge parts received from a peer or read from disk. Returns 1 if anything changed, 0 if not; what comes before a
 * fault in the bytes is kept, as every entry stands for itself.
 * Errors: GR_ECORRUPT, GR_EBUSY, GR_ENOMEM. */
int membership_merge(struct membership *membership, struct bytes entries, struct bytes records);

/* Bring the placement up to date with the log, and drop the records of those who were replaced.
 * Errors: GR_ENOMEM, GR_EINVAL; the old placement stays then. */
int membership_rebuild(struct membership *membership);

/* Does any member say that it holds data? */
bool membership_holds_data(const struct membership *membership);

bool membership_has(const struct membership *membership, uint64_t node);

/* Is there no room for one more member (RING_MEMBERS_MAX)? */
bool membership_is_full(const struct membership *membership);

/* Is the node named in the log, as a member of any time or as one that was to be? */
bool membership_names(const struct membership *membership, uint64_t node);

/* Tell the parts of the node that depend on the placement (R3), if it is another than the last time. Not before they
 * have started: then membership_known, which takes it that they will look for themselves. */
void membership_known(struct node *node);
void membership_changed(struct node *node);

/* The node itself has changed the membership: save, spread, and membership_changed. */
void membership_announce(struct node *node);

#endif
