#include "resp/writes.h"

void writes_note(struct writes *writes, uint64_t number, uint32_t keys, unsigned lane, const struct reply *reply)
{
    bool unchanged = reply->status == 0 && reply->copies == 0;
    if (unchanged || (writes->any && number < writes->number)) {
        return;
    }
    if (!writes->any || number != writes->number) {
        *writes = (struct writes){.number = number, .any = true, .large = keys > WRITES_KEYS_MAX, .least = UINT8_MAX};
    }
    if (reply->copies < writes->least) {
        writes->least = reply->copies;
    }
    if (!writes->large) {
        unsigned at = writes->keys++;
        writes->list[at].lane = (uint8_t)lane;
        writes->list[at].copies = reply->copies;
        writes->list[at].final = reply->final || reply->status != 0;
    }
}

void writes_progress(struct writes *writes, uint16_t number, unsigned lane, uint8_t copies, bool final)
{
    if (!writes->any || (uint16_t)writes->number != number) {
        return;
    }
    for (unsigned i = 0; i < writes->keys; i++) {
        if (writes->list[i].lane == lane) {
            if (copies > writes->list[i].copies) {
                writes->list[i].copies = copies;
            }
            writes->list[i].final = writes->list[i].final || final;
        }
    }
}

uint8_t writes_copies(const struct writes *writes, bool *ret_final)
{
    if (writes->large) {
        *ret_final = true;
        return writes->least;
    }
    uint8_t least = UINT8_MAX;
    bool final = false;
    for (unsigned i = 0; i < writes->keys; i++) {
        if (writes->list[i].copies < least) {
            least = writes->list[i].copies;
            final = writes->list[i].final;
        } else if (writes->list[i].copies == least) {
            final = final || writes->list[i].final;
        }
    }
    *ret_final = final;
    return least;
}
