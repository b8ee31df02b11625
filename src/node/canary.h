/* Planted bugs, to see the simulator's checkers fail. Only a build with GRAMME_CANARY has them; elsewhere every
 * CANARY() is the constant 0. */
#ifndef GR_NODE_CANARY_H
#define GR_NODE_CANARY_H

enum canary {
    CANARY_EARLY_ACK = 1,       /* a put is acknowledged before the store has completed */
    CANARY_DOT_REUSED = 2,      /* now and then the same dot is minted twice */
    CANARY_OWN_PLACEMENT = 3,   /* each node has a placement of its own */
    CANARY_LEAK = 4,            /* now and then a request is never answered nor freed */
    CANARY_HIDDEN_STATE = 5,    /* a choice depends on a global, so that runs of one seed differ */
    CANARY_SIBLING_LOST = 6,    /* a replica keeps the newest sibling only */
    CANARY_QUORUM_SHORT = 7,    /* one acknowledgement too few is enough */
    CANARY_NO_REMINT = 8,       /* a write that a replica finds older is acknowledged all the same */
    CANARY_TOMBSTONE_BLIND = 9, /* a read takes a value over a newer tombstone */
    CANARY_SLOT_KEPT = 10,    /* now and then a slot is taken and never given back, though all requests are answered */
    CANARY_GRUDGE = 11,       /* a suspect stays one, whatever it says: its hints are never delivered */
    CANARY_ROOTS_BLIND = 12,  /* roots that differ are taken for equal */
    CANARY_REAP_UNASKED = 20, /* a tombstone is forgotten without asking the members for hints */
    CANARY_REAP_ONE_OWNER = 21,  /* one other owner is asked for its copy; roots that differ are taken for equal */
    CANARY_CLOCK_UNKEPT = 22,    /* who says "clear" keeps no clock above the tombstone for its next life */
    CANARY_REAP_UNEVEN = 23,     /* owners that forgetting has made unequal are not compared for that */
    CANARY_NO_STAND_IN = 30,     /* nobody stands in for an owner that does not answer */
    CANARY_LEAF_DRIFT = 31,      /* now and then a store leaves its leaf as it was */
    CANARY_NO_DOUBT = 32,        /* what a salvage has brought up is believed like any copy */
    CANARY_HINTS_UNBOUNDED = 40, /* hints are kept as a courtesy, whatever the room */
    CANARY_PART_LOST = 41,       /* of an object that goes in parts the first is sent, never another */
    CANARY_FLOOR_UNKEPT = 42     /* a tombstone does not wait for its floor to be kept */
};

#ifdef GRAMME_CANARY
#define CANARY(node, which) ((node)->config.canary == (which))
#else
#define CANARY(node, which) ((void)(node), 0)
#endif

#endif
