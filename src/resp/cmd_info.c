/* INFO: sections of field:value lines about this node. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <utlist.h>

#include "resp/facts.h"
#include "resp/handlers.h"
#include "resp/ring_view.h"
#include "resp/settings_view.h"
#include "resp/text.h"

struct info {
    struct buffer *text;
    const struct call *call;
    struct server_facts facts;
};

static void add_server(struct info *info)
{
    const struct session_host *host = call_host(info->call);
    uint64_t uptime_s = (session_now_ms(info->call->session) - info->facts.started_mono_ms) / 1000;
    text_add(info->text, "redis_version:" REDIS_VERSION "\r\ngramme_version:%s\r\n", info->facts.version);
    text_add(info->text, "redis_git_sha1:00000000\r\nredis_git_dirty:0\r\nredis_build_id:0\r\nredis_mode:cluster\r\n");
    text_add(info->text, "arch_bits:%u\r\nprocess_id:%" PRIu64 "\r\n", (unsigned)(8 * sizeof(void *)), info->facts.pid);
    text_add(info->text, "tcp_port:%u\r\nserver_time_usec:%" PRIu64 "\r\n", (unsigned)info->facts.port,
             host->wall_us(host->context));
    text_add(info->text, "uptime_in_seconds:%" PRIu64 "\r\nuptime_in_days:%" PRIu64 "\r\n", uptime_s, uptime_s / 86400);
    text_add(info->text, "executable:%s\r\nconfig_file:%s\r\n", info->facts.executable, info->facts.config_file);
}

static void add_clients(struct info *info)
{
    const struct sessions *sessions = info->call->session->sessions;
    const struct session *session;
    unsigned blocked = 0;
    DL_FOREACH2(sessions->waiters, session, wait_next)
    {
        blocked++;
    }
    text_add(info->text, "connected_clients:%u\r\ncluster_connections:0\r\nmaxclients:%u\r\nblocked_clients:%u\r\n",
             sessions->count, sessions->max, blocked);
    text_add(info->text, "clients_memory:%zu\r\nclients_memory_max:%zu\r\nclients_closed_for_memory:%" PRIu64 "\r\n",
             sessions->budget.used_bytes, sessions->budget.max_bytes, sessions->budget.closed_total);
}

static void add_memory(struct info *info)
{
    uint64_t bytes = info->facts.memory_bytes;
    text_add(info->text, "used_memory:%" PRIu64 "\r\nused_memory_human:%.2fM\r\n", bytes, (double)bytes / 1048576);
    text_add(info->text, "used_memory_rss:%" PRIu64 "\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n", bytes);
}

static void add_persistence(struct info *info)
{
    text_add(info->text, "loading:0\r\nengine:%s\r\ndurability:%s\r\n", info->facts.engine, info->facts.durability);
    text_add(info->text, "rdb_bgsave_in_progress:0\r\naof_enabled:0\r\naof_rewrite_in_progress:0\r\n");
}

static void add_stats(struct info *info)
{
    const struct sessions *sessions = info->call->session->sessions;
    text_add(info->text, "total_connections_received:%" PRIu64 "\r\ntotal_commands_processed:%" PRIu64 "\r\n",
             sessions->connections_total, sessions->commands_total);
    text_add(info->text, "total_net_input_bytes:%" PRIu64 "\r\ntotal_net_output_bytes:%" PRIu64 "\r\n",
             sessions->bytes_in, sessions->bytes_out);
    text_add(info->text, "rejected_connections:%" PRIu64 "\r\nexpired_keys:0\r\nevicted_keys:0\r\n",
             sessions->rejected_total);
    text_add(info->text, "http_connections_closed:%" PRIu64 "\r\nclients_made_to_wait:%" PRIu64 "\r\n",
             sessions->attacks_total, sessions->turn.rests_total);
    text_add(info->text, "turn_longest_ms:%" PRIu64 "\r\n", info->facts.turn_longest_ms);
}

static void add_replication(struct info *info)
{
    char id[RING_VIEW_ID_DIGITS + 1];
    ring_view_id(call_node(info->call), 0, id);
    text_add(info->text, "role:master\r\nconnected_slaves:0\r\nmaster_replid:%s\r\nmaster_repl_offset:0\r\n", id);
}

static void add_seconds(struct info *info, const char *name, uint64_t us)
{
    text_add(info->text, "%s:%" PRIu64 ".%06u\r\n", name, us / 1000000, (unsigned)(us % 1000000));
}

static void add_cpu(struct info *info)
{
    add_seconds(info, "used_cpu_sys", info->facts.cpu_sys_us);
    add_seconds(info, "used_cpu_user", info->facts.cpu_user_us);
}

static void add_cluster(struct info *info)
{
    text_add(info->text, "cluster_enabled:1\r\n");
}

static void add_keyspace(struct info *info)
{
    if (info->facts.engine_live_keys > 0) {
        text_add(info->text, "db0:keys=%" PRIu64 ",expires=0,avg_ttl=0\r\n", info->facts.engine_live_keys);
    }
}

static void add_setting(struct info *info, const char *name)
{
    char value[SETTING_VALUE_MAX];
    if (settings_view_find(call_host(info->call), bytes_of_text(name), value)) {
        text_add(info->text, "%s:%s\r\n", name, value);
    }
}

static void add_stats_of_node(struct info *info, bool healing)
{
    const struct node_stats *stats = node_stats(call_node(info->call));
#define ADD_STAT(name, help)                                                        \
    if (node_stat_is_about_healing(offsetof(struct node_stats, name)) == healing) { \
        text_add(info->text, #name ":%" PRIu64 "\r\n", stats->name);                \
    }
    NODE_STATS(ADD_STAT)
#undef ADD_STAT
}

static void add_gramme(struct info *info)
{
    const struct node *node = call_node(info->call);
    const struct placement *placement = node_placement(node);
    text_add(info->text, "gramme_version:%s\r\nnode:%016" PRIx64 "\r\ncluster:%016" PRIx64 "\r\n", info->facts.version,
             node_id(node), node_cluster(node));
    add_setting(info, "n");
    add_setting(info, "r");
    add_setting(info, "w");
    if (placement != NULL) {
        text_add(info->text, "members:%u\r\npartitions:%u\r\ncopies:%u\r\npieces_owned:%u\r\n",
                 placement_members(placement), (unsigned)placement_partitions(placement), placement_replicas(placement),
                 (unsigned)placement_pieces(placement, node_id(node)));
    }
    add_stats_of_node(info, false);
}

/* As this node sees it, and nobody else's view: it has no link to one that is down, and a suspect has one and is
 * silent. */
