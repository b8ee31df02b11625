/* A node that sweeps, in a test's hands (one_node.h): two peers, so that all three own everything. */
#ifndef GR_TESTS_REAPER_H
#define GR_TESTS_REAPER_H

#include "unit/node/one_node.h"

#define REAPER_AFTER_MS 5000u
#define REAPER_PASSES_MS (3u * REAPER_AFTER_MS)

void reaper_start(struct one_node *one);
struct node_config reaper_config(void);

/* The same with as many peers: with more than two, keys can be others' (one_key_of_others). */
void reaper_start_among(struct one_node *one, unsigned peers);

/* An encoded tombstone; one reference for the caller. */
struct blob *reaper_tombstone(struct one_node *one, struct bytes key, struct dot dot);

/* A peer has this node take the object as a replica. */
void reaper_put(struct one_node *one, struct bytes key, struct blob *object);

/* Let time pass until the node scans a slot; false: it does not within REAPER_PASSES_MS. */
bool reaper_scans(struct one_node *one);

/* Let so much time pass, or less, until the node compares with a peer, which calls all equal; false: it does not. */
bool reaper_compares(struct one_node *one, uint64_t within_ms);

/* Answer its scan with this one object, and the load that may follow. Returns whether it looks at the object. */
bool reaper_find(struct one_node *one, struct bytes key, struct blob *object);

/* The other owners answer; `same` of the second of them. */
void reaper_answer_gets(struct one_node *one, bool same);

/* The store keeps the clock, if it is asked to in the last step. */
void reaper_keep_clock(struct one_node *one, int status);

/* The same; then the members answer: the first with this, the second that it is clear. */
void reaper_answer_clears(struct one_node *one, bool clear, uint64_t epoch);

/* One round, from scan to the last answer. */
void reaper_prove(struct one_node *one, struct bytes key, struct blob *object);

#endif
