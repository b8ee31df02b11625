/* RESP2 and RESP3 replies into a buffer.
 *
 * A type that RESP2 lacks is written as Redis writes it there: a map and a set as arrays, a verbatim text as a bulk
 * string. A writer that met its buffer's bound stays failed and writes nothing more, so a command writes its whole
 * reply and whoever called it asks once.
 */
#ifndef GR_RESP_OUTPUT_H
#define GR_RESP_OUTPUT_H

#include "base/buffer.h"

struct output {
    struct buffer *buffer; /* borrowed */
    uint8_t proto;         /* 2 or 3 */
    bool failed;
};

static inline struct output output_of(struct buffer *buffer, uint8_t proto)
{
    return (struct output){buffer, proto, false};
}

void output_raw(struct output *out, struct bytes bytes);
void output_status(struct output *out, const char *text);

/* "-<text>", with line ends in it made spaces; the text begins with its code: "ERR ...". */
void output_error(struct output *out, const char *text);
void output_errorf(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

void output_integer(struct output *out, int64_t number);
void output_bulk(struct output *out, struct bytes bytes);
void output_text(struct output *out, const char *text); /* a bulk string */
void output_verbatim(struct output *out, struct bytes text);
void output_null(struct output *out);

/* Heads: `count` elements follow, of a map `count` pairs. */
void output_array(struct output *out, size_t count);
void output_map(struct output *out, size_t count);
void output_set(struct output *out, size_t count);

#endif
