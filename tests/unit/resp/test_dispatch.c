#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_host.h"

#define LINE_MAX_BYTES 8192
#define REPLY_MAX_BYTES 65536

/* Cut the line end; the escaped space before it becomes one. */
static void take_line_end(char *line)
{
    size_t len = strcspn(line, "\n");
    if (len >= 2 && line[len - 2] == '\\' && line[len - 1] == 's') {
        line[len - 2] = ' ';
        len--;
    }
    line[len] = '\0';
}

/* Replies of the file, line ends as CR LF, against those of a session over the fake store. */
static void replies_equal_those_of_redis(void **state)
{
    (void)state;
    char path[1024], line[LINE_MAX_BYTES], request[LINE_MAX_BYTES] = "";
    static char wanted[REPLY_MAX_BYTES];
    const char *root = getenv("GRAMME_ROOT");
    snprintf(path, sizeof path, "%s/tests/e2e/texts.txt", root == NULL ? "." : root);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct fake *fake = fake_new(4);
    struct session *session = fake_connect(fake);
    size_t used = 0;
    unsigned cases = 0;
    bool more = true;
    while (more) {
        more = fgets(line, sizeof line, file) != NULL;
        bool begins = more && line[0] == '>' && line[1] == ' ';
        if (begins || !more) {
            if (request[0] != '\0') {
                const char *got = fake_say(fake, session, request);
                if (strcmp(got, wanted) != 0) {
                    fail_msg("%s wants %s but gets %s", request, wanted, got);
                }
                cases++;
            }
            snprintf(request, sizeof request, "%s", line + 2);
            used = 0;
            wanted[0] = '\0';
        } else if (request[0] != '\0') {
            take_line_end(line);
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s\r\n", line);
        }
    }
    fclose(file);
    assert_true(cases > 150);
    assert_true(session_is_closing(session));
    session_free(session);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(replies_equal_those_of_redis)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
