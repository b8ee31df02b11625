#include "server/complaints.h"

#include "base/hash.h"

static struct complaint *find_place(struct complaints *complaints, uint64_t where)
{
    struct complaint *oldest = &complaints->list[0];
    for (unsigned i = 0; i < complaints->count; i++) {
        struct complaint *complaint = &complaints->list[i];
        if (complaint->where == where) {
            return complaint;
        }
        oldest = complaint->said_ms < oldest->said_ms ? complaint : oldest;
    }
    return complaints->count < COMPLAINTS_MAX ? &complaints->list[complaints->count++] : oldest;
}

static bool is_enough(const struct complaint *last, uint64_t what, uint64_t now_ms)
{
    if (last->what == what) {
        return now_ms - last->said_ms < COMPLAINTS_AGAIN_MS;
    }
    return last->count >= COMPLAINTS_FEW && now_ms - last->said_ms < COMPLAINTS_PAUSE_MS;
}

bool complaints_is_new(struct complaints *complaints, const char *where, const char *what, uint64_t now_ms)
{
    struct complaint said = {hash_bytes(bytes_of_text(where)), hash_bytes(bytes_of_text(what)), now_ms, now_ms, 1};
    struct complaint *place = find_place(complaints, said.where);
    complaints->total++;
    if (place->where == said.where && is_enough(place, said.what, now_ms)) {
        return false;
    }
    if (place->where == said.where && now_ms - place->since_ms < COMPLAINTS_AGAIN_MS) {
        said.since_ms = place->since_ms;
        said.count = place->count + 1;
    }
    *place = said;
    return true;
}
