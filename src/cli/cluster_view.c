#include "cli/cluster_view.h"

#include <stdio.h>
#include <string.h>

#include "cli/connect.h"

static json_t *parse_reply(const redisReply *reply, const char *address, char *error_text, size_t error_size)
{
    json_t *status = NULL;
    if (reply->type == REDIS_REPLY_STRING) {
        status = json_loadb(reply->str, reply->len, 0, NULL);
    }
    if (!json_is_array(json_object_get(status, "members"))) {
        json_decref(status);
        snprintf(error_text, error_size, "%s answers, but not as gramme does", address);
        return NULL;
    }
    return status;
}

json_t *cluster_view_ask(const char *address, char *error_text, size_t error_size)
{
    static const char *words[] = {"GRAMME", "STATUS"};
    static const size_t sizes[] = {6, 6};
    redisContext *connection = connect_open(address, CONNECT_STATUS_MS, error_text, error_size);
    if (connection == NULL) {
        return NULL;
    }
    json_t *status = NULL;
    redisReply *reply = connect_ask(connection, 2, words, sizes, error_text, error_size);
    if (reply != NULL) {
        status = parse_reply(reply, address, error_text, error_size);
        freeReplyObject(reply);
    }
    redisFree(connection);
    return status;
}

/* Are both, a status or a member of one, about the same node? */
static bool is_same(const json_t *a, const json_t *b)
{
    const char *left = json_string_value(json_object_get(a, "node"));
    const char *right = json_string_value(json_object_get(b, "node"));
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

/* The members that this status calls unreachable. A new reference. */
static json_t *misses_of(const json_t *status)
{
    json_t *misses = json_array();
    size_t index;
    json_t *member;
    json_array_foreach(json_object_get(status, "members"), index, member)
    {
        if (!json_is_true(json_object_get(member, "reachable")) && !is_same(member, status)) {
            json_array_append(misses, json_object_get(member, "node"));
        }
    }
    return misses;
}

/* A member's answer; the first node's is known already. A new reference, or NULL. */
static json_t *ask_member(const json_t *first, const json_t *member, char *error_text, size_t error_size)
{
    if (is_same(member, first)) {
        return json_incref((json_t *)(uintptr_t)first);
    }
    const char *address = json_string_value(json_object_get(member, "client"));
    if (address == NULL || address[0] == '\0') {
        snprintf(error_text, error_size, "its address is not known yet: start it with --join if it does not run");
        return NULL;
    }
    json_t *status = cluster_view_ask(address, error_text, error_size);
    if (status != NULL && !is_same(status, member)) {
        snprintf(error_text, error_size, "another node answers at %s", address);
        json_decref(status);
        return NULL;
    }
    return status;
}

static json_t *describe_member(const json_t *first, const json_t *member)
{
    char error_text[512] = "";
    json_t *status = ask_member(first, member, error_text, sizeof(error_text));
    json_t *node = json_object();
    json_object_set(node, "node", json_object_get(member, "node"));
    static const char *const copied[] = {"client", "peer", "http", "zone", "weight", "pieces"};
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        json_object_set(node, copied[i], json_object_get(member, copied[i]));
    }
    json_object_set_new(node, "answers", json_boolean(status != NULL));
    json_object_set_new(node, "error", status != NULL ? json_null() : json_string(error_text));
    json_object_set_new(node, "misses", misses_of(status));
    static const char *const upkeep[] = {"hints_pending", "partitions_filling", "comparison_oldest_ms",
                                         "objects_corrupt"};
    for (size_t i = 0; status != NULL && i < sizeof(upkeep) / sizeof(upkeep[0]); i++) {
        json_object_set(node, upkeep[i], json_object_get(status, upkeep[i]));
    }
    json_decref(status);
    return node;
}

static bool is_well(const json_t *node)
{
    return json_is_true(json_object_get(node, "answers")) && json_array_size(json_object_get(node, "misses")) == 0;
}

static void describe_cluster(const json_t *first, json_t *view)
{
    static const char *const copied[] = {"cluster", "version", "n", "r", "w", "partitions", "copies"};
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        json_object_set(view, copied[i], json_object_get(first, copied[i]));
    }
}

json_t *cluster_view_take(const char *address, char *error_text, size_t error_size)
{
    json_t *first = cluster_view_ask(address, error_text, error_size);
    if (first == NULL) {
        return NULL;
    }
    json_t *view = json_object();
    json_t *nodes = json_array();
    bool healthy = true;
    size_t index;
    json_t *member;
    describe_cluster(first, view);
    json_array_foreach(json_object_get(first, "members"), index, member)
    {
        json_t *node = describe_member(first, member);
        healthy = healthy && is_well(node);
        json_array_append_new(nodes, node);
    }
    json_object_set_new(view, "healthy", json_boolean(healthy));
    json_object_set_new(view, "nodes", nodes);
    json_decref(first);
    return view;
}

bool cluster_view_is_healthy(const json_t *view)
{
    return json_is_true(json_object_get(view, "healthy"));
}
