#include "server/dialler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"

static struct dial *add(struct dialler *dialler)
{
    if (dialler->count == dialler->capacity) {
        unsigned capacity = dialler->capacity == 0 ? 8 : dialler->capacity * 2;
        struct dial *dials = realloc(dialler->dials, capacity * sizeof *dials);
        if (dials == NULL) {
            return NULL;
        }
        dialler->dials = dials;
        dialler->capacity = capacity;
    }
    struct dial *dial = &dialler->dials[dialler->count++];
    *dial = (struct dial){.number = ++dialler->next_number};
    return dial;
}

static int add_seeds(struct dialler *dialler, const char *seeds)
{
    struct settings_address address;
    while (dialler->count < DIALLER_SEEDS_MAX && address_next(&seeds, &address)) {
        struct dial *dial = add(dialler);
        if (dial == NULL) {
            return GR_ENOMEM;
        }
        dial->address = address;
    }
    return 0;
}

static struct dial *find_node(struct dialler *dialler, uint64_t node)
{
    for (unsigned i = 0; i < dialler->count; i++) {
        if (dialler->dials[i].node == node) {
            return &dialler->dials[i];
        }
    }
    return NULL;
}

/* When a member without a link is first dialled, if its link was lost or it became known at `since_ms`. */
static uint64_t first_due(const struct dialler *dialler, uint64_t node, uint64_t since_ms)
{
    return node > node_id(dialler->node) ? since_ms : since_ms + DIALLER_PATIENCE_MS;
}

/* Members that became known since the last time. A record that found no memory is tried again next time. */
static void add_members(struct dialler *dialler, uint64_t now_ms, bool at_start)
{
    const struct members *members = node_members(dialler->node);
    if (members->hash == dialler->members_hash) {
        return;
    }
    for (uint32_t i = 0; i < members->count; i++) {
        uint64_t node = members->list[i].node;
        if (node == node_id(dialler->node) || find_node(dialler, node) != NULL) {
            continue;
        }
        struct dial *dial = add(dialler);
        if (dial == NULL) {
            return;
        }
        dial->node = node;
        dial->due_ms = at_start ? now_ms : first_due(dialler, node, now_ms);
    }
    dialler->members_hash = members->hash;
}

int dialler_init(struct dialler *dialler, struct links *links, const struct node *node, const char *seeds,
                 uint64_t seed, const struct dialler_sink *sink)
{
    *dialler = (struct dialler){.links = links, .node = node, .sink = *sink};
    rng_init(&dialler->rng, seed);
    int status = seeds == NULL ? 0 : add_seeds(dialler, seeds);
    if (status == 0) {
        add_members(dialler, 0, true);
    }
    return status;
}

void dialler_done(struct dialler *dialler)
{
    free(dialler->dials);
}

/* Is another member at that address, and has a link? Then a connection to it would take that link's place (B1), and
 * lead to nobody else: a node lost its directory and joined anew where it had been. */
