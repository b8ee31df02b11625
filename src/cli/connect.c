#include "cli/connect.h"

#include <stdio.h>
#include <stdlib.h>
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
    if (key != KEY_CONNECT) {
        return ARGP_ERR_UNKNOWN;
    }
    *address = argument;
    return 0;
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

redisContext *connect_open(const char *address, unsigned timeout_ms, char *error_text, size_t error_size)
{
    struct settings_address parsed;
    if (!settings_address_parse(address, &parsed)) {
        snprintf(error_text, error_size, "'%s' is no address: --connect wants HOST:PORT", address);
        return NULL;
    }
    redisContext *connection = redisConnectWithTimeout(parsed.host, parsed.port, timeval_of_ms(timeout_ms));
    if (connection == NULL || connection->err != 0) {
        snprintf(error_text, error_size, "cannot reach %s: %s", address,
                 connection == NULL ? "out of memory" : connection->errstr);
        redisFree(connection);
        return NULL;
    }
    redisSetTimeout(connection, timeval_of_ms(timeout_ms > CONNECT_REPLY_MS ? timeout_ms : CONNECT_REPLY_MS));
    return connection;
}

redisReply *connect_ask(redisContext *connection, int count, const char **words, const size_t *sizes, char *error_text,
                        size_t error_size)
{
    redisReply *reply = redisCommandArgv(connection, count, words, sizes);
    if (reply == NULL) {
        const char *text =
            connection->err == REDIS_ERR_IO ? "no answer in time, or the connection broke" : connection->errstr;
        snprintf(error_text, error_size, "%s", text);
        return NULL;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(error_text, error_size, "%s", reply->str);
        freeReplyObject(reply);
        return NULL;
    }
    return reply;
}

redisReply *connect_ask_once(const char *title, const char *address, int count, const char **words, const size_t *sizes)
{
    char error_text[512];
    redisReply *reply = NULL;
    redisContext *connection = connect_open(address, CONNECT_TIMEOUT_MS, error_text, sizeof(error_text));
    if (connection != NULL) {
        reply = connect_ask(connection, count, words, sizes, error_text, sizeof(error_text));
        redisFree(connection);
    }
    if (reply == NULL) {
        fprintf(stderr, "%s: %s\n", title, error_text);
    }
    return reply;
}
