#include <stdio.h>

#include "base/error.h"
#include "server/constants.h"
#include "server/log.h"
#include "server/parts.h"

#define SAVE_LOG_EVERY_MS 60000u /* on a full disk it fails at every change */

static void sink_send(void *context, uint64_t peer, const struct wire_message *message)
{
    links_send(&((struct server *)context)->links, peer, message);
}

static void sink_reply(void *context, const struct reply *reply)
{
    sessions_complete(((struct server *)context)->sessions, reply);
}

static void sink_copies(void *context, uint64_t token, uint8_t copies, bool final)
{
    sessions_copies(((struct server *)context)->sessions, token, copies, final);
}

static struct instant sink_now(void *context)
{
    return reactor_now(&((struct server *)context)->reactor);
}

/* What the node keeps says now which partitions must be fetched anew: the engine need not remember it any longer. */
static void settle_salvage(struct server *server)
{
    if (!server->is_salvaged) {
        return;
    }
    server->is_salvaged = false;
    int status = engine_salvage_done(server->engine);
    if (status != 0) {
        log_error(LOG_MSG("cannot note that the lost files were taken account of: the next start does it again"),
                  LOG_TEXT("reason", gr_error_text(status)));
    }
}

static void tell_unsaved(struct server *server, int status)
{
    uint64_t suppressed;
    if (log_limit_pass(&server->unsaved, uv_now(&server->reactor.loop), SAVE_LOG_EVERY_MS, &suppressed)) {
        log_error(LOG_MSG("cannot keep the membership"), LOG_TEXT("reason", gr_error_text(status)),
                  LOG_NUMBER("suppressed", suppressed));
    }
}

/* Without the membership on disk a restart would forget it: not fatal, the next change is another chance. */
static int sink_save(void *context, uint64_t token)
{
    struct server *server = context;
    struct bytes state = node_state(server->node);
    int status = state.len == 0 ? GR_ENOMEM : identity_save_state(server->engine, token, state);
    if (status != 0) {
        server->driver.writes_fail |= status == GR_ECORRUPT;
        tell_unsaved(server, status);
        return status;
    }
    if (token == 0) {
        settle_salvage(server);
    }
    return 0;
}

static void sink_joined(void *context, const struct effect *effect)
{
    struct server *server = context;
    uint64_t cluster = effect->joined.cluster;
    uint32_t partitions = effect->joined.partitions;
    uint8_t replicas = effect->joined.replicas;
    int status =
        identity_join(&server->identity, server->engine, cluster, partitions, replicas, node_state(server->node));
    if (status != 0) {
        snprintf(server->error, sizeof server->error, "cannot keep the cluster's identity in %s: %s",
                 server->settings->data, gr_error_text(status));
        server_give_up(server, server->error);
        return;
    }
    links_set_cluster(&server->links, cluster);
    constants_adopt(server->settings, replicas, partitions);
    constants_apply(server->settings, server->node);
    log_info(LOG_MSG("joined"), LOG_ID("cluster", cluster), LOG_NUMBER("n", replicas),
             LOG_NUMBER("partitions", partitions));
    server_await_peers(server);
}

static void sink_refused(void *context, struct bytes text)
{
    struct server *server = context;
    snprintf(server->error, sizeof server->error, "%.*s", (int)text.len, (const char *)text.data);
    server_give_up(server, server->error);
}

struct driver_sink server_effects(struct server *server)
{
    return (struct driver_sink){server,    sink_send,   sink_reply,   sink_copies,
                                sink_save, sink_joined, sink_refused, sink_now};
}
