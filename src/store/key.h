/* How keys are stored:
 *
 *     object   slot, 2 bytes | key ...
 *     hint     owner, 8 bytes | slot, 2 bytes | key ...
 *     leaf     slot, 2 bytes | leaf, 1 byte
 *
 * Numbers are big-endian, so that byte order is their order: the keys of a slot lie side by side, in their own order,
 * and so do the hints of an owner. Scans, and moving a partition, lean on that. Part of the disk format.
 */
#ifndef GR_STORE_KEY_H
#define GR_STORE_KEY_H

#include "base/assert.h"
#include "base/bytes.h"

#define KEY_SLOT_BYTES 2u
#define KEY_OWNER_BYTES 8u
#define KEY_LEAF_BYTES 3u
#define KEY_SLOTS 16384u

/* Bytes in front of the key's own. */
static inline size_t key_head_len(bool is_hint)
{
    return is_hint ? KEY_OWNER_BYTES + KEY_SLOT_BYTES : KEY_SLOT_BYTES;
}

static inline size_t key_stored_len(bool is_hint, struct bytes key)
{
    GR_ASSERT_LE(key.len, UINT32_MAX / 2);
    return key_head_len(is_hint) + key.len;
}

/* Write the slot's prefix; slot may be KEY_SLOTS, the bound behind the last one. */
static inline void key_store_slot(uint8_t *ret_stored, uint32_t slot)
{
    GR_ASSERT_LE(slot, KEY_SLOTS);
    ret_stored[0] = (uint8_t)(slot >> 8);
    ret_stored[1] = (uint8_t)slot;
}

static inline void key_store_owner(uint8_t *ret_stored, uint64_t owner)
{
    for (unsigned i = 0; i < KEY_OWNER_BYTES; i++) {
        ret_stored[i] = (uint8_t)(owner >> (8 * (KEY_OWNER_BYTES - 1 - i)));
    }
}

static inline void key_store_leaf(uint8_t ret_stored[KEY_LEAF_BYTES], uint16_t slot, unsigned leaf)
{
    key_store_slot(ret_stored, slot);
    ret_stored[KEY_SLOT_BYTES] = (uint8_t)leaf;
}

/* Write the stored form, key_stored_len bytes of it; `owner` is that of a hint. */
static inline void key_store(uint8_t *ret_stored, bool is_hint, uint64_t owner, uint16_t slot, struct bytes key)
{
    size_t head = key_head_len(is_hint);
    GR_ASSERT_LT(slot, KEY_SLOTS);
    if (is_hint) {
        key_store_owner(ret_stored, owner);
    }
    key_store_slot(ret_stored + head - KEY_SLOT_BYTES, slot);
    if (key.len > 0) {
        memcpy(ret_stored + head, key.data, key.len);
    }
}

/* The slot of a stored object, or leaf, that has at least KEY_SLOT_BYTES. */
static inline uint16_t key_slot(struct bytes stored)
{
    GR_ASSERT_LE(KEY_SLOT_BYTES, stored.len);
    return (uint16_t)(stored.data[0] << 8 | stored.data[1]);
}

/* The owner of a stored hint that has at least KEY_OWNER_BYTES. */
static inline uint64_t key_owner(struct bytes stored)
{
    uint64_t owner = 0;
    GR_ASSERT_LE(KEY_OWNER_BYTES, stored.len);
    for (unsigned i = 0; i < KEY_OWNER_BYTES; i++) {
        owner = owner << 8 | stored.data[i];
    }
    return owner;
}

/* The key itself, borrowed from a stored key that has at least its head. */
static inline struct bytes key_own(bool is_hint, struct bytes stored)
{
    size_t head = key_head_len(is_hint);
    GR_ASSERT_LE(head, stored.len);
    return bytes_of(stored.data + head, stored.len - head);
}

#endif
