#include "cli/connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "cli/command.h"
#include "server/settings_address.h"

#define KEY_CONNECT 0x100

static const struct argp_option options[] = {
    {"connect", KEY_CONNECT, "HOST:PORT", 0, "any node's address for clients [$GRAMME_CONNECT or 127.0.0.1:6379]", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **address = state->input;
    struct settings_address parsed;
    switch (key) {
    case KEY_CONNECT:
        *address = argument;
        return 0;
    case ARGP_KEY_END:
        if (!settings_address_parse(*address, &parsed)) {
            argp_failure(state, CLI_USAGE, 0, "'%s' is no address: --connect, or GRAMME_CONNECT, wants HOST:PORT",
                         *address);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp connect_argp = {.options = options, .parser = parse};

const char *connect_default(void)
{
    const char *address = getenv("GRAMME_CONNECT");
    return address != NULL && address[0] != '\0' ? address : "127.0.0.1:6379";
}

static struct timeval timeval_of_ms(unsigned ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

redisContext *connect_open(const char *address, unsigned reply_ms, char *error_text, size_t error_size)
{
    struct settings_address parsed;
    if (!settings_address_parse(address, &parsed)) {
        snprintf(error_text, error_size, "'%s' is no address", address);
        return NULL;
    }
    redisContext *connection = redisConnectWithTimeout(parsed.host, parsed.port, timeval_of_ms(CONNECT_TIMEOUT_MS));
    if (connection == NULL || connection->err != 0) {
        snprintf(error_text, error_size, "cannot reach %s: %s", address,
                 connection == NULL ? "out of memory" : connection->errstr);
        redisFree(connection);
        return NULL;
    }
    redisSetTimeout(connection, timeval_of_ms(reply_ms));
    return connection;
}

/* Why there is no reply; errno is still that of the read. */
static void explain_silence(const redisContext *connection, char *error_text, size_t error_size)
{
    bool is_late = connection->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
    const char *what = is_late                                 ? "does not answer in time"
                       : connection->err == REDIS_ERR_EOF      ? "has closed the connection: is it a port for clients?"
                       : connection->err == REDIS_ERR_PROTOCOL ? "does not answer as a node does to clients"
                                                               : connection->errstr;
    snprintf(error_text, error_size, "%s:%d %s", connection->tcp.host, connection->tcp.port, what);
}

/* The code is for programs: what follows ERR is a sentence of its own. */
static const char *text_of_error(const redisReply *reply)
{
    return strncmp(reply->str, "ERR ", 4) == 0 ? reply->str + 4 : reply->str;
}

redisReply *connect_ask(redisContext *connection, int count, const char **words, const size_t *sizes, char *error_text,
                        size_t error_size)
{
    redisReply *reply = redisCommandArgv(connection, count, words, sizes);
    if (reply == NULL) {
        explain_silence(connection, error_text, error_size);
        return NULL;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(error_text, error_size, "%s", text_of_error(reply));
        freeReplyObject(reply);
        return NULL;
    }
    return reply;
}

redisReply *connect_ask_once(const char *title, const char *address, int count, const char **words, const size_t *sizes)
{
    char error_text[512];
    redisReply *reply = NULL;
    redisContext *connection = connect_open(address, CONNECT_REPLY_MS, error_text, sizeof(error_text));
    if (connection != NULL) {
        reply = connect_ask(connection, count, words, sizes, error_text, sizeof(error_text));
        redisFree(connection);
    }
    if (connection == NULL) {
        fprintf(stderr, "%s: %s; name a node that runs: --connect HOST:PORT, or GRAMME_CONNECT\n", title, error_text);
    } else if (reply == NULL) {
        fprintf(stderr, "%s: %s\n", title, error_text);
    }
    return reply;
}
