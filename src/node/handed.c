#include "node/handed.h"

#include "base/hash.h"

bool handed_is_new(struct handed *handed, const struct wire_forward *message)
{
    uint64_t name = hash_pair(message->actor, message->hlc);
    uint64_t *set = handed->names[name % HANDED_SETS];
    for (unsigned i = 0; i < HANDED_WAYS; i++) {
        if (set[i] == name) {
            return false;
        }
    }
    uint8_t *next = &handed->next[name % HANDED_SETS];
    set[*next] = name;
    *next = (uint8_t)((*next + 1) % HANDED_WAYS);
    return true;
}
