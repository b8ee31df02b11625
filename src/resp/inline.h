/* Commands typed as a line of words: Redis's quoting rules. */
#ifndef GR_RESP_INLINE_H
#define GR_RESP_INLINE_H

#include "base/bytes.h"

/* Take the next word of the line [*position, len) apart, unescaped in place (a word never grows by that).
 * "..." knows \n \r \t \b \a \xHH and \ before anything else; '...' knows \' only; a closing quote must be followed by
 * white space or the end. Returns 1 with the word as offset and length, 0 at the end of the line, -1 for unbalanced
 * quotes. */
int inline_next(uint8_t *line, size_t len, size_t *position, size_t *ret_offset, size_t *ret_len);

#endif
