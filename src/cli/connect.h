/* Talking to a node as a Redis client: --connect, and one command with its reply. */
#ifndef GR_CLI_CONNECT_H
#define GR_CLI_CONNECT_H

#include <argp.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

#define CONNECT_TIMEOUT_MS 2000 /* to connect; a node on the other side of the world answers in a tenth of it */
#define CONNECT_REPLY_MS 10000  /* for a reply: longer than any request's deadline */
#define CONNECT_STATUS_MS 3000  /* for one that a node gives by itself: one that hangs should not hide the others */

/* --connect HOST:PORT; what is no address ends the process. Its input is the address, a `const char *`; text is
 * borrowed from argv or the environment. */
extern const struct argp connect_argp;

/* GRAMME_CONNECT, or 127.0.0.1:6379. */
const char *connect_default(void);

/* A connection that waits `reply_ms` for replies, or NULL with `error_text` saying what to do. */
redisContext *connect_open(const char *address, unsigned reply_ms, char *error_text, size_t error_size);

/* Ask one command of `count` words. NULL, with `error_text`, when the connection failed or the reply is an error;
 * otherwise the reply, for freeReplyObject. */
redisReply *connect_ask(redisContext *connection, int count, const char **words, const size_t *sizes, char *error_text,
                        size_t error_size);

/* connect_open and connect_ask, complaining on standard error with `title`. */
redisReply *connect_ask_once(const char *title, const char *address, int count, const char **words,
                             const size_t *sizes);

#endif
