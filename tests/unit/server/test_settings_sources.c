/* Settings from a file and from the environment, and which one wins. */
#include "server/settings_sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

static struct settings settings;
static char error_text[512];

static int setup(void **state)
{
    (void)state;
    return settings_init(&settings);
}

static int teardown(void **state)
{
    (void)state;
    settings_done(&settings);
    return 0;
}

/* Load a file of this content. */
static int load(const char *content)
{
    char path[] = "/tmp/gramme-settings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    int error = settings_load_file(&settings, path, error_text, sizeof(error_text));
    unlink(path);
    return error;
}

static void says(const char *part)
{
    if (strstr(error_text, part) == NULL) {
        fail_msg("'%s' does not say '%s'", error_text, part);
    }
}

static void a_file_sets_what_it_names(void **state)
{
    (void)state;
    assert_int_equal(load("# a node\nlisten = 10.0.0.1:7000\nrequest-timeout=500\n\nzone = b ; near\n"), 0);
    assert_int_equal(settings.listen.port, 7000);
    assert_int_equal(settings.request_timeout, 500);
    assert_string_equal(settings.zone, "b");
    assert_int_equal(settings.n, 3);
}

static void a_bad_file_is_named_with_its_line(void **state)
{
    (void)state;
    assert_int_equal(load("n = 3\nlistn = a:1\n"), GR_EINVAL);
    says(":2: no setting 'listn'; did you mean 'listen'?");
    assert_int_equal(load("n = 3\n\nn = 9\n"), GR_EINVAL);
    says(":3: n = 9: wants 1..7");
    assert_int_equal(load("join =\n"), GR_EINVAL);
    says(":1: join is empty: leave it out");
    assert_int_equal(load("n\n"), GR_EINVAL);
    says(":1: wants lines of the form");
    assert_int_equal(load("[server]\nn = 3\n"), GR_EINVAL);
    says("sections are not used");
}

static void a_line_too_long_is_no_other_line(void **state)
{
    (void)state;
    char content[512] = "data = ";
    memset(content + strlen(content), 'x', 400);
    assert_int_equal(load(content), GR_EINVAL);
    says(":1: line too long");
}

static void a_missing_file_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(settings_load_file(&settings, "/nonexistent/gramme.conf", error_text, sizeof(error_text)),
                     GR_ENOENT);
    says("/nonexistent/gramme.conf: No such file");
}

static int load_one(const char *entry)
{
    char copy[128];
    snprintf(copy, sizeof(copy), "%s", entry);
    char *const environment[] = {copy, NULL};
    return settings_load_environment(&settings, environment, error_text, sizeof(error_text));
}

static void the_environment_wins_over_the_file(void **state)
{
    (void)state;
    assert_int_equal(load("weight = 5\nrequest-timeout = 400\n"), 0);
    assert_int_equal(load_one("GRAMME_REQUEST_TIMEOUT=700"), 0);
    assert_int_equal(settings.request_timeout, 700);
    assert_int_equal(settings.weight, 5);
}

static void a_misspelt_variable_is_refused_and_strangers_are_not(void **state)
{
    (void)state;
    assert_int_equal(load_one("GRAMME_LISTN=a:1"), GR_EINVAL);
    says("GRAMME_LISTN in the environment is no setting; did you mean GRAMME_LISTEN?");
    assert_int_equal(load_one("GRAMME_WEIGHT=much"), GR_EINVAL);
    says("GRAMME_WEIGHT=much in the environment: wants 1..65535");
    assert_int_equal(load_one("GRAMME_JOIN="), GR_EINVAL);
    says("GRAMME_JOIN= in the environment is empty: leave it out");
    assert_int_equal(load_one("GRAMME_SERVICE_HOST=10.1.1.1"), 0);
    assert_int_equal(load_one("GRAMME_PORT=tcp://10.1.1.1:6379"), 0);
    assert_int_equal(load_one("GRAMME_CONNECT=a:1"), 0);
    assert_int_equal(load_one("GRAMME=build/gramme"), 0);
    assert_int_equal(load_one("HOME=/"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_sets_what_it_names),          TEST(a_bad_file_is_named_with_its_line),
        TEST(a_line_too_long_is_no_other_line),   TEST(a_missing_file_is_an_error),
        TEST(the_environment_wins_over_the_file), TEST(a_misspelt_variable_is_refused_and_strangers_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
