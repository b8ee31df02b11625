/* How many commands all sessions together may take in one turn of the loop.
 *
 * Two thousand connections with full buffers are a million commands: taken all at once they would keep the loop for
 * seconds, and peers would take this node for dead. So a turn has a share; when it is used up, sessions that have more
 * input stand in line and take it up in later turns, TURN_VISIT at a time. Between two turns peers are heard.
 *
 * V1  While somebody is in line nobody takes a command but the one whose visit it is: first come, first served.
 * V2  A session in line reads nothing more: its client feels it as TCP does.
 */
#ifndef GR_RESP_TURN_H
#define GR_RESP_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A command is 1, and 1 more for each TURN_UNIT_BYTES of it: some 3 to 5 ms of work. */
#define TURN_UNITS 512u
#define TURN_UNIT_BYTES 16384u
/* In one visit. Small, since whoever asks a single question waits for a visit of all those in front. */
#define TURN_VISIT 16u

struct session;
struct sessions;

struct turn {
    bool is_bounded; /* since the first sessions_turn */
    uint32_t units;  /* left in this turn */
    uint32_t visit;  /* left to `visited` */
    const struct session *visited;
    struct session *line;
    uint64_t rests_total; /* times a session had to stand in line */
};

/* May the session take a command now? If not, it is in line. */
bool turn_allows(struct session *session);

/* It has taken one of so many bytes. */
void turn_took(struct session *session, size_t bytes);

/* The connection is gone: it is in no line. */
void turn_leave(struct session *session);

#endif
