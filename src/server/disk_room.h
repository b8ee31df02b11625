/* A full disk in the log: one line when writes begin to be refused, one when there is room again, however many writes
 * come in between.
 *
 * Writes that were let through before may still be completed after the first refusal, so one that succeeds means room
 * only a while after the last refusal. Around the limit, where some is freed and taken again, that makes one pair of
 * lines each DISK_ROOM_PAUSE_MS at most.
 */
#ifndef GR_SERVER_DISK_ROOM_H
#define GR_SERVER_DISK_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_ROOM_PAUSE_MS 1000u

struct disk_room {
    bool is_full;
    uint64_t since_ms;
    uint64_t refused_ms; /* the last refusal */
    uint64_t refused;    /* writes, since it is full */
};

/* A write was refused for lack of room. True if that is to be said. */
bool disk_room_refused(struct disk_room *room, uint64_t now_ms);

/* A write has succeeded. True if it is to be said that there is room again. */
bool disk_room_taken(struct disk_room *room, uint64_t now_ms);

#endif
