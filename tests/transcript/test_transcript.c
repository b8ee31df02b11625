/* Each file of the folder given is a claim in its name and a run that shows it. GRAMME_REWRITE=1 writes the traces
 * anew, to be read as a diff. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "transcript/script.h"

#define FILES_MAX 200u
#define PATH_MAX_BYTES 4096u
#define TEXT_MAX (4u << 20)

static const char *folder = "tests/transcript";

static void read_file(const char *path, struct buffer *ret)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    uint8_t piece[4096];
    size_t len;
    while ((len = fread(piece, 1, sizeof piece, file)) > 0) {
        assert_int_equal(buffer_append(ret, bytes_of(piece, len)), 0);
    }
    fclose(file);
}

static void write_file(const char *path, struct bytes text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    fclose(file);
}

static int line_length(const uint8_t *text, size_t from, size_t len)
{
    size_t end = from;
    while (end < len && text[end] != '\n') {
        end++;
    }
    return (int)(end - from);
}

/* Say where the two part. */
static void tell_difference(const char *name, struct bytes expected, struct bytes actual)
{
    size_t line_start = 0;
    unsigned line = 1;
    for (size_t i = 0; i < expected.len && i < actual.len && expected.data[i] == actual.data[i]; i++) {
        if (expected.data[i] == '\n') {
            line_start = i + 1;
            line++;
        }
    }
    fail_msg("%s.txt:%u\n  expected: %.*s\n  now:      %.*s\n  (GRAMME_REWRITE=1 writes it anew)", name, line,
             line_length(expected.data, line_start, expected.len), (const char *)expected.data + line_start,
             line_length(actual.data, line_start, actual.len), (const char *)actual.data + line_start);
}

static void transcript_holds(void **state)
{
    const char *name = *state;
    char path[PATH_MAX_BYTES];
    struct buffer expected;
    struct buffer actual;
    snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    buffer_init(&expected, TEXT_MAX);
    buffer_init(&actual, TEXT_MAX);
    read_file(path, &expected);
    script_run(buffer_bytes(&expected), &actual);
    bool equal = bytes_equal(buffer_bytes(&expected), buffer_bytes(&actual));
    const char *rewrite = getenv("GRAMME_REWRITE");
    if (!equal && rewrite != NULL && strcmp(rewrite, "1") == 0) {
        write_file(path, buffer_bytes(&actual));
    } else if (!equal) {
        tell_difference(name, buffer_bytes(&expected), buffer_bytes(&actual));
    }
    buffer_done(&expected);
    buffer_done(&actual);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_names(char *names[FILES_MAX])
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL && count < FILES_MAX; entry = readdir(dir)) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0) {
            names[count++] = strndup(entry->d_name, len - 4);
        }
    }
    closedir(dir);
    qsort(names, count, sizeof *names, by_name);
    return count;
}

int main(int argc, char **argv)
{
    static char *names[FILES_MAX];
    static struct CMUnitTest tests[FILES_MAX];
    folder = argc > 1 ? argv[1] : folder;
    size_t count = list_names(names);
    for (size_t i = 0; i < count; i++) {
        tests[i] = (struct CMUnitTest){.name = names[i], .test_func = transcript_holds, .initial_state = names[i]};
    }
    int failed = count == 0 ? 1 : _cmocka_run_group_tests("transcripts", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    return failed;
}
