/* Peer messages as values, and as frames of bytes.
 *
 * Frame, little-endian:
 *   u32 length     of what follows the header
 *   u8  type       WIRE_<NAME>
 *   u8  reserved   0
 *   u16 reserved   0
 *   u64 checksum   XXH3 of the body, seeded with the header's first 8 bytes as a number
 *   body           the fields in the order of wire/messages.h: numbers as such, bytes with a u32 length before them
 *
 * Decoding trusts nothing: lengths are bounded per message before memory is asked for, reserved bits must be zero,
 * numbers must lie within their bounds, nothing may follow the last field. A frame that breaks a rule costs the sender
 * its connection.
 */
#ifndef GR_WIRE_MESSAGE_H
#define GR_WIRE_MESSAGE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "wire/messages.h"

#define WIRE_HEADER_BYTES 16u
#define WIRE_MAGIC 0x31656d6d6172672eu /* ".gramme1" read little-endian */

enum wire_type {
#define WIRE_ENUM(name, number, text) WIRE_##name = (number),
    WIRE_MESSAGES(WIRE_ENUM)
#undef WIRE_ENUM
};

#define WIRE_C_U8 uint8_t
#define WIRE_C_U16 uint16_t
#define WIRE_C_U32 uint32_t
#define WIRE_C_U64 uint64_t
#define WIRE_C_BYTES struct bytes
#define WIRE_STRUCT_FIELD(type, field, bound, text) WIRE_C_##type field;
#define WIRE_STRUCT(name, number, text)       \
    struct wire_##name {                      \
        WIRE_FIELDS_##name(WIRE_STRUCT_FIELD) \
    };
WIRE_MESSAGES(WIRE_STRUCT)
#undef WIRE_STRUCT
#undef WIRE_STRUCT_FIELD

/* One message; bytes fields are views that borrow whatever the maker or decoder was given. */
struct wire_message {
    enum wire_type type;
    union {
#define WIRE_MEMBER(name, number, text) struct wire_##name name;
        WIRE_MESSAGES(WIRE_MEMBER)
#undef WIRE_MEMBER
    };
};

/* The message's name, "unknown" for a number that has none. Static. */
const char *wire_name(unsigned type);

/* The most bytes a frame of this type may have behind its header; 0 for an unknown type. */
size_t wire_body_max(unsigned type);

/* Bytes of the whole frame. */
size_t wire_frame_size(const struct wire_message *message);

/* Append the frame. The message must satisfy wire_invalid() == NULL (assert).
 * Errors: GR_ETOOBIG (the buffer's bound), GR_ENOMEM; the buffer is untouched then. */
int wire_encode(const struct wire_message *message, struct buffer *out);

/* Take one frame from the front of `input`. Returns the bytes it used, 0 when the frame is not complete yet (then
 * `ret_need`, if not NULL, is the size it will have), or negative with the reason in `ret_reason` (static text).
 * Views in `ret` borrow `input`.
 * Errors: GR_EPROTO. */
long wire_decode(struct bytes input, struct wire_message *ret, size_t *ret_need, const char **ret_reason);

/* The reason why a message breaks its bounds, or NULL. Static text. */
const char *wire_invalid(const struct wire_message *message);

#endif
