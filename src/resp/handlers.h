/* The handlers that the generated table points to, one a command; each ends its call as call.h says. */
#ifndef GR_RESP_HANDLERS_H
#define GR_RESP_HANDLERS_H

struct call;

#define HANDLERS(X)            \
    X(append)                  \
    X(asking)                  \
    X(auth)                    \
    X(client_getname)          \
    X(client_help)             \
    X(client_id)               \
    X(client_info)             \
    X(client_kill)             \
    X(client_list)             \
    X(client_no_evict)         \
    X(client_no_touch)         \
    X(client_reply)            \
    X(client_setinfo)          \
    X(client_setname)          \
    X(cluster_countkeysinslot) \
    X(cluster_getkeysinslot)   \
    X(cluster_help)            \
    X(cluster_info)            \
    X(cluster_keyslot)         \
    X(cluster_myid)            \
    X(cluster_nodes)           \
    X(cluster_shards)          \
    X(cluster_slots)           \
    X(command)                 \
    X(command_count)           \
    X(command_docs)            \
    X(command_getkeys)         \
    X(command_help)            \
    X(command_info)            \
    X(command_list)            \
    X(config_get)              \
    X(config_help)             \
    X(config_set)              \
    X(dbsize)                  \
    X(del)                     \
    X(echo)                    \
    X(exists)                  \
    X(get)                     \
    X(getdel)                  \
    X(getrange)                \
    X(getset)                  \
    X(gramme_digest)           \
    X(gramme_help)             \
    X(gramme_replace)          \
    X(gramme_scrub)            \
    X(gramme_status)           \
    X(hello)                   \
    X(info)                    \
    X(mget)                    \
    X(mset)                    \
    X(ping)                    \
    X(quit)                    \
    X(readonly)                \
    X(readwrite)               \
    X(reset)                   \
    X(select)                  \
    X(set)                     \
    X(setnx)                   \
    X(setrange)                \
    X(strlen)                  \
    X(substr)                  \
    X(time)                    \
    X(touch)                   \
    X(type)                    \
    X(unlink)                  \
    X(wait)

#define HANDLER_DECLARE(name) void resp_##name(struct call *call);
HANDLERS(HANDLER_DECLARE)
#undef HANDLER_DECLARE

#endif
