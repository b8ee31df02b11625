/* The membership log: who joined, left or changed, as a grow-only set of entries (placement.md 1.3).
 *
 * L1  Union is the merge; the set is kept sorted, so equal sets are equal bytes whatever the order of arrival.
 * L2  Two entries are the same when all their fields are. Two that differ only in weight or zone (a broken author) are
 *     both kept, so that union stays a merge.
 * L3  An entry once in the set never changes or leaves it.
 */
#ifndef GR_RING_LOG_H
#define GR_RING_LOG_H

#include "base/bytes.h"

#define RING_ZONE_MAX 32     /* bytes of a zone's name, without terminator */
#define RING_LOG_MAX 65536u  /* entries; more is refused */
#define RING_ENTRY_BYTES 64u /* of an encoded entry */

enum ring_change { RING_JOIN = 1, RING_LEAVE = 2, RING_WEIGHT = 3, RING_ZONE = 4 };

struct ring_entry {
    uint64_t stamp; /* hybrid clock value of the change */
    uint64_t node;  /* id of the data directory; never 0 */
    uint32_t incarnation;
    uint8_t kind;                 /* enum ring_change */
    uint16_t weight;              /* 1..65535; of a JOIN or WEIGHT, else 0 */
    char zone[RING_ZONE_MAX + 1]; /* of a JOIN or ZONE, else empty; "" is a zone like any other */
};

struct ring_log {
    struct ring_entry *entries; /* sorted by (stamp, node, incarnation, kind, weight, zone) */
    uint32_t count;
    uint32_t capacity;
    uint64_t hash; /* of the whole set; equal for equal sets */
};

void ring_log_init(struct ring_log *log);
void ring_log_done(struct ring_log *log);

/* Add one entry. Returns 1 if it is new, 0 if it was there.
 * Errors: GR_EINVAL (ring_entry_invalid), GR_EBUSY (RING_LOG_MAX), GR_ENOMEM. */
int ring_log_add(struct ring_log *log, const struct ring_entry *entry);

/* Is the node a member: its last entry other than WEIGHT and ZONE, those that are stale set aside, is a JOIN? An entry
 * is stale when an earlier JOIN or LEAVE of the node has a higher incarnation (life.h): a LEAVE must name the
 * incarnation that it ends, and a WEIGHT or ZONE the one that it means. */
bool ring_log_is_member(const struct ring_log *log, uint64_t node);

/* The reason why an entry read from outside is not one, or NULL. */
const char *ring_entry_invalid(const struct ring_entry *entry);

/* Encode to and from exactly RING_ENTRY_BYTES. Errors of decode: GR_ECORRUPT. */
void ring_entry_encode(const struct ring_entry *entry, uint8_t ret[RING_ENTRY_BYTES]);
int ring_entry_decode(struct bytes raw, struct ring_entry *ret);

#endif
