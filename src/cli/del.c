#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/connect.h"
#include "cli/words.h"

int cli_del(int argc, char **argv)
{
    struct words words = words_parse(argc, argv, 1, 0, "KEY...", "Delete keys; prints how many there were.");
    int count = words.count + 1;
    const char **command = calloc((size_t)count, sizeof(*command));
    size_t *sizes = calloc((size_t)count, sizeof(*sizes));
    int status = CLI_FAILED;
    if (command != NULL && sizes != NULL) {
        command[0] = "DEL";
        memcpy(command + 1, words.list, (size_t)words.count * sizeof(*command));
        for (int i = 0; i < count; i++) {
            sizes[i] = strlen(command[i]);
        }
        redisReply *reply = connect_ask_once(argv[0], words.address, count, command, sizes);
        if (reply != NULL) {
            printf("%lld\n", reply->integer);
            status = CLI_OK;
        }
        freeReplyObject(reply);
    }
    free(command);
    free(sizes);
    return status;
}
