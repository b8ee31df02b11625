#include "server/trim.h"

#include <malloc.h>

void trim_tick(struct trim *trim, size_t held_bytes, uint64_t now_ms)
{
    if (held_bytes > trim->peak_bytes) {
        trim->peak_bytes = held_bytes;
    }
    if (trim->peak_bytes - held_bytes >= TRIM_MIN_BYTES && now_ms >= trim->next_ms) {
        trim->peak_bytes = held_bytes;
        trim->next_ms = now_ms + TRIM_EVERY_MS;
        malloc_trim(0);
    }
}
