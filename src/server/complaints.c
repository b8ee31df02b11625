#include "server/complaints.h"

#include "base/hash.h"

/* The place of an address; a new one, cleared, if it has none. */
static struct complaint *find_place(struct complaints *complaints, uint64_t where)
{
    struct complaint *oldest = &complaints->list[0];
    for (unsigned i = 0; i < complaints->count; i++) {
        struct complaint *complaint = &complaints->list[i];
        if (complaint->where == where) {
            return complaint;
        }
        oldest = complaint->noted_ms < oldest->noted_ms ? complaint : oldest;
    }
    struct complaint *place = complaints->count < COMPLAINTS_MAX ? &complaints->list[complaints->count++] : oldest;
    *place = (struct complaint){.where = where};
    return place;
}

static uint64_t longer(uint64_t pause_ms)
{
    return pause_ms > COMPLAINTS_CALM_MS / 2 ? COMPLAINTS_CALM_MS : pause_ms * 2;
}

/* May it be said? Counts it as said if so. */
static bool pass(struct complaint *last, uint64_t what, uint64_t now_ms)
{
    if (last->count == 0 || now_ms - last->noted_ms >= COMPLAINTS_CALM_MS) {
        last->count = 1;
        last->pause_ms = COMPLAINTS_PAUSE_MS;
        return true;
    }
    if (last->what != what && last->count < COMPLAINTS_FEW) {
        last->count++;
        return true;
    }
    if (now_ms - last->said_ms < last->pause_ms) {
        return false;
    }
    last->pause_ms = longer(last->pause_ms);
    return true;
}

bool complaints_is_new(struct complaints *complaints, const char *where, const char *what, uint64_t now_ms,
                       uint64_t *ret_suppressed)
{
    uint64_t said = hash_bytes(bytes_of_text(what));
    struct complaint *place = find_place(complaints, hash_bytes(bytes_of_text(where)));
    bool passes = pass(place, said, now_ms);
    complaints->total++;
    place->noted_ms = now_ms;
    if (!passes) {
        place->suppressed++;
        return false;
    }
    *ret_suppressed = place->suppressed;
    place->suppressed = 0;
    place->what = said;
    place->said_ms = now_ms;
    return true;
}
