#include "cli/node_scrub.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/cluster_view.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/flags.h"

#define KEY_WAIT 0x200
#define POLL_MS 250

struct scrub_flags {
    const char *address;
    bool wait;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct scrub_flags *flags = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &flags->address;
        return 0;
    case KEY_WAIT:
        flags->wait = true;
        return 0;
    case ARGP_KEY_ARG:
        return flags_refuse(state, argument);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int start(const char *title, const char *address)
{
    const char *command[] = {"GRAMME", "SCRUB"};
    const size_t sizes[] = {6, 5};
    redisReply *reply = connect_ask_once(title, address, 2, command, sizes);
    if (reply == NULL) {
        return CLI_FAILED;
    }
    if (reply->type == REDIS_REPLY_STATUS) {
        printf("%s\n", reply->str);
    }
    freeReplyObject(reply);
    return CLI_OK;
}

static long long number_of(const json_t *status, const char *key)
{
    return json_integer_value(json_object_get(status, key));
}

static void pause_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* Until it has ended; on a terminal with its progress. */
static int wait_for_end(const char *title, const char *address)
{
    bool shows = isatty(STDERR_FILENO) != 0;
    for (;;) {
        char error_text[512];
        json_t *status = cluster_view_ask(address, error_text, sizeof(error_text));
        if (status == NULL) {
            fprintf(stderr, "%s%s: %s\n", shows ? "\n" : "", title, error_text);
            return CLI_FAILED;
        }
        bool running = number_of(status, "scrub_running") != 0;
        long long scrubbed = number_of(status, "objects_scrubbed");
        long long corrupt = number_of(status, "objects_corrupt");
        json_decref(status);
        if (shows) {
            fprintf(stderr, "\r%lld objects read back%s", scrubbed, running ? "" : "\n");
        }
        if (!running) {
            printf("%lld objects read back, %lld corrupt since the start of the node\n", scrubbed, corrupt);
            return CLI_OK;
        }
        pause_ms(POLL_MS);
    }
}

int node_scrub(int argc, char **argv)
{
    static const struct argp_option options[] = {{"wait", KEY_WAIT, NULL, 0, "until it has ended", 0}, {0}};
    static const struct argp_child children[] = {{.argp = &connect_argp}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Have the node at --connect read back every object it keeps, as its other work allows. One that fails "
               "its check is repaired from the other owners, and counted as corrupt; a part of the disk that cannot be "
               "read counts as one.",
    };
    struct scrub_flags flags = {.address = connect_default()};
    flags_parse(&argp, argc, argv, &flags);
    int status = start(argv[0], flags.address);
    return status == CLI_OK && flags.wait ? wait_for_end(argv[0], flags.address) : status;
}
