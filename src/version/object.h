/* What a key holds: a causal context and the entries that survive under it.
 *
 * O1  Every entry's dot is covered by the context.
 * O2  Entries are sorted by (element, dot), and no two have the same element and dot.
 * O3  Under CONFLICT_LWW an object has one dot, the newest write's, and at most one entry, which has that dot.
 * O4  A write, a delete too, adds its own dot to the context: who covers the dot has seen the write.
 *
 * O5  Where a context is full (X2), actors that hold no entry go first, of these first those whose entries were not
 *     superseded just now. Only when more than CONTEXT_MAX actors hold entries do the oldest of these go, their entries
 *     with them (O1).
 *
 * An object without entries is a tombstone; an object with an empty context is absent. A struct object is a view: its
 * entries borrow the bytes it was decoded from and the arena that holds the array.
 *
 * Merge (Preguica, Baquero, Almeida et al.): an entry survives if both sides have it, or if one has it and the
 * other's context does not cover its dot. Under CONFLICT_LWW on both sides the object with the greater newest dot
 * survives alone. Where the policies differ the merge is causal and its result has CONFLICT_SIBLINGS. An absent object
 * changes nothing, whatever its policy. Merge is commutative, associative and idempotent over objects of one policy,
 * up to O5. It keeps equal concurrent values apart: of two equal values one may be superseded elsewhere by a write that
 * has not seen the other. Readers count them as one (object_values).
 *
 * Encoded (little-endian), as on disk and between peers:
 *   u64 checksum    XXH3 of all that follows, seeded with the XXH3 of the key
 *   u8  format      OBJECT_FORMAT
 *   u8  type        enum object_type
 *   u8  policy      enum conflict_policy
 *   u8  reserved    0
 *   u16 dots        then that many (u64 actor, u64 hlc), sorted by actor
 *   u32 entries     then that many (u32 element length, u32 payload length, u64 actor, u64 hlc, element, payload)
 */
#ifndef GR_VERSION_OBJECT_H
#define GR_VERSION_OBJECT_H

#include "base/arena.h"
#include "base/bytes.h"
#include "version/context.h"

#define OBJECT_FORMAT 1
#define OBJECT_ENTRIES_MAX (1u << 20)

enum object_type { OBJECT_REGISTER = 0 };

enum conflict_policy { CONFLICT_LWW = 0, CONFLICT_SIBLINGS = 1 };

struct entry {
    struct bytes element; /* empty in a register */
    struct bytes payload;
    struct dot dot;
};

struct object {
    enum object_type type;
    enum conflict_policy policy;
    struct context context;
    uint32_t count;
    struct entry *entries;
};

/* An absent object: no context, no entries. */
void object_init(struct object *object, enum conflict_policy policy);

static inline bool object_is_absent(const struct object *object)
{
    return object->context.count == 0;
}

static inline bool object_is_tombstone(const struct object *object)
{
    return object->context.count > 0 && object->count == 0;
}

/* Has the write named by `dot` been seen: is it held, or superseded by something held? Under CONFLICT_LWW a greater
 * newest dot supersedes. */
bool object_includes(const struct object *object, struct dot dot);

/* Apply one write to a register.
 *
 * `value` is the new payload, NULL for a delete. `seen` is the client's context: entries it covers are superseded; NULL
 * supersedes all of `old`. The result includes `seen`, so it supersedes what the client read elsewhere too. `dot` must
 * be greater than every dot of `old` and of `seen` (assert). Under CONFLICT_LWW everything is superseded. An entry of
 * `old` with the same value becomes one with the new. The result borrows `old`'s bytes and `value`; its array is from
 * `arena`. `ret` is not `old`. `ret_dropped` counts actors that context bounds forced out; may be NULL.
 * Errors: GR_ENOMEM. */
int object_write(const struct object *old, enum conflict_policy policy, struct dot dot, const struct bytes *value,
                 const struct context *seen, struct arena *arena, struct object *ret, unsigned *ret_dropped);

/* The least object that includes both. The result borrows the bytes of both; its array is from `arena`. `ret` is
 * neither of them. Errors: GR_ENOMEM. */
int object_merge(const struct object *a, const struct object *b, struct arena *arena, struct object *ret);

/* Same context, entries and policy? */
bool object_equal(const struct object *a, const struct object *b);

/* How many different values a register holds: 0 none, 1 a plain value, more is a conflict. Quadratic in the entries,
 * of which clients' writes make a hundred at most. */
uint32_t object_values(const struct object *object);

size_t object_encoded_size(const struct object *object);

/* Write object_encoded_size bytes to `ret`, the checksum bound to `key`. */
void object_encode(const struct object *object, struct bytes key, uint8_t *ret);

/* Read an encoded object. Entries borrow `raw`; their array is from `arena`. Every rule above is checked.
 * Errors: GR_ECORRUPT (checksum, or a rule), GR_EVERSION (a later format), GR_ENOMEM. */
int object_decode(struct bytes raw, struct bytes key, struct arena *arena, struct object *ret);

/* The checksum an encoded object carries: equal exactly for equal objects of one key, but for 1 in 2^64. 0 when `raw`
 * is too short to have one. Does not verify it. */
uint64_t object_digest(struct bytes raw);

#endif
