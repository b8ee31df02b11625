#include "node/quorum.h"

#include "base/error.h"
#include "node/internal.h"

/* Who is not healthy is not asked. */
static void fail_unhealthy(struct quorum *quorum, const struct node *node)
{
    for (unsigned i = 0; i < quorum->tally.asked; i++) {
        bool is_new = (quorum->sent >> i & 1) == 0 && !tally_has(&quorum->tally, i);
        if (is_new && !detector_is_healthy(node, quorum->nodes[i])) {
            quorum->errors[i] = node_peer_is_up(node, quorum->nodes[i]) ? GR_ETIMEOUT : GR_EUNREACHABLE;
            tally_fail(&quorum->tally, i);
        }
    }
}

void quorum_again(struct quorum *quorum, const struct node *node)
{
    tally_init(&quorum->tally, quorum->tally.asked, quorum->tally.wanted);
    memset(quorum->errors, 0, sizeof quorum->errors);
    quorum->sent = 0;
    fail_unhealthy(quorum, node);
}

static void add(struct quorum *quorum, unsigned place, uint64_t id, uint64_t stands_for)
{
    quorum->nodes[place] = id;
    quorum->stands_for[place] = stands_for;
    quorum->errors[place] = 0;
}

void quorum_init(struct quorum *quorum, const struct node *node, uint16_t partition, unsigned wanted)
{
    const struct placement *placement = node->membership.placement;
    const uint64_t *owners = placement_owners(placement, partition);
    unsigned count = placement_replicas(placement);
    wanted = wanted > count ? count : wanted;
    if (CANARY(node, CANARY_QUORUM_SHORT) && wanted > 1) {
        wanted--;
    }
    tally_init(&quorum->tally, count, wanted);
    quorum->partition = partition;
    quorum->owners = (uint8_t)count;
    quorum->sent = 0;
    for (unsigned i = 0; i < count; i++) {
        add(quorum, i, owners[i], 0);
    }
    fail_unhealthy(quorum, node);
}

void quorum_init_pair(struct quorum *quorum, const struct node *node, uint16_t partition, uint64_t peer)
{
    tally_init(&quorum->tally, 2, 2);
    quorum->partition = partition;
    quorum->owners = 2;
    quorum->sent = 0;
    add(quorum, 0, node->config.node, 0);
    add(quorum, 1, peer, 0);
    fail_unhealthy(quorum, node);
}

int quorum_place(const struct quorum *quorum, uint64_t node)
{
    for (unsigned i = 0; i < quorum->tally.asked; i++) { /* at most QUORUM_MAX */
        if (quorum->nodes[i] == node) {
            return (int)i;
        }
    }
    return -1;
}

void quorum_sent(struct quorum *quorum, const struct node *node, unsigned place)
{
    GR_ASSERT_LT(place, quorum->tally.asked);
    quorum->sent |= 1u << place;
    quorum->sent_ms[place] = (uint32_t)node->env.now.mono_ms;
}

uint32_t quorum_took_ms(const struct quorum *quorum, const struct node *node, unsigned place)
{
    return (uint32_t)node->env.now.mono_ms - quorum->sent_ms[place];
}

void quorum_ack(struct quorum *quorum, uint64_t node)
{
    int place = quorum_place(quorum, node);
    if (place >= 0) {
        quorum->errors[place] = 0;
        tally_ack(&quorum->tally, (unsigned)place);
    }
}

void quorum_fail(struct quorum *quorum, uint64_t node, int error)
{
    int place = quorum_place(quorum, node);
    if (place >= 0 && !tally_has(&quorum->tally, (unsigned)place)) {
        quorum->errors[place] = error;
        tally_fail(&quorum->tally, (unsigned)place);
    }
}

/* The first node of the preference list behind the owners that is healthy and has no place; 0: there is none. */
static uint64_t find_stand_in(const struct quorum *quorum, struct node *node)
{
    if (CANARY(node, CANARY_NO_STAND_IN)) {
        return 0;
    }
    const struct placement *placement = node->membership.placement;
    unsigned members = placement_members(placement);
    if (quorum_place(quorum, node->config.node) < 0) {
        return node->config.node;
    }
    uint64_t *list = members > quorum->owners ? arena_alloc(&node->env.scratch, members * sizeof *list) : NULL;
    unsigned count = list == NULL ? 0 : placement_preference(placement, quorum->partition, list, members);
    for (unsigned i = 0; i < count; i++) {
        if (quorum_place(quorum, list[i]) < 0 && detector_is_healthy(node, list[i])) {
            return list[i];
        }
    }
    return 0;
}

int quorum_stand_in(struct quorum *quorum, struct node *node, unsigned place)
{
    uint64_t owner = quorum->stands_for[place] == 0 ? quorum->nodes[place] : quorum->stands_for[place];
    uint64_t id = quorum->tally.asked < QUORUM_MAX ? find_stand_in(quorum, node) : 0;
    if (id == 0) {
        return -1;
    }
    unsigned taken = tally_ask(&quorum->tally);
    add(quorum, taken, id, owner);
    return (int)taken;
}

