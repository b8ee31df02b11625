#include "sim/keys.h"

#include "base/assert.h"
#include "ring/slot.h"

/* A scan, since there are at most SIM_KEYS_MAX and mostly fewer than ten. */
unsigned keys_number(struct keys *keys, struct bytes key)
{
    for (unsigned i = 0; i < keys->count; i++) {
        if (bytes_equal(keys_bytes(keys, i), key)) {
            return i;
        }
    }
    GR_ASSERT_LT(keys->count, SIM_KEYS_MAX);
    GR_ASSERT_LE(key.len, SIM_KEY_BYTES);
    struct key *added = &keys->list[keys->count];
    added->len = (uint8_t)key.len;
    added->slot = ring_slot(key);
    memcpy(added->text, key.data, key.len);
    return keys->count++;
}
