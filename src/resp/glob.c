#include "resp/glob.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool between(uint8_t c, uint8_t low, uint8_t high)
{
    return low <= high ? c >= low && c <= high : c >= high && c <= low;
}

/* The class that opens at `*at` ('['), moved behind its end, or to the end of the pattern where it is not closed. */
static bool class_has(struct bytes pattern, size_t *at, uint8_t c)
{
    size_t i = *at + 1;
    bool negated = i < pattern.len && pattern.data[i] == '^';
    bool found = false;
    i += negated;
    while (i < pattern.len && pattern.data[i] != ']') {
        if (pattern.data[i] == '\\' && i + 1 < pattern.len) {
            i++;
        }
        uint8_t low = lower(pattern.data[i]), high = low;
        if (i + 2 < pattern.len && pattern.data[i + 1] == '-') {
            high = lower(pattern.data[i + 2]);
            i += 2;
        }
        found = found || between(c, low, high);
        i++;
    }
    *at = i < pattern.len ? i + 1 : i;
    return found != negated;
}

/* One element of the pattern at `*at` (not '*') against one character; `*at` is moved behind it. */
static bool element_matches(struct bytes pattern, size_t *at, uint8_t c)
{
    uint8_t element = pattern.data[*at];
    if (element == '[') {
        return class_has(pattern, at, lower(c));
    }
    if (element == '\\' && *at + 1 < pattern.len) {
        element = pattern.data[++*at];
        ++*at;
        return lower(element) == lower(c);
    }
    ++*at;
    return element == '?' || lower(element) == lower(c);
}

/* A '*' takes as little as it can; on a mismatch the last one takes one character more. */
bool glob_matches(struct bytes pattern, struct bytes text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.data[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        size_t next = p;
        if (p < pattern.len && element_matches(pattern, &next, text.data[t])) {
            p = next;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*') {
        p++;
    }
    return p == pattern.len;
}
