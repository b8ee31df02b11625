#include "resp/number.h"

/* Digits without leading zero, at most 2^63 (the magnitude of the least number). */
static bool parse_magnitude(struct bytes digits, uint64_t *ret)
{
    if (digits.len == 0 || digits.len > 19 || (digits.data[0] == '0' && digits.len > 1)) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(digits.data[i] - '0');
    }
    *ret = value;
    return value <= (uint64_t)INT64_MAX + 1;
}

bool number_parse(struct bytes text, int64_t *ret)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    uint64_t value = 0;
    struct bytes digits = negative ? bytes_of(text.data + 1, text.len - 1) : text;
    if (!parse_magnitude(digits, &value) || (negative && value == 0) || (!negative && value > INT64_MAX)) {
        return false;
    }
    *ret = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}
