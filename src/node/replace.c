#include "node/replace.h"

#include "base/error.h"
#include "node/internal.h"

#define ID_DIGITS 16u
#define TEXT_MAX WIRE_TEXT_MAX

static void put_id(char *ret, uint64_t id)
{
    for (unsigned i = 0; i < ID_DIGITS; i++) {
        ret[i] = "0123456789abcdef"[id >> (60 - 4 * i) & 15];
    }
}

const char *replace_text(struct node *node, const char *pattern, uint64_t first, uint64_t second)
{
    char *text = arena_alloc(&node->env.scratch, TEXT_MAX + 1);
    size_t len = 0;
    if (text == NULL) {
        return pattern;
    }
    for (; *pattern != '\0' && len + ID_DIGITS <= TEXT_MAX; pattern++) {
        if (*pattern == '%') {
            put_id(text + len, first);
            len += ID_DIGITS;
            first = second;
        } else {
            text[len++] = *pattern;
        }
    }
    text[len] = '\0';
    return text;
}

/* Is the old node one that may give its place away? */
static int judge_old(struct node *node, uint64_t old, const char **ret_text)
{
    uint64_t successor = placement_successor(node->membership.placement, old);
    if (successor != 0) {
        *ret_text = replace_text(
            node, "node % was replaced already, by node %: if that one is lost too, or never comes, replace that", old,
            successor);
        return GR_EEXIST;
    }
    if (!membership_has(&node->membership, old)) {
        *ret_text = replace_text(node, "node % is no member of this ring: `gramme cluster status` lists them", old, 0);
        return GR_ENOENT;
    }
    if (detector_is_healthy(node, old)) {
        *ret_text = replace_text(
            node, "node % is up: only a node that is lost for good can be replaced; if it is to go, stop it first", old,
            0);
        return GR_EINVAL;
    }
    return 0;
}

/* Is the new node one that may take a place? */
static int judge_new(struct node *node, uint64_t old, uint64_t new, const char **ret_text)
{
    if (old == new || new == 0) {
        *ret_text = "a node cannot take its own place: name the lost node, then the one that comes instead of it";
        return GR_EINVAL;
    }
    if (placement_successor(node->membership.placement, new) != 0) {
        *ret_text = replace_text(
            node, "node % has been replaced and is fenced: start the new node with an empty data directory", new, 0);
        return GR_EFENCED;
    }
    if (membership_has(&node->membership, new)) {
        *ret_text = replace_text(
            node, "node % is a member already: only a node outside the ring can take the place of a lost one", new, 0);
        return GR_EEXIST;
    }
    return 0;
}

/* The zone as the entry has it: empty for the old node's own. */
static int choose_zone(struct node *node, uint64_t old, struct bytes zone, char *ret, const char **ret_text)
{
    const char *before = placement_zone(node->membership.placement, old);
    if (zone.len == 0 || bytes_equal(zone, bytes_of_text(before))) {
        return 0;
    }
    if (zone.len > RING_ZONE_REPLACE_MAX) {
        *ret_text = "the zone of a node that takes another's place has at most 24 bytes, unless it is the other's zone";
        return GR_EINVAL;
    }
    memcpy(ret, zone.data, zone.len);
    return 0;
}

/* One more than any life that the node has had in this ring. */
static uint32_t next_incarnation(const struct ring_log *log, uint64_t node)
{
    uint32_t highest = 0;
    for (uint32_t i = 0; i < log->count; i++) {
        const struct ring_entry *entry = &log->entries[i];
        highest = entry->node == node && entry->incarnation > highest ? entry->incarnation : highest;
    }
    return highest == UINT32_MAX ? highest : highest + 1;
}

/* Behind every entry there is: before the old node's JOIN it would mean nothing. */
static uint64_t next_stamp(struct node *node)
{
    const struct ring_log *log = &node->membership.log;
    uint64_t last = log->count == 0 ? 0 : log->entries[log->count - 1].stamp;
    return hlc_mint_above(&node->clock, last > HLC_OUTSIDE_MAX ? 0 : last, node->env.now.wall_ms);
}

int replace_add(struct node *node, uint64_t old, uint64_t new, struct bytes zone, const char **ret_text)
{
    struct membership *membership = &node->membership;
    struct ring_entry entry = {.node = new, .kind = RING_REPLACE, .replaces = old};
    int error = judge_new(node, old, new, ret_text);
    error = error == 0 ? judge_old(node, old, ret_text) : error;
    error = error == 0 ? choose_zone(node, old, zone, entry.zone, ret_text) : error;
    if (error != 0) {
        return error;
    }
    entry.stamp = next_stamp(node);
    entry.incarnation = next_incarnation(&membership->log, new);
    error = ring_log_add(&membership->log, &entry);
    error = error < 0 ? error : membership_rebuild(membership);
    if (error == 0 && !membership_has(membership, new)) {
        error = GR_EBUSY; /* an entry lies ahead of all clocks */
    }
    *ret_text = gr_error_text(error);
    return error;
}

void replace_request(struct node *node, const struct origin *origin, const struct request *request)
{
    const char *text;
    uint64_t old = request->offset;
    uint64_t new = request->number;
    struct reply done = {.final = true};
    if (membership_has(&node->membership, new) && placement_predecessor(node->membership.placement, new) == old) {
        origin_reply(node, origin, &done);
        return;
    }
    int error = replace_add(node, old, new, BYTES_EMPTY, &text);
    if (error != 0) {
        origin_refuse(node, origin, error, text);
        return;
    }
    membership_announce(node);
    origin_reply(node, origin, &done);
}

/* Whose place this node was to take, if it ever was; 0: nobody's. */
static uint64_t wanted_place(const struct node *node)
{
    const struct ring_log *log = &node->membership.log;
    uint64_t old = 0;
    for (uint32_t i = 0; i < log->count; i++) {
        const struct ring_entry *entry = &log->entries[i];
        old = entry->kind == RING_REPLACE && entry->node == node->config.node ? entry->replaces : old;
    }
    return old;
}

/* Why this node has no place, or NULL: it has left, as others have. */
static const char *reason_to_stop(struct node *node)
{
    const struct placement *placement = node->membership.placement;
    uint64_t self = node->config.node;
    uint64_t successor = placement_successor(placement, self);
    if (successor != 0) {
        return replace_text(node,
                            "this node, %, has been replaced: node % has its place and its data. Remove this data "
                            "directory; to start a node here, give it an empty one",
                            self, successor);
    }
    uint64_t old = wanted_place(node);
    if (old == 0) {
        return NULL;
    }
    return replace_text(node,
                        "node % was gone or given another successor (node %) when this node was to take its place: "
                        "remove this data directory and start with an empty one, to replace another lost node",
                        old, placement_successor(placement, old));
}

void replace_check(struct node *node)
{
    bool was_member = node->join.is_member;
    node->join.is_member = membership_has(&node->membership, node->config.node);
    if (node->join.is_member) {
        if (!was_member && placement_predecessor(node->membership.placement, node->config.node) != 0) {
            fill_start_all(node, false);
        }
        return;
    }
    const char *text = node->join.is_over ? NULL : reason_to_stop(node);
    if (text != NULL) {
        node->join.is_over = true;
        env_add(&node->env, EFFECT_REFUSED)->text = bytes_of_text(text);
    }
}

bool replace_is_over(const struct node *node)
{
    return node->join.is_over;
}
