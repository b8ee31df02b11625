/* Gives memory back to the system after a peak: what the C library has free it keeps, and a node that once had a
 * gigabyte of replies waiting would be a gigabyte larger for good. */
#ifndef GR_SERVER_TRIM_H
#define GR_SERVER_TRIM_H

#include <stddef.h>
#include <stdint.h>

#define TRIM_MIN_BYTES ((size_t)64 << 20) /* less is not worth a walk through the heap */
#define TRIM_EVERY_MS 2000u               /* the walk takes some 10 ms a gigabyte */

struct trim {
    size_t peak_bytes; /* since the last time */
    uint64_t next_ms;
};

/* `held_bytes` are in use now, of what comes and goes. */
void trim_tick(struct trim *trim, size_t held_bytes, uint64_t now_ms);

#endif
