/* The fields of a message as bytes, behind a frame's header. Of this room only. */
#ifndef GR_WIRE_BODY_H
#define GR_WIRE_BODY_H

#include "base/cursor.h"
#include "wire/message.h"

/* Bytes of the message's body. */
size_t wire_body_size(const struct wire_message *message);

/* Write wire_body_size bytes. */
void wire_write_body(const struct wire_message *message, struct writer *w);

/* Read the fields of a message whose type is set. Check the reader afterwards, and wire_invalid. */
void wire_read_body(struct wire_message *message, struct reader *r);

#endif
