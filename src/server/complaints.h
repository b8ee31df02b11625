/* What has been complained about already, so that a peer that keeps doing the same wrong is logged once, not each
 * second. Bounded: when full, the oldest complaint is forgotten (and may be logged once more). */
#ifndef GR_SERVER_COMPLAINTS_H
#define GR_SERVER_COMPLAINTS_H

#include <stdbool.h>
#include <stdint.h>

#define COMPLAINTS_MAX 128u          /* addresses remembered; 3 KiB in all */
#define COMPLAINTS_AGAIN_MS 3600000u /* the same is said again after an hour */
#define COMPLAINTS_FEW 4u            /* different ones in that hour; */
#define COMPLAINTS_PAUSE_MS 60000u   /* after these, one a minute */

struct complaint {
    uint64_t where; /* hash of the address */
    uint64_t what;  /* hash of the reason */
    uint64_t said_ms;
    uint64_t since_ms; /* of the first that `count` counts */
    unsigned count;
};

struct complaints {
    struct complaint list[COMPLAINTS_MAX];
    unsigned count;
    uint64_t total; /* new or not */
};

/* Note it; true if it is to be said: it is new for this address, or differs from the last one said of it, and there
 * were not too many of them. */
bool complaints_is_new(struct complaints *complaints, const char *where, const char *what, uint64_t now_ms);

#endif
