/* The directory that an engine lives in:
 *
 *     DIR/FORMAT      one line, "gramme-store 2": the layout's version, written once the database has been made
 *     DIR/rocksdb/    RocksDB's own files
 *     DIR/SALVAGE, DIR/quarantine/    see salvage.h
 *
 * D1  FORMAT exists only beside a database that was created completely. So a database that is missing beside it was
 *     lost, and must not be replaced by an empty one without a word (salvage.h).
 * D2  A directory of a later layout is left untouched; one of an earlier layout is brought up to date, and marked so
 *     last. Version 1 had neither hints nor leaves.
 */
#ifndef GR_STORE_DIR_H
#define GR_STORE_DIR_H

#include <stdbool.h>
#include <stddef.h>

#define DIR_FORMAT_VERSION 2

/* What to do about a directory that cannot be used any more, at the end of a sentence that says why. */
#define DIR_ADVICE                                                                                                    \
    "move the data directory away, and start an empty node in its place with --replace; a backup is for a node that " \
    "is alone, as it brings back what was deleted since"

/* Make `dir` and its parents if missing, check that it can be used, read FORMAT. `ret_version`: what it says; 0 when
 * there is none, so that a database may be created. On failure `error_text` says what to do.
 * Errors: GR_EACCES, GR_EINVAL, GR_ECORRUPT, GR_EVERSION, GR_ENOSPC, GR_EIO. */
int dir_prepare(const char *dir, char *error_text, size_t error_size, int *ret_version);

/* Write FORMAT, durably: the database is complete. Errors as above. */
int dir_mark_complete(const char *dir, char *error_text, size_t error_size);

/* Write a small file, so that after a crash it is the old one or the new one. Errors as above. */
int dir_replace_file(const char *dir, const char *name, const char *content, char *error_text, size_t error_size);

/* What was made, renamed or removed in `dir` is durable. Errors as above. */
int dir_sync(const char *dir, char *error_text, size_t error_size);

/* Write a sentence on an errno met at `path` with what to do about it, and return the GR_E value it stands for. */
int dir_explain_errno(const char *path, int error_number, char *error_text, size_t error_size);

#endif
