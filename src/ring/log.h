/* The membership log: who joined, left, changed or was replaced, as a grow-only set of entries.
 *
 * L1  Union is the merge; the set is kept sorted, so equal sets are equal bytes whatever the order of arrival.
 * L2  Two entries are the same when all their fields are. Two that differ only in weight or zone (a broken author) are
 *     both kept, so that union stays a merge.
 * L3  An entry once in the set never changes or leaves it.
 */
#ifndef GR_RING_LOG_H
#define GR_RING_LOG_H

#include "base/bytes.h"

#define RING_ZONE_MAX 32         /* bytes of a zone's name, without terminator */
#define RING_ZONE_REPLACE_MAX 24 /* of the zone in a REPLACE: the id of the replaced node needs the rest */
#define RING_LOG_MAX 65536u      /* entries; more is refused */
#define RING_ENTRY_BYTES 64u     /* of an encoded entry */

/* A REPLACE gives the place of `replaces`, which is lost for good, to `node`: its pieces, its weight and, if the entry
 * names none, its zone (life.h V2). */
enum ring_change { RING_JOIN = 1, RING_LEAVE = 2, RING_WEIGHT = 3, RING_ZONE = 4, RING_REPLACE = 5 };

struct ring_entry {
    uint64_t stamp; /* hybrid clock value of the change */
    uint64_t node;  /* id of the data directory; never 0 */
    uint32_t incarnation;
    uint8_t kind;                 /* enum ring_change */
    uint16_t weight;              /* 1..65535; of a JOIN or WEIGHT, else 0 */
    uint64_t replaces;            /* of a REPLACE: the node whose place it takes; else 0 */
    char zone[RING_ZONE_MAX + 1]; /* of a JOIN, ZONE or REPLACE, else empty; "" is a zone like any other, but in a
                                   * REPLACE it is the replaced node's */
};

struct ring_log {
    struct ring_entry *entries; /* sorted by (stamp, node, incarnation, kind, weight, replaces, zone) */
    uint32_t count;
    uint32_t capacity;
    uint64_t hash; /* of the whole set; equal for equal sets */
};

void ring_log_init(struct ring_log *log);
void ring_log_done(struct ring_log *log);

/* Add one entry. Returns 1 if it is new, 0 if it was there.
 * Errors: GR_EINVAL (ring_entry_invalid), GR_EBUSY (RING_LOG_MAX), GR_ENOMEM. */
int ring_log_add(struct ring_log *log, const struct ring_entry *entry);

/* The reason why an entry read from outside is not one, or NULL. */
const char *ring_entry_invalid(const struct ring_entry *entry);

/* Encode to and from exactly RING_ENTRY_BYTES. Errors of decode: GR_ECORRUPT. */
void ring_entry_encode(const struct ring_entry *entry, uint8_t ret[RING_ENTRY_BYTES]);
int ring_entry_decode(struct bytes raw, struct ring_entry *ret);

#endif
