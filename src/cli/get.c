#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/connect.h"
#include "cli/words.h"

/* The value as it is: a newline is added for a terminal only, so that a pipe gets the exact bytes. */
static int print_value(const redisReply *reply)
{
    fwrite(reply->str, 1, reply->len, stdout);
    if (isatty(STDOUT_FILENO)) {
        putchar('\n');
    }
    if (fflush(stdout) != 0) {
        perror("gramme get: standard output");
        return CLI_FAILED;
    }
    return CLI_OK;
}

int cli_get(int argc, char **argv)
{
    struct words words = words_parse(argc, argv, 1, 1, "KEY",
                                     "Print the value of a key, byte for byte. A missing key is exit status 1.");
    const char *command[] = {"GET", words.list[0]};
    const size_t sizes[] = {3, strlen(words.list[0])};
    redisReply *reply = connect_ask_once(argv[0], words.address, 2, command, sizes);
    int status = CLI_FAILED;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        status = print_value(reply);
    } else if (reply != NULL) {
        fprintf(stderr, "(nil)\n");
    }
    freeReplyObject(reply);
    return status;
}
