#include "resp/inline.h"

struct cursor {
    uint8_t *line;
    size_t len;
    size_t at;
    size_t out; /* end of the word so far; never past `at` */
};

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void put(struct cursor *c, uint8_t byte, size_t taken)
{
    c->line[c->out++] = byte;
    c->at += taken;
}

static uint8_t escaped(uint8_t c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return c;
    }
}

/* A backslash between double quotes, with at least one byte behind it. */
static void take_escape(struct cursor *c)
{
    const uint8_t *at = c->line + c->at;
    if (at[1] == 'x' && c->len - c->at >= 4 && hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0) {
        put(c, (uint8_t)(hex_digit(at[2]) * 16 + hex_digit(at[3])), 4);
        return;
    }
    put(c, escaped(at[1]), 2);
}

/* From behind the opening quote to behind the closing one. */
static bool take_quoted(struct cursor *c, uint8_t quote)
{
    while (c->at < c->len) {
        uint8_t byte = c->line[c->at];
        bool more = c->at + 1 < c->len;
        if (byte == '\\' && more && quote == '"') {
            take_escape(c);
        } else if (byte == '\\' && more && c->line[c->at + 1] == '\'') {
            put(c, '\'', 2);
        } else if (byte == quote) {
            c->at++;
            return c->at == c->len || is_space(c->line[c->at]);
        } else {
            put(c, byte, 1);
        }
    }
    return false;
}

static bool take_word(struct cursor *c)
{
    while (c->at < c->len && !is_space(c->line[c->at])) {
        uint8_t byte = c->line[c->at];
        if (byte == '"' || byte == '\'') {
            c->at++;
            return take_quoted(c, byte);
        }
        put(c, byte, 1);
    }
    return true;
}

int inline_next(uint8_t *line, size_t len, size_t *position, size_t *ret_offset, size_t *ret_len)
{
    size_t at = *position;
    while (at < len && is_space(line[at])) {
        at++;
    }
    if (at == len) {
        *position = at;
        return 0;
    }
    struct cursor c = {line, len, at, at};
    if (!take_word(&c)) {
        return -1;
    }
    *position = c.at;
    *ret_offset = at;
    *ret_len = c.out - at;
    return 1;
}
