#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/words.h"

#define VALUE_MAX ((size_t)512 << 20) /* the largest string of the protocol; the node's own limit is lower */
#define READ_BYTES 65536

/* All of standard input. 0 or the exit status, having said why. */
static int read_value(const char *title, struct buffer *value)
{
    for (;;) {
        uint8_t *place = buffer_reserve(value, READ_BYTES);
        if (place == NULL) {
            fprintf(stderr, "%s: standard input is larger than %zu bytes\n", title, VALUE_MAX);
            return CLI_FAILED;
        }
        size_t count = fread(place, 1, READ_BYTES, stdin);
        value->len += count;
        if (count == 0) {
            break;
        }
    }
    if (ferror(stdin)) {
        fprintf(stderr, "%s: standard input: %s\n", title, strerror(errno));
        return CLI_FAILED;
    }
    return CLI_OK;
}

static int set_value(const char *title, const struct words *words, struct bytes value)
{
    const char *command[] = {"SET", words->list[0], value.len == 0 ? "" : (const char *)value.data};
    const size_t sizes[] = {3, strlen(words->list[0]), value.len};
    redisReply *reply = connect_ask_once(title, words->address, 3, command, sizes);
    if (reply == NULL) {
        return CLI_FAILED;
    }
    printf("%s\n", reply->str);
    freeReplyObject(reply);
    return CLI_OK;
}

int cli_set(int argc, char **argv)
{
    struct words words = words_parse(argc, argv, 2, 2, "KEY VALUE",
                                     "Write the value of a key. A VALUE of '-' is read from standard input; "
                                     "'--' goes before words that begin with '-'.");
    if (strcmp(words.list[1], "-") != 0) {
        return set_value(argv[0], &words, bytes_of_text(words.list[1]));
    }
    struct buffer value;
    buffer_init(&value, VALUE_MAX);
    int status = read_value(argv[0], &value);
    if (status == CLI_OK) {
        status = set_value(argv[0], &words, buffer_bytes(&value));
    }
    buffer_done(&value);
    return status;
}