/* Is there a stand-in for the owner at `place` that has not failed? */
static bool has_stand_in(const struct quorum *quorum, unsigned place)
{
    for (unsigned i = quorum->owners; i < quorum->tally.asked; i++) {
        if (quorum->stands_for[i] == quorum->nodes[place] && (quorum->tally.failed >> i & 1) == 0) {
            return true;
        }
    }
    return false;
}

void quorum_recruit(struct quorum *quorum, struct node *node)
{
    fail_unhealthy(quorum, node);
    for (unsigned i = 0; i < quorum->owners; i++) {
        if ((quorum->tally.failed >> i & 1) && !has_stand_in(quorum, i) && quorum_stand_in(quorum, node, i) < 0) {
            return;
        }
    }
}

/* The places of one copy: the owner's at `place`, and its stand-ins'. */
static uint32_t places_of(const struct quorum *quorum, unsigned place)
{
    uint32_t places = 1u << place;
    for (unsigned i = quorum->owners; i < quorum->tally.asked; i++) {
        places |= (uint32_t)(quorum->stands_for[i] == quorum->nodes[place]) << i;
    }
    return places;
}

unsigned quorum_copies(const struct quorum *quorum)
{
    unsigned copies = 0;
    for (unsigned i = 0; i < quorum->owners; i++) {
        copies += (places_of(quorum, i) & quorum->tally.acked) != 0;
    }
    return copies;
}

unsigned quorum_pending(const struct quorum *quorum)
{
    uint32_t awaited = quorum->sent & ~(uint32_t)(quorum->tally.acked | quorum->tally.failed);
    unsigned pending = 0;
    for (unsigned i = 0; i < quorum->owners; i++) {
        uint32_t places = places_of(quorum, i);
        pending += (places & quorum->tally.acked) == 0 && (places & awaited) != 0;
    }
    return pending;
}

enum tally_verdict quorum_verdict(const struct quorum *quorum)
{
    if (quorum->tally.asked == quorum->owners) {
        return tally_verdict(&quorum->tally);
    }
    unsigned copies = quorum_copies(quorum);
    unsigned left = 0;
    for (unsigned i = 0; i < quorum->owners; i++) {
        left += (places_of(quorum, i) & ~(uint32_t)quorum->tally.failed) != 0;
    }
    return copies >= quorum->tally.wanted ? TALLY_MET : left < quorum->tally.wanted ? TALLY_LOST : TALLY_OPEN;
}

/* Has the place been given up for its silence alone? */
static bool is_only_silent(const struct quorum *quorum, const struct node *node, unsigned place)
{
    bool has_failed = (quorum->tally.failed >> place & 1) != 0;
    return has_failed && quorum->errors[place] == GR_ETIMEOUT && node_peer_is_up(node, quorum->nodes[place]);
}

bool quorum_last_resort(struct quorum *quorum, const struct node *node)
{
    for (unsigned i = 0; i < quorum->tally.asked && quorum_verdict(quorum) == TALLY_LOST; i++) {
        if (is_only_silent(quorum, node, i)) {
            quorum->errors[i] = 0;
            tally_reopen(&quorum->tally, i);
        }
    }
    return quorum_verdict(quorum) != TALLY_LOST;
}

static bool was_sent(const struct quorum *quorum, int place)
{
    return place >= 0 && (quorum->sent >> place & 1);
}

bool quorum_awaits(const struct quorum *quorum, uint64_t node)
{
    int place = quorum_place(quorum, node);
    return was_sent(quorum, place) && !tally_has(&quorum->tally, (unsigned)place);
}

bool quorum_may_ack(const struct quorum *quorum, uint64_t node)
{
    int place = quorum_place(quorum, node);
    return was_sent(quorum, place) && (quorum->tally.acked >> place & 1) == 0;
}

int quorum_next(const struct quorum *quorum, const struct node *node)
{
    int best = -1;
    uint32_t best_ms = UINT32_MAX;
    for (unsigned i = 0; i < quorum->tally.asked; i++) {
        if ((quorum->sent >> i & 1) == 0 && !tally_has(&quorum->tally, i)) {
            uint32_t ms = detector_hedge_ms(node, quorum->nodes[i]);
            if (ms < best_ms) {
                best = (int)i;
                best_ms = ms;
            }
        }
    }
    return best;
}

bool quorum_covers(const struct quorum *quorum, unsigned place)
{
    return (places_of(quorum, place) & quorum->tally.acked) != 0;
}

bool quorum_is_settled(const struct quorum *quorum)
{
    return (quorum->sent & ~(quorum->tally.acked | quorum->tally.failed)) == 0;
}
