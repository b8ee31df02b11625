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
#define POLL_MS 100

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

/* What the node says of the scrub that runs, or of the last. */
struct scrub_view {
    bool running;
    long long ended; /* so many since the start of the node */
    long long objects, damaged, repairs, unread;
};

static long long number_of(const json_t *status, const char *key)
{
    return json_integer_value(json_object_get(status, key));
}

static bool look(const char *address, struct scrub_view *ret, char *error_text, size_t error_size)
{
    json_t *status = cluster_view_ask(address, error_text, error_size);
    if (status == NULL) {
        return false;
    }
    *ret = (struct scrub_view){
        .running = number_of(status, "scrub_running") != 0,
        .ended = number_of(status, "scrubs_ended"),
        .objects = number_of(status, "objects_scrubbed"),
        .damaged = number_of(status, "scrub_damaged"),
        .repairs = number_of(status, "scrub_repairs"),
        .unread = number_of(status, "scrub_slots_unread"),
    };
    json_decref(status);
    return true;
}

static void pause_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void tell(const struct scrub_view *view)
{
    printf("%lld objects read back, %lld damaged (%lld repaired or being fetched from other owners), %lld slots "
           "unreadable\n",
           view->objects, view->damaged, view->repairs, view->unread);
}

/* Of a node that is started anew in the middle, to put a damaged file aside, `last` is all that is known. */
static int tell_cut_short(const char *title, const char *why, const struct scrub_view *last)
{
    fprintf(stderr,
            "%s: the scrub is not known to have run to its end: %s. A node that finds a damaged file starts anew, "
            "which puts the file aside: scrub it again when it is back\n",
            title, why);
    fputs("until then: ", stdout);
    tell(last);
    return CLI_FAILED;
}

/* Until one more has ended than before; on a terminal with its progress. */
static int wait_for_end(const char *title, const char *address, long long ended_before)
{
    bool shows = isatty(STDERR_FILENO) != 0;
    struct scrub_view last = {0};
    for (;;) {
        char error_text[512];
        struct scrub_view view;
        if (!look(address, &view, error_text, sizeof(error_text))) {
            return tell_cut_short(title, error_text, &last);
        }
        if (shows) {
            fprintf(stderr, "\r%lld objects read back%s", view.objects, view.running ? "" : "\n");
        }
        if (!view.running && view.ended > ended_before) {
            tell(&view);
            return view.damaged + view.unread == 0 ? CLI_OK : CLI_FAILED;
        }
        if (!view.running || view.objects < last.objects) {
            return tell_cut_short(title, "the node has been started anew; run it again when it is whole", &last);
        }
        last = view;
        pause_ms(POLL_MS);
    }
}

static int scrub_and_wait(const char *title, const char *address)
{
    char error_text[512];
    struct scrub_view before;
    if (!look(address, &before, error_text, sizeof(error_text))) {
        fprintf(stderr, "%s: %s\n", title, error_text);
        return CLI_FAILED;
    }
    int status = start(title, address);
    return status == CLI_OK ? wait_for_end(title, address, before.ended) : status;
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
               "its check is repaired from the other owners; slots that cannot be read are compared with theirs. With "
               "--wait the exit status is 0 only if all was read, to the end, and nothing was damaged.",
    };
    struct scrub_flags flags = {.address = connect_default()};
    flags_parse(&argp, argc, argv, &flags);
    return flags.wait ? scrub_and_wait(argv[0], flags.address) : start(argv[0], flags.address);
}
