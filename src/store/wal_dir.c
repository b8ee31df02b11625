/* The logs of a database's directory: NUMBER.log, in the order of their numbers. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/wal.h"

static int is_log(const struct dirent *entry)
{
    char *end;
    strtoull(entry->d_name, &end, 10);
    return end != entry->d_name && strcmp(end, ".log") == 0;
}

static int compare_numbers(const struct dirent **a, const struct dirent **b)
{
    unsigned long long x = strtoull((*a)->d_name, NULL, 10), y = strtoull((*b)->d_name, NULL, 10);
    return (x > y) - (x < y);
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
}

int wal_count(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_log, NULL);
    if (count < 0) {
        return GR_EIO;
    }
    free_entries(entries, count);
    return count;
}

uint64_t wal_bytes(const char *path)
{
    char file[PATH_MAX];
    struct dirent **entries;
    struct stat status;
    uint64_t bytes = 0;
    int count = scandir(path, &entries, is_log, NULL);
    if (count < 0) {
        return 0;
    }
    for (int i = 0; i < count; i++) {
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        bytes += stat(file, &status) == 0 ? (uint64_t)status.st_size : 0;
    }
    free_entries(entries, count);
    return bytes;
}

/* `ret` is to be freed by the caller. */
static int read_stream(FILE *stream, uint8_t **ret, size_t *ret_len)
{
    if (fseek(stream, 0, SEEK_END) != 0) {
        return GR_EIO;
    }
    long len = ftell(stream);
    if (len < 0 || fseek(stream, 0, SEEK_SET) != 0) {
        return GR_EIO;
    }
    uint8_t *data = malloc((size_t)len + 1);
    if (data == NULL) {
        return GR_ENOMEM;
    }
    if (fread(data, 1, (size_t)len, stream) != (size_t)len) {
        free(data);
        return GR_EIO;
    }
    *ret = data;
    *ret_len = (size_t)len;
    return 0;
}

static int examine_file(struct wal_verdict *verdict)
{
    uint8_t *data = NULL;
    size_t len = 0;
    FILE *stream = fopen(verdict->file, "re");
    if (stream == NULL) {
        return GR_EIO;
    }
    int status = read_stream(stream, &data, &len);
    fclose(stream);
    if (status == 0) {
        verdict->state = wal_examine(bytes_of(data, len), &verdict->offset);
    }
    free(data);
    return status;
}

int wal_examine_dir(const char *path, struct wal_verdict *ret)
{
    struct dirent **entries;
    struct wal_verdict verdict = {.state = WAL_WHOLE};
    int status = 0;
    int count = scandir(path, &entries, is_log, compare_numbers);
    if (count < 0) {
        return GR_EIO;
    }
    for (int i = 0; i < count && status == 0 && verdict.state == WAL_WHOLE; i++) {
        int len = snprintf(verdict.file, sizeof verdict.file, "%s/%s", path, entries[i]->d_name);
        status = len < (int)sizeof verdict.file ? examine_file(&verdict) : GR_EIO;
        if (verdict.state == WAL_TORN && i + 1 < count) {
            verdict.state = WAL_DAMAGED; /* later commits are in later logs */
        }
    }
    free_entries(entries, count);
    if (status == 0) {
        *ret = verdict;
    }
    return count == 0 ? GR_ENOENT : status;
}
