#include "server/constants.h"

#include <string.h>

#include "server/log.h"

static void adopt_one(const char *name, uint32_t *setting, uint32_t cluster, bool is_given)
{
    if (*setting != cluster && is_given) {
        log_warn(LOG_MSG("fixed when the cluster was created: the setting has no effect"), LOG_TEXT("setting", name),
                 LOG_NUMBER("wanted", *setting), LOG_NUMBER("cluster", cluster));
    }
    *setting = cluster;
}

static void cut(const char *name, uint32_t *setting, uint32_t replicas)
{
    if (*setting > replicas) {
        log_warn(LOG_MSG("larger than the cluster's n: cut to it"), LOG_TEXT("setting", name),
                 LOG_NUMBER("wanted", *setting), LOG_NUMBER("n", replicas));
        *setting = replicas;
    }
}

void constants_adopt(struct settings *settings, uint8_t replicas, uint32_t partitions)
{
    adopt_one("n", &settings->n, replicas, settings->given[SETTING_n]);
    adopt_one("partitions", &settings->partitions, partitions, settings->given[SETTING_partitions]);
    cut("r", &settings->r, replicas);
    cut("w", &settings->w, replicas);
}

static void compare_weight(const struct settings *settings, uint16_t weight)
{
    if (settings->given[SETTING_weight] && settings->weight != weight) {
        log_warn(LOG_MSG("the weight was fixed when this node joined: the setting has no effect"),
                 LOG_NUMBER("wanted", settings->weight), LOG_NUMBER("weight", weight));
    }
}

static void compare_zone(const struct settings *settings, const char *zone)
{
    const char *wanted = settings->zone == NULL ? "" : settings->zone;
    if (settings->given[SETTING_zone] && strcmp(wanted, zone) != 0) {
        log_warn(LOG_MSG("the zone was fixed when this node joined: the setting has no effect"),
                 LOG_TEXT("wanted", wanted), LOG_TEXT("zone", zone));
    }
}

void constants_compare(const struct settings *settings, const struct node *node)
{
    const struct placement *placement = node_placement(node);
    const char *zone = placement == NULL ? NULL : placement_zone(placement, node_id(node));
    if (zone != NULL) {
        compare_weight(settings, placement_weight(placement, node_id(node)));
        compare_zone(settings, zone);
    }
    if (node_cluster(node) != 0 && settings->replace != 0) {
        log_info(LOG_MSG("this data directory has a cluster already: replace counts only when a node joins"),
                 LOG_ID("replace", settings->replace));
    }
    if (node_cluster(node) != 0 && settings->given[SETTING_join] && settings->join[0] != '\0') {
        log_info(LOG_MSG("this data directory has a cluster already: join only helps to find its members"),
                 LOG_ID("cluster", node_cluster(node)), LOG_TEXT("join", settings->join));
    }
}

void constants_apply(const struct settings *settings, struct node *node)
{
    if (node_cluster(node) != 0) {
        node_set_quorum(node, (uint8_t)settings->r, (uint8_t)settings->w);
    }
}
