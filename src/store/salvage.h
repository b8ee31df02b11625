/* What is done with files that cannot be read: they are put aside, never deleted, and it is remembered.
 *
 *     DIR/SALVAGE         "gramme-salvage STATE", then a text that says what happened and names the files
 *     DIR/quarantine/N/   what was put aside the N-th time
 *
 *     wanted      a file was found bad while the engine ran; the next opening repairs
 *     repairing   a repair may have been cut short: the database must not be opened before it has been repeated,
 *                 for RocksDB would delete tables that are not in the list of tables yet
 *     recount     the database opens; counts and leaves are not what is in it
 *     done        all is consistent, but objects may be missing, or be older than they were; lasts until forgotten
 *
 * The state is durable before what it announces is begun.
 */
#ifndef GR_STORE_SALVAGE_H
#define GR_STORE_SALVAGE_H

#include <stdbool.h>
#include <stddef.h>

#define SALVAGE_TEXT_BYTES 1024u

enum salvage_state { SALVAGE_NONE, SALVAGE_WANTED, SALVAGE_REPAIRING, SALVAGE_RECOUNT, SALVAGE_DONE };

struct salvage {
    enum salvage_state state;
    char text[SALVAGE_TEXT_BYTES];
};

/* Read DIR/SALVAGE; none is SALVAGE_NONE, one that makes no sense SALVAGE_REPAIRING. `error_text` as dir.h.
 * Errors of all: GR_EACCES, GR_ENOSPC, GR_EIO. */
int salvage_load(const char *dir, struct salvage *ret, char *error_text, size_t error_size);

/* Write it, durably. */
int salvage_save(const char *dir, const struct salvage *salvage, char *error_text, size_t error_size);

/* Remove it, durably. */
int salvage_forget(const char *dir, char *error_text, size_t error_size);

/* Put a sentence in front of the text; the oldest ones fall off at the end. */
void salvage_tell(struct salvage *salvage, const char *sentence);

/* Link tables, logs and lists of tables of DIR/rocksdb into a fresh DIR/quarantine/N, whose path goes to `ret_place`.
 * What a repair drops or RocksDB deletes stays there. */
int salvage_put_aside(const char *dir, char *ret_place, size_t place_size, char *error_text, size_t error_size);

/* The database is open: forget what it still has from all of DIR/quarantine, and add what the repair laid by. */
int salvage_tidy(const char *dir, char *error_text, size_t error_size);

/* The names of the files that were put aside last, each behind a space, as far as there is room. */
void salvage_list(const char *dir, char *ret, size_t size);

#endif
