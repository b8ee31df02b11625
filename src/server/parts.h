/* The process as a sum of its parts: it owns them, and what each of them tells another goes through it. Open inside
 * this room only, to the files named for what they do with it:
 *
 *   server.c   makes the parts, in order
 *   serving.c  the two listening sockets
 *   effects.c  what the node's effects do to the other parts
 *   tidings.c  what links and dialler tell
 *   ending.c   unmakes the parts
 */
#ifndef GR_SERVER_PARTS_H
#define GR_SERVER_PARTS_H

#include "server/drain.h"
#include "server/host.h"
#include "server/identity.h"
#include "server/reactor.h"
#include "server/trim.h"

#define SERVER_ERROR_BYTES 1024
#define ANEW_MIN_MS 60000u        /* between two starts that the engine needs: a salvage reads every table */
#define ANEW_SCAN_MS 2000u        /* from damage in a scan to a start on account of it */
#define ANEW_LOOK_MS 1000u        /* whether a full disk has left the engine without writes, and has room again */
#define SERVING_PATIENCE_MS 1000u /* links to members that are up take some 100 ms */
#define SERVING_WORD_MS 100u      /* and their word about the membership a millisecond or two after that */

struct server {
    struct settings *settings;
    const char *config_file;
    int ready_fd;
    char error[SERVER_ERROR_BYTES]; /* why it cannot start, or must stop, and what to do */
    int exit_status;
    bool has_loop;          /* reactor and sockets can be closed */
    bool has_parts;         /* so can all the others */
    bool may_mark;          /* the clean-shutdown mark is ours to write */
    bool awaits_peers;      /* before clients are let in */
    bool awaits_word;       /* all are reached; what some of them know of the membership has not come yet */
    bool is_serving;        /* clients are let in */
    bool had_link;          /* to any peer, in this life of the process */
    bool is_salvaged;       /* the engine has lost files, and the node has not kept yet what follows from that */
    bool has_judged_engine; /* in which there is damage */
    bool starts_anew;       /* in this process, once it has ended in good order */
    uint64_t anew_from_ms;  /* not before, on account of scans or of a full disk */
    uint64_t look_at_ms;    /* at the engine and the disk, for the latter */
    bool has_told_full;     /* that the engine takes no writes on account of it */
    struct disk_calm calm;

    struct reactor reactor;
    uv_tcp_t client_socket;
    uv_tcp_t peer_socket;
    uv_timer_t patience;             /* with peers, before clients are let in */
    uint64_t told[RING_MEMBERS_MAX]; /* peers whose membership is known here, before clients are let in */
    unsigned told_count;
    struct engine *engine;
    struct identity identity;
    struct node *node;
    struct driver driver;
    struct links links;
    struct dialler dialler;
    struct host host;
    struct sessions *sessions;
    struct clients clients;
    struct drain drain;
    struct trim trim;
    struct log_limit unsaved; /* a membership that cannot be kept */
};

/* serving.c. Bind both ports; take peers; take clients once there is a link to every member and each has told what it
 * knows of the membership (it may be that this node was replaced), or SERVING_PATIENCE_MS have passed, and say that we
 * do: await_peers begins to wait, peer_told looks at messages, the tick decides. Errors leave the reason in `error`;
 * serving clients, which comes in the middle of things, gives up by itself. */
int server_bind(struct server *server);
int server_serve_peers(struct server *server);
void server_await_peers(struct server *server);
void server_peer_told(struct server *server, uint64_t peer, const struct wire_message *message);
void server_serving_tick(struct server *server);

/* effects.c */
struct driver_sink server_effects(struct server *server);

/* tidings.c */
struct links_sink server_link_tidings(struct server *server);
struct dialler_sink server_dial_tidings(struct server *server);

/* ending.c. What drain does to the parts; look whether the engine must be opened anew; a person must do something: log
 * what, and stop; unmake what there is. */
struct drain_sink server_ending(struct server *server);
void server_engine_tick(struct server *server);
void server_give_up(struct server *server, const char *text);
void server_close(struct server *server);

#endif
