/* GRAMME STATUS: this node and what it knows of the others, as one JSON text for the command line and for scripts. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "resp/error.h"
#include "resp/handlers.h"
#include "resp/number.h"
#include "resp/session_state.h"
#include "resp/settings_view.h"

/* 64 bits do not fit a JSON number: ids are 16 hex digits. */
static void set_id(json_t *object, const char *name, uint64_t id)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, id);
    json_object_set_new(object, name, json_string(digits));
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text == NULL ? "" : text));
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

static void set_addresses(json_t *object, const struct member *member)
{
    set_text(object, "client", member == NULL ? "" : member->client);
    set_text(object, "peer", member == NULL ? "" : member->peer);
    set_text(object, "http", member == NULL ? "" : member->http);
}

static json_t *describe_member(const struct node *node, uint64_t id)
{
    const struct placement *placement = node_placement(node);
    json_t *object = json_object();
    set_id(object, "node", id);
    set_addresses(object, members_find(node_members(node), id));
    set_text(object, "zone", placement_zone(placement, id));
    set_number(object, "weight", placement_weight(placement, id));
    set_number(object, "pieces", placement_pieces(placement, id));
    json_object_set_new(object, "reachable", json_boolean(node_peer_is_healthy(node, id)));
    json_object_set_new(object, "self", json_boolean(id == node_id(node)));
    return object;
}

/* A setting that is a number, such as r. */
static void set_setting(json_t *object, const struct call *call, const char *name)
{
    char value[SETTING_VALUE_MAX];
    int64_t number = 0;
    if (settings_view_find(call_host(call), bytes_of_text(name), value) &&
        number_parse(bytes_of_text(value), &number)) {
        set_number(object, name, (uint64_t)number);
    }
}

/* What is still on its way to being whole. */
static void describe_upkeep(json_t *object, const struct node_stats *stats)
{
    set_number(object, "hints_pending", stats->hints_pending);
    set_number(object, "partitions_filling", stats->partitions_filling);
    set_number(object, "comparison_oldest_ms", stats->comparison_oldest_ms);
    set_number(object, "objects_corrupt", stats->objects_corrupt);
    set_number(object, "scrub_running", stats->scrub_running);
    set_number(object, "scrubs_ended", stats->scrubs_ended);
    set_number(object, "objects_scrubbed", stats->objects_scrubbed);
    set_number(object, "scrub_damaged", stats->scrub_damaged);
    set_number(object, "scrub_repairs", stats->scrub_repairs);
    set_number(object, "scrub_slots_unread", stats->scrub_slots_unread);
}

static void describe_self(json_t *object, const struct call *call, const struct node *node)
{
    struct server_facts facts;
    call_host(call)->facts(call_host(call)->context, &facts);
    set_id(object, "node", node_id(node));
    set_id(object, "cluster", node_cluster(node));
    set_text(object, "version", facts.version);
    set_text(object, "engine", facts.engine);
    set_text(object, "durability", facts.durability);
    set_addresses(object, members_find(node_members(node), node_id(node)));
    set_setting(object, call, "n");
    set_setting(object, call, "r");
    set_setting(object, call, "w");
    set_number(object, "uptime_s", (session_now_ms(call->session) - facts.started_mono_ms) / 1000);
    set_number(object, "keys", facts.engine_live_keys);
    describe_upkeep(object, node_stats(node));
}

static void describe_ring(json_t *object, const struct node *node)
{
    const struct placement *placement = node_placement(node);
    json_t *members = json_array();
    json_object_set_new(object, "joined", json_boolean(placement != NULL));
    if (placement != NULL) {
        set_text(object, "zone", placement_zone(placement, node_id(node)));
        set_number(object, "weight", placement_weight(placement, node_id(node)));
        set_number(object, "partitions", placement_partitions(placement));
        set_number(object, "copies", placement_replicas(placement));
        for (unsigned i = 0; i < placement_members(placement); i++) {
            json_array_append_new(members, describe_member(node, placement_member(placement, i)));
        }
    }
    json_object_set_new(object, "members", members);
}

void resp_gramme_status(struct call *call)
{
    const struct node *node = call_node(call);
    json_t *object = json_object();
    describe_self(object, call, node);
    describe_ring(object, node);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL) {
        call_error(call, ERROR_NO_MEMORY);
        return;
    }
    call_bulk(call, bytes_of_text(text));
    free(text);
}

void resp_gramme_help(struct call *call)
{
    static const char *const lines[] = {
        "DIGEST",
        "    Show the roots of the trees of what this node owns, by partition.",
        "REPLACE <old> <new>",
        "    Give the place of node <old>, which is lost for good, to node <new>.",
        "SCRUB",
        "    Read back every object of this node, and repair those that fail their check.",
        "STATUS",
        "    Describe this node and the others it knows, as JSON.",
        NULL,
    };
    call_help(call, "GRAMME", lines);
}
