#include "node/quorum.h"

#include "base/error.h"
#include "node/internal.h"

void quorum_again(struct quorum *quorum, const struct node *node)
{
    unsigned wanted = quorum->tally.wanted;
    unsigned asked = quorum->tally.asked;
    tally_init(&quorum->tally, asked, wanted);
    for (unsigned i = 0; i < asked; i++) {
        quorum->errors[i] = 0;
        if (!node_peer_is_up(node, quorum->nodes[i])) {
            quorum->errors[i] = GR_EUNREACHABLE;
            tally_fail(&quorum->tally, i);
        }
    }
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
    for (unsigned i = 0; i < count; i++) {
        quorum->nodes[i] = owners[i];
    }
    quorum_again(quorum, node);
}

int quorum_place(const struct quorum *quorum, uint64_t node)
{
    for (unsigned i = 0; i < quorum->tally.asked; i++) { /* at most RING_REPLICAS_MAX */
        if (quorum->nodes[i] == node) {
            return (int)i;
        }
    }
    return -1;
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

bool quorum_awaits(const struct quorum *quorum, uint64_t node)
{
    int place = quorum_place(quorum, node);
    return place >= 0 && !tally_has(&quorum->tally, (unsigned)place);
}

/* A piece of text in an arena, put together from the left. */
struct text {
    char *data;
    size_t len;
    size_t size;
};

static void text_add(struct text *text, const char *piece)
{
    size_t len = strlen(piece);
    len = len > text->size - text->len ? text->size - text->len : len;
    memcpy(text->data + text->len, piece, len);
    text->len += len;
}

static void text_add_number(struct text *text, unsigned number)
{
    char digits[12];
    unsigned place = sizeof digits - 1;
    digits[place] = '\0';
    do {
        digits[--place] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    text_add(text, &digits[place]);
}

static const char *reason(const struct quorum *quorum, unsigned place)
{
    if (!tally_has(&quorum->tally, place)) {
        return "no answer in time";
    }
    int error = quorum->errors[place];
    return error == GR_EUNREACHABLE ? "down" : gr_error_text(error);
}

static const char *address(const struct node *node, uint64_t id)
{
    const struct member *member = members_find(&node->membership.members, id);
    return member == NULL ? "a node without address" : member->client;
}

struct bytes quorum_detail(const struct quorum *quorum, const struct node *node, const char *what, struct arena *arena)
{
    struct text text = {arena_alloc(arena, WIRE_TEXT_MAX), 0, WIRE_TEXT_MAX};
    if (text.data == NULL) {
        return BYTES_EMPTY;
    }
    text_add(&text, "wanted ");
    text_add_number(&text, quorum->tally.wanted);
    text_add(&text, " of ");
    text_add_number(&text, quorum->tally.asked);
    text_add(&text, what);
    text_add(&text, ", got ");
    text_add_number(&text, tally_acks(&quorum->tally));
    bool lost =
        tally_verdict(&quorum->tally) == TALLY_LOST; /* then nobody waits for the rest, and it is not to blame */
    const char *separator = " (";
    for (unsigned i = 0; i < quorum->tally.asked; i++) {
        bool failed = quorum->tally.failed >> i & 1;
        if (failed || (!lost && !tally_has(&quorum->tally, i))) {
            text_add(&text, separator);
            text_add(&text, address(node, quorum->nodes[i]));
            text_add(&text, " ");
            text_add(&text, reason(quorum, i));
            separator = ", ";
        }
    }
    text_add(&text, separator[0] == ',' ? ")" : "");
    return bytes_of(text.data, text.len);
}
