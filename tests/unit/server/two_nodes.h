/* Two nodes' links in one loop, over real loopback sockets, in a test's hands. Every wait is bounded. */
#ifndef GR_TESTS_TWO_NODES_H
#define GR_TESTS_TWO_NODES_H

#include "server/links.h"

#define CLUSTER 7u
#define STRANGER 100u /* ids from here on are no members', until they are admitted */

/* What one node has been told. */
struct told {
    unsigned ups, downs, messages, dials;
    unsigned strangers; /* that are up; not among ups and downs */
    bool admits;        /* strangers are members now */
    uint64_t last_peer, last_request;
    enum links_outcome outcome;
    int code;
    char text[256];
};

struct node_end {
    struct links links;
    struct told told;
    uv_tcp_t socket;
    struct settings_address address;
};

struct two_nodes {
    uv_loop_t loop;
    uv_timer_t alarm;     /* bounds every wait */
    struct node_end a, b; /* ids 1 and 2 */
};

/* Set-up and tear-down of a cmocka test. */
int two_open(void **state);
int two_close(void **state);

void two_turn(struct two_nodes *world);
void two_wait(struct two_nodes *world, const unsigned *value, unsigned wanted);

/* `a` dials `b`, and both are up. */
void two_connect(struct two_nodes *world);

void two_send_put(struct links *links, uint64_t peer, uint64_t request, size_t object_len);

/* A raw client of b's port. */
int two_raw_connect(const struct two_nodes *world);
void two_raw_send(int fd, struct bytes bytes);

#endif
