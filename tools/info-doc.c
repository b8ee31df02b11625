/* Prints docs/info.md: the fields of INFO, for `make generate`. Those of the node come from NODE_STATS; the others are
 * listed here, and tests/e2e/test_commands.py holds both against what a node says. */
#include <stddef.h>
#include <stdio.h>

#include "node/node.h"

struct row {
    const char *name;
    const char *text;
};

#define AS_REDIS "for clients that look for it; it never changes"

static const struct row server_rows[] = {
    {"redis_version", "the Redis whose behaviour is followed"},
    {"gramme_version", "the release of this node"},
    {"redis_git_sha1", AS_REDIS},
    {"redis_git_dirty", AS_REDIS},
    {"redis_build_id", AS_REDIS},
    {"redis_mode", AS_REDIS},
    {"arch_bits", "32 or 64"},
    {"process_id", "of this node"},
    {"tcp_port", "for clients"},
    {"server_time_usec", "the node's clock, since 1970"},
    {"uptime_in_seconds", "since the node was started, or started itself anew"},
    {"uptime_in_days", "the same"},
    {"executable", "path of the program"},
    {"config_file", "path given by --config"},
    {0},
};

static const struct row clients_rows[] = {
    {"connected_clients", "connections now"},
    {"cluster_connections", AS_REDIS},
    {"maxclients", "the setting"},
    {"blocked_clients", "clients in WAIT"},
    {"clients_memory", "bytes that all connections hold"},
    {"clients_memory_max", "the setting memory"},
    {"clients_closed_for_memory", "connections closed as they held memory and did not move"},
    {0},
};

static const struct row memory_rows[] = {
    {"used_memory", "bytes of the process in memory"},
    {"used_memory_human", "the same in MB"},
    {"used_memory_rss", "the same"},
    {"maxmemory", AS_REDIS},
    {"maxmemory_policy", AS_REDIS},
    {0},
};

static const struct row persistence_rows[] = {
    {"loading", AS_REDIS},
    {"engine", "the setting"},
    {"durability", "the setting"},
    {"rdb_bgsave_in_progress", AS_REDIS},
    {"aof_enabled", AS_REDIS},
    {"aof_rewrite_in_progress", AS_REDIS},
    {0},
};

static const struct row stats_rows[] = {
    {"total_connections_received", "clients accepted"},
    {"total_commands_processed", "commands of clients"},
    {"total_net_input_bytes", "from clients"},
    {"total_net_output_bytes", "to clients"},
    {"rejected_connections", "clients above maxclients"},
    {"expired_keys", AS_REDIS},
    {"evicted_keys", AS_REDIS},
    {"http_connections_closed", "connections that spoke HTTP to the port for clients"},
    {"clients_made_to_wait", "times a client with much to do had to stand in line"},
    {"turn_longest_ms", "the longest time between two looks at the sockets"},
    {0},
};

static const struct row replication_rows[] = {
    {"role", AS_REDIS},
    {"connected_slaves", AS_REDIS},
    {"master_replid", "of the cluster, in 40 digits"},
    {"master_repl_offset", AS_REDIS},
    {0},
};

static const struct row cpu_rows[] = {
    {"used_cpu_sys", "seconds in the kernel"},
    {"used_cpu_user", "seconds outside it"},
    {0},
};

static const struct row cluster_rows[] = {{"cluster_enabled", AS_REDIS}, {0}};

static const struct row keyspace_rows[] = {
    {"db0", "live keys whose copies are on this node; absent if there are none"},
    {0},
};

static const struct row gramme_rows[] = {
    {"gramme_version", "the release of this node"},
    {"node", "its id"},
    {"cluster", "the cluster's id; 0 while joining"},
    {"n", "the setting"},
    {"r", "the setting"},
    {"w", "the setting"},
    {"members", "nodes of the ring"},
    {"partitions", "of the ring"},
    {"copies", "of each key: n, or the number of members if that is less"},
    {"pieces_owned", "copies of partitions that this node owns"},
    {0},
};

static const struct row healing_rows[] = {
    {"links_quiet", "links closed because nothing came from the peer"},
    {"links_cut", "links closed with something queued for the peer"},
    {"links_bytes_lost", "what was queued on these"},
    {"links_bytes_queued", "what is queued for peers now"},
    {"peerN", "each other member: id, address, and healthy, suspect (silent) or down (no link), as this node sees it"},
    {0},
};

struct stat {
    const char *name;
    const char *text;
    size_t offset;
};

static const struct stat stats[] = {
#define STAT(name, text) {#name, text, offsetof(struct node_stats, name)},
    NODE_STATS(STAT)
#undef STAT
};

static void print_head(const char *section)
{
    printf("\n## %s\n\n| field | |\n|---|---|\n", section);
}

static void print_rows(const struct row *row)
{
    for (; row->name != NULL; row++) {
        printf("| `%s` | %s |\n", row->name, row->text);
    }
}

static void print_stats(bool healing)
{
    for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++) {
        if (node_stat_is_about_healing(stats[i].offset) == healing) {
            printf("| `%s` | %s |\n", stats[i].name, stats[i].text);
        }
    }
}

int main(void)
{
    static const struct {
        const char *title;
        const struct row *rows;
    } sections[] = {
        {"Server", server_rows},           {"Clients", clients_rows},         {"Memory", memory_rows},
        {"Persistence", persistence_rows}, {"Stats", stats_rows},             {"Replication", replication_rows},
        {"CPU", cpu_rows},                 {"Cluster", cluster_rows},         {"Keyspace", keyspace_rows},
    };
    printf("<!-- Generated from src/node/node.h and tools/info-doc.c by `make generate`; do not edit. -->\n\n# INFO\n\n"
           "What a node says of itself, by section. `INFO gramme` answers the last two, `INFO healing` the last. All\n"
           "are of this node alone. What is counted begins at 0 when the node is started, or starts itself anew.\n");
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        print_head(sections[i].title);
        print_rows(sections[i].rows);
    }
    print_head("Gramme");
    print_rows(gramme_rows);
    print_stats(false);
    print_head("Healing");
    print_stats(true);
    print_rows(healing_rows);
    return 0;
}
