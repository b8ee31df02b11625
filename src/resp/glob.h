/* Patterns as Redis matches them: * ? [a-z] [^a] and \ before what is meant literally. */
#ifndef GR_RESP_GLOB_H
#define GR_RESP_GLOB_H

#include "base/bytes.h"

/* Does the whole text match, in any case? Takes at most time in proportion to both lengths multiplied. */
bool glob_matches(struct bytes pattern, struct bytes text);

#endif
