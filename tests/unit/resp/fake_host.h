/* A process around sessions that needs none: a node that believes in a ring of three, and a store of a few keys whose
 * answers the test gives when it likes, in the order it likes. */
#ifndef GR_TESTS_FAKE_HOST_H
#define GR_TESTS_FAKE_HOST_H

#include "resp/session.h"

#define FAKE_PENDING_MAX 8192

struct fake_key;

struct fake {
    struct sessions *sessions;
    struct node *node;
    struct fake_key *keys;
    struct request pending[FAKE_PENDING_MAX]; /* their bytes stay the session's, as in the real host */
    unsigned pending_count;
    uint64_t mono_ms, wall_us;
    unsigned wakes;
    int fail_status;   /* not 0: the next completion fails with it */
    int submit_status; /* not 0: submitting fails */
    uint8_t copies;    /* that a write's reply tells */
    bool final;
    uint8_t down;   /* one bit a member that the node cannot reach */
    bool automatic; /* complete everything before fake_say returns */
    uint64_t last_token;
};

/* `max` sessions; the node has joined a cluster of nodes 1, 2, 3 and is node 1. */
struct fake *fake_new(unsigned max);
void fake_free(struct fake *fake);
void fake_unjoin(struct fake *fake);

struct session *fake_connect(struct fake *fake);

/* Feed bytes as they come; returns how many the session took before it wanted no more. */
size_t fake_feed(struct session *session, struct bytes bytes);

/* Complete the pending request at `index` (the order of submission); all of them, also those that follow. */
void fake_complete(struct fake *fake, unsigned index);
void fake_drain(struct fake *fake);

/* What the session has to write, taken out of it, as text until the next call; `ret_len` may be NULL. */
const char *fake_output(struct session *session, size_t *ret_len);

/* Feed a text, drain, and return the output. */
const char *fake_say(struct fake *fake, struct session *session, const char *text);

/* The words (separated by single spaces, none empty) as an array of bulk strings; until the next call. */
const char *fake_request(const char *words);

#endif
