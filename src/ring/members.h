/* Where members are: one record a node of what may change without moving data (addresses, flags), newest wins.
 *
 * M1  A node writes only its own record, with a version that grows; merge keeps the greater version.
 * M2  Records are kept sorted by node id.
 * M3  A node that was replaced has none: whoever has its REPLACE in the log drops the record and takes it no more, so
 *     equal logs still lead to equal sets.
 */
#ifndef GR_RING_MEMBERS_H
#define GR_RING_MEMBERS_H

#include "base/bytes.h"

#define MEMBER_ADDRESS_MAX 255                                /* bytes of "host:port" */
#define MEMBER_RECORD_MAX (64 + 3 * (MEMBER_ADDRESS_MAX + 2)) /* bytes of an encoded record */

#define MEMBER_HOLDS_DATA 1u /* flag: has stored a key at some time; stays set */

struct member {
    uint64_t node;
    uint64_t version; /* hybrid clock value */
    uint32_t flags;
    char client[MEMBER_ADDRESS_MAX + 1]; /* address for Redis clients, "host:port" */
    char peer[MEMBER_ADDRESS_MAX + 1];   /* address for other nodes */
    char http[MEMBER_ADDRESS_MAX + 1];
};

struct members {
    struct member *list;
    uint32_t count;
    uint32_t capacity;
    uint64_t hash; /* of the whole; equal for equal sets of records */
};

void members_init(struct members *members);
void members_done(struct members *members);

/* Take a record if it is newer than the one held. Returns 1 if anything changed, 0 if not.
 * Errors: GR_EINVAL, GR_EBUSY (RING_MEMBERS_MAX), GR_ENOMEM. */
int members_merge(struct members *members, const struct member *record);

/* Drop the record of a node that can be no member any more. Returns whether there was one. */
bool members_remove(struct members *members, uint64_t node);

/* The record of a node, or NULL; valid until the next merge or removal. */
const struct member *members_find(const struct members *members, uint64_t node);

/* The reason why a record read from outside is not one, or NULL. */
const char *member_invalid(const struct member *record);

/* Returns the bytes written, at most MEMBER_RECORD_MAX. */
size_t member_encode(const struct member *record, uint8_t ret[MEMBER_RECORD_MAX]);
/* Errors: GR_ECORRUPT. */
int member_decode(struct bytes raw, struct member *ret);

#endif
