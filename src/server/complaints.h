/* What has been said about an address, so that whoever keeps doing the same wrong, or keeps coming and going, does not
 * fill the log: a few lines at once if they differ, then one a minute, later one an hour; each says how many were kept
 * back. Bounded: when full, the address that was silent for the longest is forgotten.
 */
#ifndef GR_SERVER_COMPLAINTS_H
#define GR_SERVER_COMPLAINTS_H

#include <stdbool.h>
#include <stdint.h>

#define COMPLAINTS_MAX 128u         /* addresses remembered; 7 KiB in all */
#define COMPLAINTS_FEW 8u           /* different ones that are said without a pause; */
#define COMPLAINTS_PAUSE_MS 60000u  /* after these, or for the same again: a pause, each twice as long as the last */
#define COMPLAINTS_CALM_MS 3600000u /* the longest pause; and after so long without a line, all begins anew */

struct complaint {
    uint64_t where;    /* hash of the address */
    uint64_t what;     /* hash of what was said last */
    uint64_t noted_ms; /* the last one, said or not */
    uint64_t said_ms;
    uint64_t pause_ms; /* since then, before more is said */
    uint64_t suppressed;
    unsigned count; /* said without a pause */
};

struct complaints {
    struct complaint list[COMPLAINTS_MAX];
    unsigned count;
    uint64_t total; /* said or not */
};

/* Note it; true if it is to be said now: `ret_suppressed` tells how many of the address were not since its last. */
bool complaints_is_new(struct complaints *complaints, const char *where, const char *what, uint64_t now_ms,
                       uint64_t *ret_suppressed);

#endif
