#include "server/disk_room.h"

bool disk_room_refused(struct disk_room *room, uint64_t now_ms)
{
    bool is_new = !room->is_full;
    if (is_new) {
        *room = (struct disk_room){.is_full = true, .since_ms = now_ms};
    }
    room->refused_ms = now_ms;
    room->refused++;
    return is_new;
}

bool disk_room_taken(struct disk_room *room, uint64_t now_ms)
{
    bool is_new = room->is_full && now_ms - room->refused_ms >= DISK_ROOM_PAUSE_MS;
    if (is_new) {
        room->is_full = false;
    }
    return is_new;
}

bool disk_calm_look(struct disk_calm *calm, bool has_room, uint64_t now_ms)
{
    if (has_room && !calm->has_room) {
        calm->since_ms = now_ms;
    }
    calm->has_room = has_room;
    return has_room && now_ms - calm->since_ms >= DISK_CALM_MS;
}
