#include "cli/flags.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "server/suggest.h"

/* Of argp itself. */
static const struct argp_option built_in[] = {
    {.name = "help"},
    {.name = "usage"},
    {.name = "version"},
    {0},
};

static bool is_end(const struct argp_option *option)
{
    return option->name == NULL && option->key == 0 && option->doc == NULL && option->group == 0;
}

/* Call `visit` on every named option of the tree until it returns true. */
static bool each_option(const struct argp *argp, bool (*visit)(void *context, const struct argp_option *option),
                        void *context)
{
    for (const struct argp_option *option = argp->options; option != NULL && !is_end(option); option++) {
        if (option->name != NULL && visit(context, option)) {
            return true;
        }
    }
    for (const struct argp_child *child = argp->children; child != NULL && child->argp != NULL; child++) {
        if (each_option(child->argp, visit, context)) {
            return true;
        }
    }
    return false;
}

static bool each_known(const struct argp *argp, bool (*visit)(void *context, const struct argp_option *option),
                       void *context)
{
    const struct argp own = {.options = built_in};
    return each_option(argp, visit, context) || each_option(&own, visit, context);
}

struct lookup {
    const char *name;
    const struct argp_option *found;
};

static bool match(void *context, const struct argp_option *option)
{
    struct lookup *lookup = context;
    if (strcmp(option->name, lookup->name) != 0) {
        return false;
    }
    lookup->found = option;
    return true;
}

static bool offer(void *context, const struct argp_option *option)
{
    suggest_offer(context, option->name);
    return false;
}

static _Noreturn void refuse_unknown(const struct argp *argp, const char *title, const char *name)
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    each_known(argp, offer, &suggest);
    if (suggest.best != NULL) {
        fprintf(stderr, "%s: no flag --%s; did you mean --%s?\n", title, name, suggest.best);
    } else {
        fprintf(stderr, "%s: no flag --%s; `%s --help` lists them\n", title, name, title);
    }
    exit(CLI_USAGE);
}

/* Does the argument after this one belong to it? Ends the process when the flag is unknown. */
static bool check_flag(const struct argp *argp, const char *title, const char *argument)
{
    char name[64];
    size_t len = strcspn(argument + 2, "=");
    snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name) - 1), argument + 2);
    struct lookup lookup = {.name = name};
    if (!each_known(argp, match, &lookup)) {
        refuse_unknown(argp, title, name);
    }
    return lookup.found->arg != NULL && argument[2 + len] == '\0';
}

void flags_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--", 2) == 0 && check_flag(argp, argv[0], argv[i])) {
            i++;
        }
    }
    argp_parse(argp, argc, argv, 0, NULL, input);
}

unsigned long flags_number(const struct argp_state *state, const char *flag, const char *text, unsigned long least,
                           unsigned long most)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < least || value > most) {
        argp_failure(state, CLI_USAGE, 0, "--%s %s: wants %lu..%lu", flag, text, least, most);
    }
    return value;
}

int flags_refuse(const struct argp_state *state, const char *argument)
{
    argp_failure(state, CLI_USAGE, 0, "'%s' is no flag; `%s --help` lists them", argument, state->name);
    return 0;
}
