#include "node/peers.h"

#include <string.h>

#include "base/assert.h"

/* The place of `peer`, or where it would go. */
static uint32_t place_of(const struct peers *peers, uint64_t peer)
{
    uint32_t low = 0;
    uint32_t high = peers->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (peers->up[middle] < peer) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool peers_have(const struct peers *peers, uint64_t peer)
{
    uint32_t place = place_of(peers, peer);
    return place < peers->count && peers->up[place] == peer;
}

bool peers_add(struct peers *peers, uint64_t peer)
{
    uint32_t place = place_of(peers, peer);
    if (place < peers->count && peers->up[place] == peer) {
        return false;
    }
    GR_ASSERT_LT(peers->count, PEERS_MAX);
    memmove(&peers->up[place + 1], &peers->up[place], (peers->count - place) * sizeof peers->up[0]);
    peers->up[place] = peer;
    peers->count++;
    return true;
}

bool peers_remove(struct peers *peers, uint64_t peer)
{
    uint32_t place = place_of(peers, peer);
    if (place == peers->count || peers->up[place] != peer) {
        return false;
    }
    peers->count--;
    memmove(&peers->up[place], &peers->up[place + 1], (peers->count - place) * sizeof peers->up[0]);
    return true;
}

uint64_t peers_pick(const struct peers *peers, struct rng *rng)
{
    return peers->count == 0 ? 0 : peers->up[rng_below(rng, peers->count)];
}
