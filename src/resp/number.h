/* Whole numbers as Redis reads them from text: strict, so that one number has one spelling. */
#ifndef GR_RESP_NUMBER_H
#define GR_RESP_NUMBER_H

#include "base/bytes.h"

/* No sign but '-', no leading zeros, no spaces, within 64 bits. False leaves `ret` untouched. */
bool number_parse(struct bytes text, int64_t *ret);

#endif
