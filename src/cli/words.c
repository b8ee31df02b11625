#include "cli/words.h"

#include "cli/command.h"
#include "cli/connect.h"
#include "cli/flags.h"

struct parsing {
    struct words words;
    int least;
    int most;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    struct parsing *parsing = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &parsing->words.address;
        return 0;
    case ARGP_KEY_ARGS:
        parsing->words.list = state->argv + state->next;
        parsing->words.count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (parsing->words.count < parsing->least || (parsing->most > 0 && parsing->words.count > parsing->most)) {
            argp_usage(state);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct words words_parse(int argc, char **argv, int least, int most, const char *args_doc, const char *doc)
{
    static const struct argp_child children[] = {{.argp = &connect_argp}, {0}};
    const struct argp argp = {.parser = parse, .args_doc = args_doc, .doc = doc, .children = children};
    struct parsing parsing = {.words = {.address = connect_default()}, .least = least, .most = most};
    flags_parse(&argp, argc, argv, &parsing);
    return parsing.words;
}
