/* A node that keeps hints, in a test's hands (one_node.h): N = 3, and as many peers as a test wants. */
#ifndef GR_TESTS_HINTER_H
#define GR_TESTS_HINTER_H

#include "node/health.h"
#include "unit/node/one_node.h"

#define HINTER_AGE_MS 3600000u
#define HINTER_SCANS_MS 3000u

struct node_config hinter_config(void);
void hinter_start(struct one_node *one, unsigned peers);

/* Let time pass; whoever has a link answers its pings. */
void hinter_wait(struct one_node *one, uint64_t for_ms);

/* What is known of the peer, for a test to set. */
struct health *hinter_health(struct one_node *one, uint64_t peer);
void hinter_suspect(struct one_node *one, uint64_t peer);

/* A coordinator has this node keep the object for an owner; nothing is answered to the store yet. */
void hinter_hear(struct one_node *one, uint64_t owner, struct bytes key, struct blob *object);

/* The same, and it is stored. `object` is taken over. */
void hinter_keep(struct one_node *one, uint64_t owner, struct bytes key, struct blob *object);

/* An object written so long ago, by somebody else. */
struct blob *hinter_object(struct one_node *one, struct bytes key, const char *value, uint64_t age_ms);

/* Let time pass until the node scans hints; the scan, or NULL: not within HINTER_SCANS_MS. */
const struct effect *hinter_scan(struct one_node *one);

/* Answer the scan with one hint, the last there is. `object` is borrowed. */
void hinter_find(struct one_node *one, uint64_t owner, struct bytes key, struct bytes object);

void hinter_put_ack(struct one_node *one, uint64_t from, uint64_t request, int status, struct dot newest);

#endif
