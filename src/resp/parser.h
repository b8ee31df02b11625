/* Requests out of a stream of bytes: arrays of bulk strings, or lines of words.
 *
 * The parser keeps its place between calls, so a command is looked at once however many pieces it arrives in. Offsets
 * count from the first byte that is not consumed, which may move in memory between calls.
 *
 * Q1  No byte is scanned twice.
 * Q2  Memory for arguments grows with the arguments that have arrived.
 * Q3  After an error the stream has no meaning any more: the connection must be closed.
 */
#ifndef GR_RESP_PARSER_H
#define GR_RESP_PARSER_H

#include "base/bytes.h"

#define PARSER_LINE_MAX 65536u        /* bytes of a line or a length, as in Redis */
#define PARSER_ARGS_MAX (1024 * 1024) /* arguments of a command, as in Redis before 7 */
#define PARSER_BULK_MAX (16u << 20)   /* bytes of an argument: the largest value that is stored */
/* Bytes of a whole command: a few largest values in one MSET, and what a session may hold in memory for one. */
#define PARSER_COMMAND_MAX (64u << 20)

struct parser_arg {
    uint32_t offset;
    uint32_t len;
};

struct parser {
    size_t at;      /* everything before is understood */
    size_t scanned; /* no line end lies between `at` and here */
    int64_t wanted; /* arguments still to come; -1: at the start of a command */
    int64_t bulk;   /* length of the argument that comes next; -1: its length comes next */
    struct parser_arg *args;
    uint32_t args_count;
    uint32_t args_capacity;
    char error[64]; /* of PARSER_ERROR: what follows "Protocol error: " */
};

enum parser_verdict {
    PARSER_MORE,    /* needs more bytes */
    PARSER_COMMAND, /* args are filled in (none for an empty line); parser_next before going on */
    PARSER_ERROR,
    PARSER_NOMEM,
};

void parser_init(struct parser *parser);
void parser_done(struct parser *parser);

/* Look at what is pending, all of it from the first byte not consumed. A line of words is unescaped in place. */
enum parser_verdict parser_run(struct parser *parser, uint8_t *data, size_t len);

/* Forget the command just parsed; returns how many bytes it took: consume these. */
size_t parser_next(struct parser *parser);

#endif
