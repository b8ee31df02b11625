/* The keys of a run, numbered in order of first use: disks and checkers are arrays by that number. */
#ifndef GR_SIM_KEYS_H
#define GR_SIM_KEYS_H

#include "base/bytes.h"
#include "sim/plan.h"

#define SIM_KEY_BYTES 40u

struct key {
    uint8_t len;
    uint16_t slot;
    char text[SIM_KEY_BYTES];
};

struct keys {
    unsigned count;
    struct key list[SIM_KEYS_MAX];
};

/* The number of a key, new if it is seen for the first time. Asserts the bounds. */
unsigned keys_number(struct keys *keys, struct bytes key);

static inline struct bytes keys_bytes(const struct keys *keys, unsigned number)
{
    return bytes_of(keys->list[number].text, keys->list[number].len);
}

#endif