static const char *state_of(const struct node *node, uint64_t peer)
{
    if (!node_peer_is_up(node, peer)) {
        return "down";
    }
    return node_peer_is_healthy(node, peer) ? "healthy" : "suspect";
}

static void add_peer(struct info *info, unsigned number, uint64_t peer)
{
    const struct node *node = call_node(info->call);
    const struct member *member = members_find(node_members(node), peer);
    text_add(info->text, "peer%u:node=%016" PRIx64 ",address=%s,state=%s\r\n", number, peer,
             member == NULL ? "" : member->client, state_of(node, peer));
}

/* Every other member that has a place in the ring. */
static void add_peers(struct info *info)
{
    const struct node *node = call_node(info->call);
    const struct placement *placement = node_placement(node);
    unsigned members = placement == NULL ? 0 : placement_members(placement);
    unsigned peers = 0;
    for (unsigned i = 0; i < members; i++) {
        uint64_t peer = placement_member(placement, i);
        if (peer != node_id(node)) {
            add_peer(info, peers++, peer);
        }
    }
}

static void add_healing(struct info *info)
{
    add_stats_of_node(info, true);
    text_add(info->text, "links_quiet:%" PRIu64 "\r\nlinks_cut:%" PRIu64 "\r\n", info->facts.links_quiet,
             info->facts.links_cut);
    text_add(info->text, "links_bytes_lost:%" PRIu64 "\r\nlinks_bytes_queued:%" PRIu64 "\r\n",
             info->facts.links_bytes_lost, info->facts.links_bytes_queued);
    add_peers(info);
}

static const struct {
    const char *name, *title;
    void (*add)(struct info *info);
} sections[] = {
    {"server", "Server", add_server},
    {"clients", "Clients", add_clients},
    {"memory", "Memory", add_memory},
    {"persistence", "Persistence", add_persistence},
    {"stats", "Stats", add_stats},
    {"replication", "Replication", add_replication},
    {"cpu", "CPU", add_cpu},
    {"cluster", "Cluster", add_cluster},
    {"keyspace", "Keyspace", add_keyspace},
    {"gramme", "Gramme", add_gramme},
    {"healing", "Healing", add_healing},
};

/* "gramme" asks for all that Redis does not have. */
static bool is_asked_for(const struct call *call, const char *section)
{
    bool is_own = strcmp(section, "healing") == 0;
    for (uint32_t i = 1; i < call->argc; i++) {
        if (call_arg_is(call, i, section) || (is_own && call_arg_is(call, i, "gramme")) ||
            call_arg_is(call, i, "all") || call_arg_is(call, i, "default") || call_arg_is(call, i, "everything")) {
            return true;
        }
    }
    return call->argc == 1;
}

void resp_info(struct call *call)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    struct info info = {.text = &text, .call = call};
    call_host(call)->facts(call_host(call)->context, &info.facts);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (is_asked_for(call, sections[i].name)) {
            text_add(&text, "%s# %s\r\n", text.len == 0 ? "" : "\r\n", sections[i].title);
            sections[i].add(&info);
        }
    }
    output_verbatim(call_output(call), buffer_bytes(&text));
    buffer_done(&text);
    call_done(call);
}
