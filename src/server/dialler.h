/* Whom to dial, and when. One connection serves both directions, so of each pair of nodes one dials:
 *
 *   a member with a greater id   as soon as it is known and has no link
 *   a member with a smaller id   after DIALLER_PATIENCE_MS without a link: its own dialling comes first. At the start
 *                                of the process at once, for the others are still backing off from the dead node
 *   a seed (--join)              while the node is joining, and after DIALLER_PATIENCE_MS without a link to any member:
 *                                at once it would be a second connection to a member, and of two one is closed
 *
 * Failures back off (backoff.h). A member is dialled where its record says now, so a changed address is picked up;
 * not while another member with the same address has a link.
 */
#ifndef GR_SERVER_DIALLER_H
#define GR_SERVER_DIALLER_H

#include "node/node.h"
#include "server/backoff.h"
#include "server/links.h"

#define DIALLER_PATIENCE_MS 1000u
#define DIALLER_CALM_MS 3000u /* longer than any pause between two attempts: LINK_HANDSHAKE_MS, BACKOFF_LAST_MS */
#define DIALLER_SEEDS_MAX 64u
#define DIALLER_TELL_MS 30000u

struct dial {
    uint64_t number;                 /* what links knows it by */
    uint64_t node;                   /* 0: a seed */
    struct settings_address address; /* of a seed */
    struct backoff backoff;
    uint64_t due_ms;
    uint64_t last_ms; /* of the last attempt's start */
    uint64_t told_ms; /* when its failure was last told; 0: not yet */
    bool is_busy;     /* a connection is under way, or up */
    bool is_self;     /* never again */
};

struct dialler_sink {
    void *context;
    /* A peer that we dialled will not have us. */
    void (*refused)(void *context, const char *address, bool is_seed, int code, const char *text);
    /* A seed cannot be reached, or does not speak as a peer, and we have not joined. At most one in DIALLER_TELL_MS. */
    void (*failed)(void *context, const char *address, const char *text);
    /* We have not joined, and every seed turned out to be this very node: nobody is left to ask. */
    void (*alone)(void *context, const char *address);
};

struct dialler {
    struct links *links;
    const struct node *node;
    struct dialler_sink sink;
    struct rng rng;
    struct dial *dials;
    unsigned count;
    unsigned capacity;
    uint64_t members_hash; /* of the records that `dials` was made from */
    uint64_t next_number;
    uint64_t wake_at; /* nothing is due before */
    bool has_changed; /* since wake_at was worked out */
    bool has_begun;
    bool is_stopped;
};

/* Links and node are borrowed; `seeds` is a comma-separated list, read now; may be NULL. Errors: GR_ENOMEM. */
int dialler_init(struct dialler *dialler, struct links *links, const struct node *node, const char *seeds,
                 uint64_t seed, const struct dialler_sink *sink);
void dialler_done(struct dialler *dialler);

/* Dial no more. */
void dialler_stop(struct dialler *dialler);

/* Dial what is due. Returns when to call again (mono_ms, UINT64_MAX: when something changes). */
uint64_t dialler_tick(struct dialler *dialler, uint64_t now_ms);

/* From links: what became of a dial, and that a peer is gone. */
void dialler_told(struct dialler *dialler, uint64_t number, enum links_outcome outcome, int code, const char *text);
void dialler_peer_lost(struct dialler *dialler, uint64_t peer, uint64_t now_ms);

#endif
