/* Prints docs/settings.md from the list in src/server/settings.h, for `make generate`. */
#include <ctype.h>
#include <stdio.h>

#include "server/settings.h"

struct row {
    const char *name;
    const char *fallback;
    const char *when;
    const char *metavar;
    const char *text;
};

#define ROW(type, field, name, fallback, when, metavar, text) {name, fallback, #when, metavar, text},
#define GROUP(list, title) static const struct row list##_rows[] = {list(ROW)};
SETTINGS_GROUPS(GROUP)
#undef GROUP

/* A '|' would end the cell. */
static void print_cell(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            putchar('\\');
        }
        putchar(*text);
    }
}

static void print_variable(const char *name)
{
    printf("`GRAMME_");
    for (; *name != '\0'; name++) {
        putchar(*name == '-' ? '_' : toupper((unsigned char)*name));
    }
    putchar('`');
}

static void print_row(const struct row *row)
{
    const char *quote = row->fallback[0] == '\0' ? "" : "`";
    printf("| `%s` | ", row->name);
    print_variable(row->name);
    printf(" | ");
    print_cell(row->metavar);
    printf(" | %s%s%s | %s | ", quote, row->fallback, quote, row->when[0] == 'L' ? "yes" : "");
    print_cell(row->text);
    printf(" |\n");
}

static void print_group(const char *title, const struct row *rows, size_t count)
{
    printf("\n## %s\n\n"
           "| name | environment | value | default | while running | |\n"
           "|---|---|---|---|---|---|\n",
           title);
    for (size_t i = 0; i < count; i++) {
        print_row(&rows[i]);
    }
}

int main(void)
{
    printf("<!-- Generated from src/server/settings.h by `make generate`; do not edit. -->\n\n"
           "# Settings\n\n"
           "Every setting of a node is a flag (`gramme server --name VALUE`), a variable of the environment,\n"
           "a line `name = value` of the file given by `--config FILE` (or `GRAMME_CONFIG`), and a parameter\n"
           "of `CONFIG GET`.\n"
           "A flag wins over the environment, the environment over the file, the file over the default.\n"
           "`CONFIG SET` changes those marked under \"while running\"; the others need a restart.\n"
           "In the file, `#` and `;` start comments, and there are no sections.\n");
#define GROUP(list, title) print_group(title, list##_rows, sizeof(list##_rows) / sizeof(list##_rows[0]));
    SETTINGS_GROUPS(GROUP)
#undef GROUP
    return 0;
}
