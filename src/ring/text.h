/* Text of a fixed room inside entries and records: what is allowed there, and how it is encoded. */
#ifndef GR_RING_TEXT_H
#define GR_RING_TEXT_H

#include "base/bytes.h"

/* Ends within `room` bytes, terminator included? */
bool ring_text_ends(const char *text, size_t room);

/* Free of spaces and control characters, which would tear log lines and status tables apart? */
bool ring_text_is_plain(struct bytes text);

/* Copy into `room` bytes, and fill what is left with zeros. False, with `ret` untouched, when it does not fit or holds
 * a zero byte. */
bool ring_text_put(struct bytes text, char *ret, size_t room);

#endif
