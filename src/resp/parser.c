#include "resp/parser.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "resp/inline.h"
#include "resp/number.h"

#define ARGS_FIRST 8u
#define ARGS_KEEP 1024u

void parser_init(struct parser *parser)
{
    *parser = (struct parser){.wanted = -1, .bulk = -1};
}

void parser_done(struct parser *parser)
{
    free(parser->args);
    parser_init(parser);
}

size_t parser_next(struct parser *parser)
{
    size_t used = parser->at;
    parser->at = parser->scanned = 0;
    parser->wanted = parser->bulk = -1;
    parser->args_count = 0;
    if (parser->args_capacity > ARGS_KEEP) {
        parser_done(parser);
    }
    return used;
}

static enum parser_verdict fail(struct parser *parser, const char *text)
{
    snprintf(parser->error, sizeof parser->error, "%s", text);
    return PARSER_ERROR;
}

static bool add_arg(struct parser *parser, size_t offset, size_t len)
{
    if (parser->args_count == parser->args_capacity) {
        uint32_t capacity = parser->args_capacity == 0 ? ARGS_FIRST : 2 * parser->args_capacity;
        struct parser_arg *args = realloc(parser->args, capacity * sizeof *args);
        if (args == NULL) {
            return false;
        }
        parser->args = args;
        parser->args_capacity = capacity;
    }
    parser->args[parser->args_count++] = (struct parser_arg){(uint32_t)offset, (uint32_t)len};
    return true;
}

/* The line that starts at `at`, up to `end`. False while it is not complete. */
static bool find_line(struct parser *parser, const uint8_t *data, size_t len, uint8_t end, struct bytes *ret)
{
    const uint8_t *found = memchr(data + parser->scanned, end, len - parser->scanned);
    if (found == NULL) {
        parser->scanned = len;
        return false;
    }
    parser->scanned = (size_t)(found - data);
    *ret = bytes_of(data + parser->at, parser->scanned - parser->at);
    return true;
}

/* A line that ends in CR and one more byte. The verdict is PARSER_COMMAND when it is there. */
static enum parser_verdict take_header(struct parser *parser, const uint8_t *data, size_t len, const char *too_big,
                                       struct bytes *ret)
{
    if (!find_line(parser, data, len, '\r', ret)) {
        return len - parser->at > PARSER_LINE_MAX ? fail(parser, too_big) : PARSER_MORE;
    }
    if (parser->scanned + 2 > len) {
        return PARSER_MORE;
    }
    parser->at = parser->scanned = parser->scanned + 2;
    return PARSER_COMMAND;
}

static enum parser_verdict take_count(struct parser *parser, const uint8_t *data, size_t len)
{
    struct bytes line;
    enum parser_verdict verdict = take_header(parser, data, len, "too big mbulk count string", &line);
    if (verdict != PARSER_COMMAND) {
        return verdict;
    }
    int64_t count = 0;
    if (!number_parse(bytes_of(line.data + 1, line.len - 1), &count) || count > PARSER_ARGS_MAX) {
        return fail(parser, "invalid multibulk length");
    }
    parser->wanted = count < 0 ? 0 : count;
    return PARSER_COMMAND;
}

static enum parser_verdict take_length(struct parser *parser, const uint8_t *data, size_t len)
{
    struct bytes line;
    enum parser_verdict verdict = take_header(parser, data, len, "too big bulk count string", &line);
    if (verdict != PARSER_COMMAND) {
        return verdict;
    }
    uint8_t first = line.len > 0 ? line.data[0] : '\r';
    if (first != '$') {
        snprintf(parser->error, sizeof parser->error, "expected '$', got '%c'", first);
        return PARSER_ERROR;
    }
    int64_t length = 0;
    if (!number_parse(bytes_of(line.data + 1, line.len - 1), &length) || length < 0 || length > PARSER_BULK_MAX) {
        return fail(parser, "invalid bulk length");
    }
    parser->bulk = length;
    return PARSER_COMMAND;
}

static enum parser_verdict take_bulk(struct parser *parser, size_t len)
{
    size_t length = (size_t)parser->bulk;
    if (len - parser->at < length + 2) {
        return PARSER_MORE;
    }
    if (!add_arg(parser, parser->at, length)) {
        return PARSER_NOMEM;
    }
    parser->at = parser->scanned = parser->at + length + 2;
    parser->bulk = -1;
    parser->wanted--;
    return PARSER_COMMAND;
}

static enum parser_verdict take_multibulk(struct parser *parser, const uint8_t *data, size_t len)
{
    enum parser_verdict verdict = parser->wanted < 0 ? take_count(parser, data, len) : PARSER_COMMAND;
    while (verdict == PARSER_COMMAND && parser->wanted > 0) {
        verdict = parser->bulk < 0 ? take_length(parser, data, len) : take_bulk(parser, len);
    }
    if (verdict == PARSER_MORE && len > PARSER_COMMAND_MAX) {
        return fail(parser, "too big request");
    }
    return verdict;
}

static enum parser_verdict take_inline(struct parser *parser, uint8_t *data, size_t len)
{
    struct bytes line;
    if (!find_line(parser, data, len, '\n', &line)) {
        return len > PARSER_LINE_MAX ? fail(parser, "too big inline request") : PARSER_MORE;
    }
    parser->at = parser->scanned = line.len + 1;
    size_t line_len = line.len > 0 && data[line.len - 1] == '\r' ? line.len - 1 : line.len;
    size_t position = 0, offset = 0, word = 0;
    int found;
    while ((found = inline_next(data, line_len, &position, &offset, &word)) > 0) {
        if (!add_arg(parser, offset, word)) {
            return PARSER_NOMEM;
        }
    }
    return found < 0 ? fail(parser, "unbalanced quotes in request") : PARSER_COMMAND;
}

enum parser_verdict parser_run(struct parser *parser, uint8_t *data, size_t len)
{
    GR_ASSERT_LE(parser->at, len);
    if (len == 0) {
        return PARSER_MORE;
    }
    bool multibulk = parser->wanted >= 0 || data[0] == '*';
    return multibulk ? take_multibulk(parser, data, len) : take_inline(parser, data, len);
}
