#include "cli/cluster_replace.h"

#include <stdio.h>

#include "cli/cluster_view.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/node_id.h"
#include "cli/words.h"

/* The old node's whole id, as the asked node's members have it. */
static bool find_old(const char *address, const char *text, char ret[NODE_ID_DIGITS + 1], char *error_text,
                     size_t error_size)
{
    json_t *status = cluster_view_ask(address, error_text, error_size);
    bool found = status != NULL && node_id_find(status, text, ret, error_text, error_size);
    json_decref(status);
    return found;
}

static int replace(const char *title, const char *address, const char *old, const char *new)
{
    const char *command[] = {"GRAMME", "REPLACE", old, new};
    const size_t sizes[] = {6, 7, NODE_ID_DIGITS, NODE_ID_DIGITS};
    redisReply *reply = connect_ask_once(title, address, 4, command, sizes);
    if (reply == NULL) {
        return CLI_FAILED;
    }
    freeReplyObject(reply);
    printf("node %s has the place of node %s, and until it runs it is awaited: start it with --join; it fetches what "
           "it lacks, and `gramme cluster status` shows how much is left. If it never comes, or has another id, "
           "`gramme cluster replace %s ID` gives the place on\n",
           new, old, new);
    return CLI_OK;
}

int cluster_replace(int argc, char **argv)
{
    struct words words = words_parse(
        argc, argv, 2, 2, "OLD NEW",
        "Give the place of node OLD, which is lost for good, to node NEW: it takes over exactly the partitions of OLD, "
        "and fetches what they hold from their other owners. OLD never serves again.\v"
        "OLD is a member that is down, by its id or the first digits of it. NEW is a node that is no member: started "
        "with --join it is refused and tells its id, and after this command it may be started again. `gramme server "
        "--join ... --replace OLD` does both at once.");
    char old[NODE_ID_DIGITS + 1];
    char new[NODE_ID_DIGITS + 1];
    char error_text[512];
    if (!node_id_parse(words.list[1], new)) {
        fprintf(stderr,
                "%s: '%s' is no whole node id: the new node, which is no member yet, tells its 16 digits when it is "
                "refused\n",
                argv[0], words.list[1]);
        return CLI_USAGE;
    }
    if (!node_id_may_be(words.list[0])) {
        fprintf(stderr,
                "%s: '%s' is no node id: it has %d hex digits, of which the first %d or more will do; `gramme cluster "
                "status` lists them\n",
                argv[0], words.list[0], NODE_ID_DIGITS, NODE_ID_LEAST);
        return CLI_USAGE;
    }
    if (!find_old(words.address, words.list[0], old, error_text, sizeof(error_text))) {
        fprintf(stderr, "%s: %s\n", argv[0], error_text);
        return CLI_FAILED;
    }
    return replace(argv[0], words.address, old, new);
}
