/* The small language of the transcripts.
 *
 * A transcript is blocks: commands, a line "----", the exact trace (src/sim/trace.h), an empty line. "#" begins a
 * comment among the commands. One world goes through all blocks of a file. Frames take 1 ms, disks 1 ms, clocks are
 * right, and nothing goes wrong but what a command says.
 *
 *   cluster nodes=3 n=3 r=2 w=2 seed=7 timeout=1000 start=3 siblings=0
 *                                   first, once: form a ring of the first `start` nodes; time begins when it is whole
 *   client x a put k "v"            client x asks node a; also put-new (only if absent), put-old (only if present),
 *                                   append, get, delete, and count without a key
 *   run until quiet                 until no request, store or message is under way
 *   advance 500                     milliseconds
 *   down b | power b | stop b | up b     kill -9; cut its power; ask it to stop; start it
 *   hang b 500                      SIGSTOP, after so many milliseconds SIGCONT: then it gets what came meanwhile
 *   slow b 40                       whatever happens to it happens 40 ms late; 0: in time again
 *   wipe b                          it dies and loses its disk; soon it starts as another node and takes its own place
 *   partition a,b|c                 nothing passes between the sides
 *   cut a>b                         nothing passes that way
 *   heal                            everything passes again
 *   clock b +5000                   move a wall clock, milliseconds
 *   disk b broken | disk b slow 400 | disk b sound      every operation fails, or takes so much longer, or neither
 *   owners k                        tell who owns the key, in order
 *   stored k                        tell what each node has durably stored
 */
#ifndef GR_TESTS_TRANSCRIPT_SCRIPT_H
#define GR_TESTS_TRANSCRIPT_SCRIPT_H

#include "base/buffer.h"

/* Carry out a transcript. `ret` gets the same text with the traces as they are now; on a mistake in the commands,
 * or a violation, a line that says so stands in its place. */
void script_run(struct bytes text, struct buffer *ret);

#endif
