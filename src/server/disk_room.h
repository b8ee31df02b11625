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
#define DISK_CALM_MS 5000u

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

/* An engine that must be opened anew to take writes again, after the disk was full: when is it worth it? Not at the
 * first sight of room, which whoever filled the disk may take again at once: a start that meets a full disk ends. */
struct disk_calm {
    bool has_room;
    uint64_t since_ms;
};

/* Somebody looked: there is room, or not. True once there has been for DISK_CALM_MS, at every look. */
bool disk_calm_look(struct disk_calm *calm, bool has_room, uint64_t now_ms);

#endif
