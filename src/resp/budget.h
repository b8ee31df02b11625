/* The memory that all sessions may hold together: input, commands in flight, replies done, replies expected.
 *
 * Every session's share is worked out anew when it has moved (budget_account), and while the sum is below the bound a
 * session takes what its own bounds allow. At the bound a session waits, first come first served, but for:
 *
 *   small ones   who holds less than BUDGET_SMALL_BYTES, has nothing in flight and has not asked for large values
 *                lately is always served: PING, INFO and whoever wants to see what is wrong
 *   favourite    one that waits at a time may go past the bound, for BUDGET_TURN_MS: among many that each hold half of
 *                a command somebody must be able to finish, and give back what it held
 *
 * B1  Past budget_hard_bytes nobody is made the favourite and no reply larger than BUDGET_SMALL_BYTES is kept: the sum
 *     exceeds that by the favourite's own bounds (session_state.h) and the small ones at most.
 * B2  A session that waits is woken by sessions_share when memory was given back, or closed after BUDGET_STALL_MS.
 */
#ifndef GR_RESP_BUDGET_H
#define GR_RESP_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUDGET_DEFAULT_BYTES ((size_t)1 << 30)
/* First chunk of input, kept output buffers, and a usual command beside them. */
#define BUDGET_SMALL_BYTES 65536u
/* The largest command arrives in that time on a fast network; on a slow one it takes several turns. */
#define BUDGET_TURN_MS 1000u
/* Whoever moves nothing for so long has lost its turn: a round trip around the world. */
#define BUDGET_PAUSE_MS 300u
/* At the bound, who has held most and moved nothing for so long is closed. */
#define BUDGET_STALL_MS 60000u

struct session;
struct sessions;

struct budget {
    size_t max_bytes;
    size_t used_bytes;
    struct session *waiting; /* the longest first */
    struct session *favourite;
    uint64_t favourite_since_ms;
    uint64_t closed_total; /* sessions closed for holding memory without moving */
};

/* Bring the sum up to date with what the session holds now. */
void budget_account(struct session *session);

/* May the session take more? */
bool budget_allows(const struct session *session);

/* Is there no room for `size` bytes more of a reply? */
bool budget_refuses_reply(const struct session *session, size_t size);

/* Wait for memory, at the end of the line; nothing if it waits already. Waiting ends by itself when the session is
 * allowed to go on. */
void budget_wait(struct session *session);

/* The connection is gone: it waits for nothing. */
void budget_leave(struct session *session);

/* So is what it held. */
void budget_forget(struct session *session);

/* The favourite's turn ends, and who has stalled is closed. */
void budget_tick(struct sessions *sessions, uint64_t now_ms);

#endif
