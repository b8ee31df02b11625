/* What a request's quorum says to the client when it was not met. */
#include "base/error.h"
#include "node/internal.h"
#include "node/quorum.h"

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
    if (error == GR_ETIMEOUT) {
        return "silent";
    }
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
    text_add_number(&text, quorum->owners);
    text_add(&text, what);
    text_add(&text, ", got ");
    text_add_number(&text, quorum_copies(quorum));
    bool lost = quorum_verdict(quorum) == TALLY_LOST; /* then nobody waits for the rest, and it is not to blame */
    const char *separator = " (";
    for (unsigned i = 0; i < quorum->tally.asked; i++) {
        bool failed = quorum->tally.failed >> i & 1;
        bool late = !lost && (quorum->sent >> i & 1) && !tally_has(&quorum->tally, i);
        if (failed || late) {
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
