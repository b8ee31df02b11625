#include "store/salvage.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/dir.h"

#define PREFIX "gramme-salvage "
#define PLACES_MAX 100000u

static const char *const state_names[] = {[SALVAGE_NONE] = "none",
                                          [SALVAGE_WANTED] = "wanted",
                                          [SALVAGE_REPAIRING] = "repairing",
                                          [SALVAGE_RECOUNT] = "recount",
                                          [SALVAGE_DONE] = "done"};

static bool join(char ret[PATH_MAX], const char *dir, const char *name)
{
    return snprintf(ret, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

static enum salvage_state state_of(const char *content, size_t *ret_len)
{
    for (enum salvage_state state = SALVAGE_WANTED; state <= SALVAGE_DONE; state++) {
        char line[64];
        int len = snprintf(line, sizeof line, PREFIX "%s\n", state_names[state]);
        if (strncmp(content, line, (size_t)len) == 0) {
            *ret_len = (size_t)len;
            return state;
        }
    }
    *ret_len = 0;
    return SALVAGE_REPAIRING;
}

int salvage_load(const char *dir, struct salvage *ret, char *error_text, size_t error_size)
{
    char path[PATH_MAX], content[SALVAGE_TEXT_BYTES + 64];
    size_t head;
    *ret = (struct salvage){.state = SALVAGE_NONE};
    FILE *file = join(path, dir, "SALVAGE") ? fopen(path, "re") : NULL;
    if (file == NULL) {
        return errno == ENOENT ? 0 : dir_explain_errno(path, errno, error_text, error_size);
    }
    size_t len = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[len] = '\0';
    ret->state = state_of(content, &head);
    snprintf(ret->text, sizeof ret->text, "%.*s", (int)sizeof ret->text - 1, content + head);
    return 0;
}

int salvage_save(const char *dir, const struct salvage *salvage, char *error_text, size_t error_size)
{
    char content[SALVAGE_TEXT_BYTES + 64];
    snprintf(content, sizeof content, PREFIX "%s\n%s", state_names[salvage->state], salvage->text);
    return dir_replace_file(dir, "SALVAGE", content, error_text, error_size);
}

int salvage_forget(const char *dir, char *error_text, size_t error_size)
{
    char path[PATH_MAX];
    if (!join(path, dir, "SALVAGE") || (unlink(path) != 0 && errno != ENOENT)) {
        return dir_explain_errno(path, errno, error_text, error_size);
    }
    return dir_sync(dir, error_text, error_size);
}

void salvage_tell(struct salvage *salvage, const char *sentence)
{
    static const char between[] = "; ";
    char whole[2 * SALVAGE_TEXT_BYTES + sizeof between];
    bool is_first = salvage->text[0] == '\0';
    snprintf(whole, sizeof whole, "%.*s%s%s", (int)SALVAGE_TEXT_BYTES, sentence, is_first ? "" : between,
             salvage->text);
    snprintf(salvage->text, sizeof salvage->text, "%.*s", (int)SALVAGE_TEXT_BYTES - 1, whole);
}

/* What holds data, and what says which of it counts. */
static bool is_wanted(const char *name)
{
    const char *suffix = strrchr(name, '.');
    return strncmp(name, "MANIFEST-", 9) == 0 || strcmp(name, "CURRENT") == 0 ||
           (suffix != NULL && (strcmp(suffix, ".sst") == 0 || strcmp(suffix, ".log") == 0));
}

/* Call `visit` with each file of `dir` that is wanted; `dir` may be missing. Returns 0 or an errno. */
static int for_each_file(const char *dir, void *context, int (*visit)(void *context, const char *name))
{
    int error_number = 0;
    DIR *stream = opendir(dir);
    if (stream == NULL) {
        return errno == ENOENT ? 0 : errno;
    }
    for (const struct dirent *entry = readdir(stream); entry != NULL && error_number == 0; entry = readdir(stream)) {
        if (is_wanted(entry->d_name)) {
            error_number = visit(context, entry->d_name);
        }
    }
    closedir(stream);
    return error_number;
}

struct two_places {
    const char *from;
    const char *to;
};

static int link_file(void *context, const char *name)
{
    const struct two_places *places = context;
    char from[PATH_MAX], to[PATH_MAX];
    if (!join(from, places->from, name) || !join(to, places->to, name)) {
        return ENAMETOOLONG;
    }
    return link(from, to) == 0 || errno == EEXIST ? 0 : errno;
}

/* Returns 0 or an errno. */
static int make_place(const char *dir, char *ret_place, size_t place_size)
{
    char quarantine[PATH_MAX];
    if (!join(quarantine, dir, "quarantine")) {
        return ENAMETOOLONG;
    }
    if (mkdir(quarantine, 0700) != 0 && errno != EEXIST) {
        return errno;
    }
    for (unsigned number = 1; number < PLACES_MAX; number++) {
        if (snprintf(ret_place, place_size, "%s/%u", quarantine, number) >= (int)place_size) {
            return ENAMETOOLONG;
        }
        if (mkdir(ret_place, 0700) == 0) {
            return 0;
        }
        if (errno != EEXIST) {
            return errno;
        }
    }
    return EEXIST;
}

int salvage_put_aside(const char *dir, char *ret_place, size_t place_size, char *error_text, size_t error_size)
{
    char database[PATH_MAX];
    int error_number = join(database, dir, "rocksdb") ? make_place(dir, ret_place, place_size) : ENAMETOOLONG;
    if (error_number == 0) {
        struct two_places places = {database, ret_place};
        error_number = for_each_file(database, &places, link_file);
    }
    if (error_number != 0) {
        return dir_explain_errno(dir, error_number, error_text, error_size);
    }
    return dir_sync(ret_place, error_text, error_size);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* `from` is a place aside, `to` the database. */
static int drop_if_in_use(void *context, const char *name)
{
    const struct two_places *places = context;
    char from[PATH_MAX], to[PATH_MAX];
    if (!join(from, places->from, name) || !join(to, places->to, name)) {
        return ENAMETOOLONG;
    }
    return !is_same_file(from, to) || unlink(from) == 0 ? 0 : errno;
}

static int move_file(void *context, const char *name)
{
    const struct two_places *places = context;
    char from[PATH_MAX], to[PATH_MAX];
    if (!join(from, places->from, name) || !join(to, places->to, name)) {
        return ENAMETOOLONG;
    }
    if (is_same_file(from, to)) {
        return unlink(from) == 0 ? 0 : errno; /* rename would do nothing */
    }
    return rename(from, to) == 0 ? 0 : errno;
}

/* The path of place `number`; false when there is none. */
static bool find_place(const char *dir, unsigned number, char ret[PATH_MAX])
{
    char name[64];
    snprintf(name, sizeof name, "quarantine/%u", number);
    return number < PLACES_MAX && join(ret, dir, name) && access(ret, F_OK) == 0;
}

int salvage_tidy(const char *dir, char *error_text, size_t error_size)
{
    char database[PATH_MAX], place[PATH_MAX], lost[PATH_MAX];
    int error_number = join(database, dir, "rocksdb") && join(lost, database, "lost") ? 0 : ENAMETOOLONG;
    for (unsigned number = 1; find_place(dir, number, place) && error_number == 0; number++) {
        struct two_places use = {place, database}, lay_by = {lost, place};
        char next[PATH_MAX];
        error_number = for_each_file(place, &use, drop_if_in_use);
        if (error_number == 0 && !find_place(dir, number + 1, next)) {
            error_number = for_each_file(lost, &lay_by, move_file);
        }
    }
    return error_number == 0 ? 0 : dir_explain_errno(dir, error_number, error_text, error_size);
}

struct list {
    char *text;
    size_t size;
    size_t len;
};

static int list_file(void *context, const char *name)
{
    struct list *list = context;
    if (list->len + strlen(name) + 2 < list->size) {
        list->len += (size_t)snprintf(list->text + list->len, list->size - list->len, " %s", name);
    }
    return 0;
}

void salvage_list(const char *dir, char *ret, size_t size)
{
    struct list list = {ret, size, 0};
    char place[PATH_MAX], next[PATH_MAX];
    unsigned number = 1;
    ret[0] = '\0';
    while (find_place(dir, number, next)) {
        memcpy(place, next, sizeof place);
        number++;
    }
    if (number > 1) {
        for_each_file(place, &list, list_file);
    }
}