static bool is_place_of_another(const struct dialler *dialler, uint64_t node)
{
    const struct members *members = node_members(dialler->node);
    const struct member *wanted = members_find(members, node);
    for (uint32_t i = 0; wanted != NULL && i < members->count; i++) {
        const struct member *other = &members->list[i];
        if (other != wanted && strcmp(other->peer, wanted->peer) == 0 && links_is_up(dialler->links, other->node)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(const struct dialler *dialler, const struct dial *dial)
{
    if (dial->is_busy || dial->is_self) {
        return false;
    }
    if (dial->node == 0) {
        return node_cluster(dialler->node) == 0 || dialler->links->up_count == 0;
    }
    return !links_is_up(dialler->links, dial->node) && !is_place_of_another(dialler, dial->node);
}

static int address_of(const struct dialler *dialler, const struct dial *dial, struct settings_address *ret)
{
    if (dial->node == 0) {
        *ret = dial->address;
        return 0;
    }
    const struct member *member = members_find(node_members(dialler->node), dial->node);
    return member == NULL ? GR_ENOENT : address_parse(member->peer, ret);
}

/* `dialled` may come back at once, and the array does not move under it. Only a link that held makes the next delay
 * short again: one that came up and broke each time would be dialled without pause. */
static void start(struct dialler *dialler, struct dial *dial, uint64_t now_ms)
{
    struct settings_address address;
    if (now_ms - dial->last_ms >= DIALLER_CALM_MS) {
        backoff_reset(&dial->backoff);
    }
    dial->last_ms = now_ms;
    dial->due_ms = now_ms + backoff_next(&dial->backoff, &dialler->rng);
    if (address_of(dialler, dial, &address) == 0) {
        dial->is_busy = true;
        links_dial(dialler->links, &address, dial->number);
    }
}

static uint64_t dial_due(struct dialler *dialler, uint64_t now_ms)
{
    uint64_t wake_at = UINT64_MAX;
    for (unsigned i = 0; i < dialler->count; i++) {
        struct dial *dial = &dialler->dials[i];
        if (is_wanted(dialler, dial) && dial->due_ms <= now_ms) {
            start(dialler, dial, now_ms);
        }
        if (is_wanted(dialler, dial) && dial->due_ms < wake_at) {
            wake_at = dial->due_ms;
        }
    }
    return wake_at;
}

/* At the start. A seed is a member, most likely, and both would be dialled at the same moment. */
static void put_off_seeds(struct dialler *dialler, uint64_t now_ms)
{
    if (dialler->has_begun || node_members(dialler->node)->count < 2) {
        return;
    }
    for (unsigned i = 0; i < dialler->count; i++) {
        struct dial *dial = &dialler->dials[i];
        dial->due_ms = dial->node == 0 ? now_ms + DIALLER_PATIENCE_MS : dial->due_ms;
    }
}

/* Called once a tick, so it looks at the list only when there is a reason to. */
uint64_t dialler_tick(struct dialler *dialler, uint64_t now_ms)
{
    if (dialler->is_stopped) {
        return UINT64_MAX;
    }
    put_off_seeds(dialler, now_ms);
    dialler->has_begun = true;
    bool has_members = node_members(dialler->node)->hash != dialler->members_hash;
    if (dialler->has_changed || has_members || now_ms >= dialler->wake_at) {
        dialler->has_changed = false;
        add_members(dialler, now_ms, false);
        dialler->wake_at = dial_due(dialler, now_ms);
    }
    return dialler->wake_at;
}

void dialler_stop(struct dialler *dialler)
{
    dialler->is_stopped = true;
}

static struct dial *find_number(struct dialler *dialler, uint64_t number)
{
    unsigned i = 0;
    while (i < dialler->count && dialler->dials[i].number != number) {
        i++;
    }
    return i == dialler->count ? NULL : &dialler->dials[i];
}

static void format_dial(const struct dialler *dialler, const struct dial *dial, char ret_where[ADDRESS_TEXT_MAX])
{
    struct settings_address address;
    snprintf(ret_where, ADDRESS_TEXT_MAX, "?");
    if (address_of(dialler, dial, &address) == 0) {
        address_format(&address, ret_where);
    }
}

static void tell_refused(struct dialler *dialler, const struct dial *dial, int code, const char *text)
{
    char where[ADDRESS_TEXT_MAX];
    format_dial(dialler, dial, where);
    dialler->sink.refused(dialler->sink.context, where, dial->node == 0, code, text);
}

static void tell_failed(struct dialler *dialler, struct dial *dial, const char *text)
{
    char where[ADDRESS_TEXT_MAX];
    bool is_due = dial->told_ms == 0 || dial->last_ms - dial->told_ms >= DIALLER_TELL_MS;
    if (dial->node == 0 && node_cluster(dialler->node) == 0 && is_due) {
        dial->told_ms = dial->last_ms;
        format_dial(dialler, dial, where);
        dialler->sink.failed(dialler->sink.context, where, text);
    }
}

static bool has_seed(const struct dialler *dialler)
{
    unsigned i = 0;
    while (i < dialler->count && (dialler->dials[i].node != 0 || dialler->dials[i].is_self)) {
        i++;
    }
    return i < dialler->count;
}

static void found_self(struct dialler *dialler, struct dial *dial)
{
    char where[ADDRESS_TEXT_MAX];
    dial->is_self = true;
    if (dial->node == 0 && node_cluster(dialler->node) == 0 && !has_seed(dialler)) {
        format_dial(dialler, dial, where);
        dialler->sink.alone(dialler->sink.context, where);
    }
}

void dialler_told(struct dialler *dialler, uint64_t number, enum links_outcome outcome, int code, const char *text)
{
    struct dial *dial = find_number(dialler, number);
    GR_ASSERT(dial != NULL);
    dial->is_busy = outcome == LINKS_UP;
    dialler->has_changed = true;
    if (outcome == LINKS_SELF) {
        found_self(dialler, dial);
    } else if (outcome == LINKS_REFUSED) {
        tell_refused(dialler, dial, code, text);
    } else if (outcome == LINKS_FAILED) {
        tell_failed(dialler, dial, text);
    }
}

void dialler_peer_lost(struct dialler *dialler, uint64_t peer, uint64_t now_ms)
{
    struct dial *dial = find_node(dialler, peer);
    uint64_t due_ms = first_due(dialler, peer, now_ms);
    dialler->has_changed = true;
    if (dial != NULL && dial->due_ms < due_ms) {
        dial->due_ms = due_ms;
    }
}
