/* The codec of bodies: for each message in wire/messages.h the same five functions, made from its list of fields. */
#include "wire/body.h"

/* body_max_<name>: the longest body, every field at its bound. */
#define MAX_U8(bound) 1u
#define MAX_U16(bound) 2u
#define MAX_U32(bound) 4u
#define MAX_U64(bound) 8u
#define MAX_BYTES(bound) (4u + (size_t)(bound))
#define MAX_FIELD(type, field, bound, text) +MAX_##type(bound)
#define MAX_OF(name, number, text)                                         \
    static const size_t body_max_##name = 0 WIRE_FIELDS_##name(MAX_FIELD); \
    _Static_assert(0 WIRE_FIELDS_##name(MAX_FIELD) <= UINT32_MAX, "a body's length is a u32");
WIRE_MESSAGES(MAX_OF)

/* body_size_<name>: bytes of this body. */
#define SIZE_U8(value) 1u
#define SIZE_U16(value) 2u
#define SIZE_U32(value) 4u
#define SIZE_U64(value) 8u
#define SIZE_BYTES(value) (4u + (value).len)
#define SIZE_FIELD(type, field, bound, text) +SIZE_##type(m->field)
#define SIZE_OF(name, number, text)                             \
    static size_t body_size_##name(const struct wire_##name *m) \
    {                                                           \
        (void)m;                                                \
        return 0 WIRE_FIELDS_##name(SIZE_FIELD);                \
    }
WIRE_MESSAGES(SIZE_OF)

/* invalid_<name>: the first field beyond its bound. Functions, so that a bound may be all of its type. */
static bool is_above(uint64_t value, uint64_t bound)
{
    return value > bound;
}

#define AMOUNT_U8(value) (value)
#define AMOUNT_U16(value) (value)
#define AMOUNT_U32(value) (value)
#define AMOUNT_U64(value) (value)
#define AMOUNT_BYTES(value) ((value).len)
#define INVALID_FIELD(type, field, bound, text)       \
    if (is_above(AMOUNT_##type(m->field), (bound))) { \
        return #field " is beyond its bound";         \
    }
#define INVALID_OF(name, number, text)                             \
    static const char *invalid_##name(const struct wire_##name *m) \
    {                                                              \
        WIRE_FIELDS_##name(INVALID_FIELD) return NULL;             \
    }
WIRE_MESSAGES(INVALID_OF)

/* write_<name> and read_<name>. */
#define WRITE_U8(w, value) writer_u8(w, value)
#define WRITE_U16(w, value) writer_u16(w, value)
#define WRITE_U32(w, value) writer_u32(w, value)
#define WRITE_U64(w, value) writer_u64(w, value)
#define WRITE_BYTES(w, value)             \
    writer_u32(w, (uint32_t)(value).len); \
    writer_bytes(w, value)
#define WRITE_FIELD(type, field, bound, text) WRITE_##type(w, m->field);
#define WRITE_OF(name, number, text)                                        \
    static void write_##name(const struct wire_##name *m, struct writer *w) \
    {                                                                       \
        WIRE_FIELDS_##name(WRITE_FIELD)                                     \
    }
WIRE_MESSAGES(WRITE_OF)

#define READ_U8(r) reader_u8(r)
#define READ_U16(r) reader_u16(r)
#define READ_U32(r) reader_u32(r)
#define READ_U64(r) reader_u64(r)
#define READ_BYTES(r) reader_take(r, reader_u32(r))
#define READ_FIELD(type, field, bound, text) m->field = READ_##type(r);
#define READ_OF(name, number, text)                                  \
    static void read_##name(struct wire_##name *m, struct reader *r) \
    {                                                                \
        WIRE_FIELDS_##name(READ_FIELD)                               \
    }
WIRE_MESSAGES(READ_OF)

const char *wire_name(unsigned type)
{
    switch (type) {
#define NAME_CASE(name, number, text) \
    case WIRE_##name:                 \
        return #name;
        WIRE_MESSAGES(NAME_CASE)
    default:
        return "unknown";
    }
}

size_t wire_body_max(unsigned type)
{
    switch (type) {
#define MAX_CASE(name, number, text) \
    case WIRE_##name:                \
        return body_max_##name;
        WIRE_MESSAGES(MAX_CASE)
    default:
        return 0;
    }
}

size_t wire_body_size(const struct wire_message *message)
{
    switch (message->type) {
#define SIZE_CASE(name, number, text) \
    case WIRE_##name:                 \
        return body_size_##name(&message->name);
        WIRE_MESSAGES(SIZE_CASE)
    }
    GR_UNREACHABLE();
}

const char *wire_invalid(const struct wire_message *message)
{
    switch (message->type) {
#define INVALID_CASE(name, number, text) \
    case WIRE_##name:                    \
        return invalid_##name(&message->name);
        WIRE_MESSAGES(INVALID_CASE)
    }
    return "no such type";
}

void wire_write_body(const struct wire_message *message, struct writer *w)
{
    switch (message->type) {
#define WRITE_CASE(name, number, text)   \
    case WIRE_##name:                    \
        write_##name(&message->name, w); \
        break;
        WIRE_MESSAGES(WRITE_CASE)
    }
}

void wire_read_body(struct wire_message *message, struct reader *r)
{
    switch (message->type) {
#define READ_CASE(name, number, text)   \
    case WIRE_##name:                   \
        read_##name(&message->name, r); \
        break;
        WIRE_MESSAGES(READ_CASE)
    }
}
