/* How a key is stored: the slot, two bytes big-endian, then the key's own bytes.
 *
 *     slot hi | slot lo | key ...
 *
 * Big-endian so that byte order is slot order: the keys of a slot lie side by side, in their own order, which is what
 * scans, and moving a partition, lean on. Part of the disk format.
 */
#ifndef GR_STORE_KEY_H
#define GR_STORE_KEY_H

#include "base/assert.h"
#include "base/bytes.h"

#define KEY_SLOT_BYTES 2u
#define KEY_SLOTS 16384u

static inline size_t key_stored_len(struct bytes key)
{
    GR_ASSERT_LE(key.len, UINT32_MAX - KEY_SLOT_BYTES);
    return KEY_SLOT_BYTES + key.len;
}

/* Write the slot's prefix; slot may be KEY_SLOTS, the bound behind the last one. */
static inline void key_store_slot(uint8_t *ret_stored, uint32_t slot)
{
    GR_ASSERT_LE(slot, KEY_SLOTS);
    ret_stored[0] = (uint8_t)(slot >> 8);
    ret_stored[1] = (uint8_t)slot;
}

/* Write the stored form, key_stored_len bytes of it. */
static inline void key_store(uint8_t *ret_stored, uint16_t slot, struct bytes key)
{
    GR_ASSERT_LT(slot, KEY_SLOTS);
    key_store_slot(ret_stored, slot);
    if (key.len > 0) {
        memcpy(ret_stored + KEY_SLOT_BYTES, key.data, key.len);
    }
}

/* The slot of a stored key that has at least KEY_SLOT_BYTES. */
static inline uint16_t key_slot(struct bytes stored)
{
    GR_ASSERT_LE(KEY_SLOT_BYTES, stored.len);
    return (uint16_t)(stored.data[0] << 8 | stored.data[1]);
}

/* The key itself, borrowed from a stored key. */
static inline struct bytes key_own(struct bytes stored)
{
    GR_ASSERT_LE(KEY_SLOT_BYTES, stored.len);
    return bytes_of(stored.data + KEY_SLOT_BYTES, stored.len - KEY_SLOT_BYTES);
}

#endif
