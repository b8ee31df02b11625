/* The directory that an engine lives in:
 *
 *     DIR/FORMAT      one line, "gramme-store 1": the layout's version, written once the database has been made
 *     DIR/rocksdb/    RocksDB's own files
 *
 * D1  FORMAT exists only beside a database that was created completely. So a database that is missing beside it was
 *     lost, and must not be replaced by an empty one.
 * D2  A directory of another layout version is left untouched.
 */
#ifndef GR_STORE_DIR_H
#define GR_STORE_DIR_H

#include <stdbool.h>
#include <stddef.h>

#define DIR_FORMAT_VERSION 1

/* Make `dir` and its parents if missing, check that it can be used, read FORMAT. `ret_is_new`: there is none, a
 * database may be created. On failure `error_text` says what to do.
 * Errors: GR_EACCES, GR_EINVAL, GR_ECORRUPT, GR_EVERSION, GR_ENOSPC, GR_EIO. */
int dir_prepare(const char *dir, char *error_text, size_t error_size, bool *ret_is_new);

/* Write FORMAT, durably. Errors as above. */
int dir_mark_created(const char *dir, char *error_text, size_t error_size);

/* Write a sentence on an errno met at `path` with what to do about it, and return the GR_E value it stands for. */
int dir_explain_errno(const char *path, int error_number, char *error_text, size_t error_size);

#endif
