/* A node whose store, peers and clients are played by the test: it hands the node events one by one and looks at what
 * the node asks for. Where two real nodes are to speak, one_deliver carries what the one has just sent to the other.
 *
 * A test file includes cmocka.h itself. What goes wrong in here fails the test.
 */
#ifndef GR_TESTS_ONE_NODE_H
#define GR_TESTS_ONE_NODE_H

#include "base/arena.h"
#include "node/node.h"

#define ONE_SELF 1u /* the node's id; peers are numbered on from it */
#define ONE_TIMEOUT_MS 1000u
#define ONE_OPEN_MAX 256u

struct one_node {
    struct node *node;
    struct instant now;
    uint64_t loads[ONE_OPEN_MAX]; /* tokens not answered yet, oldest first */
    unsigned loads_open;
    uint64_t stores[ONE_OPEN_MAX];
    unsigned stores_open;
    uint64_t scans[ONE_OPEN_MAX];
    unsigned scans_open;
    uint64_t next_token; /* of a request */
    unsigned replies;    /* so far, to all requests */
    unsigned refusals;   /* EFFECT_REFUSED so far */
    int status;          /* of the last reply */
    struct arena arena;  /* of what the test makes */
};

/* A founder with N = 3, R = W = 2, and room for 16 requests. */
struct node_config one_config(void);

/* Start it, and admit peers ONE_SELF + 1 and on, whose links are up then. */
void one_start(struct one_node *one, const struct node_config *config, unsigned peers);
void one_done(struct one_node *one);

/* Hand it an event, at one->now. */
void one_step(struct one_node *one, struct event event);
void one_tick(struct one_node *one, uint64_t after_ms);
void one_peer_up(struct one_node *one, uint64_t peer);
void one_peer_down(struct one_node *one, uint64_t peer);
void one_hear(struct one_node *one, uint64_t from, const struct wire_message *message);

/* Answer the oldest open load or store; a save that is answered counts as a store. `value` is taken over; NULL:
 * absent. */
void one_loaded(struct one_node *one, int status, struct blob *value);
void one_stored(struct one_node *one, int status);

/* Answer the oldest open scan. `page` is taken over; NULL: the scan has failed. */
void one_scanned(struct one_node *one, int status, struct page *page);

/* Answer all there is, and what follows from that: every key is absent, every store succeeds, every scan finds
 * nothing. */
void one_serve(struct one_node *one);

/* A client asks; token and timeout are filled in. */
void one_ask(struct one_node *one, struct request request);
void one_put(struct one_node *one, struct bytes key, const char *value);

/* What the last step asked for: how many of a kind, the place-th of a kind, and the first message of a type to a peer;
 * NULL: none. Borrowed until the next step. */
unsigned one_count(const struct one_node *one, enum effect_kind kind);
const struct effect *one_effect(const struct one_node *one, enum effect_kind kind, unsigned place);
const struct wire_message *one_sent(const struct one_node *one, uint64_t peer, enum wire_type type);

/* Carry what `from` sent to `to` in its last step. Returns how many messages there were. */
unsigned one_deliver(const struct one_node *from, struct one_node *to);

/* A key whose owner at `place` is `owner`; a key that this node does not own. `number` tells several apart. */
struct bytes one_key_of(struct one_node *one, unsigned place, uint64_t owner, unsigned number);
struct bytes one_key_of_others(struct one_node *one, unsigned number);
uint64_t one_owner(const struct one_node *one, struct bytes key, unsigned place);

/* A last-writer-wins object with one value, encoded; one reference for the caller. */
struct blob *one_object(struct one_node *one, struct bytes key, const char *value, struct dot dot);

/* The dot and the value of an encoded object that a node made. */
struct dot one_dot_of(struct one_node *one, struct bytes key, struct bytes object);
struct bytes one_value_of(struct one_node *one, struct bytes key, struct bytes object);

#endif
