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

struct server {
    struct settings *settings;
    const char *config_file;
    int ready_fd;
    char error[SERVER_ERROR_BYTES]; /* why it cannot start, or must stop, and what to do */
    int exit_status;
    bool has_loop;   /* reactor and sockets can be closed */
    bool has_parts;  /* so can all the others */
    bool may_mark;   /* the clean-shutdown mark is ours to write */
    bool is_serving; /* clients are let in */
    bool had_link;   /* to any peer, in this life of the process */

    struct reactor reactor;
    uv_tcp_t client_socket;
    uv_tcp_t peer_socket;
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
};

/* serving.c. Bind both ports; take peers; take clients, once, and say that we do. Errors leave the reason in `error`;
 * serve_clients, which comes in the middle of things, gives up by itself. */
int server_bind(struct server *server);
int server_serve_peers(struct server *server);
void server_serve_clients(struct server *server);

/* effects.c */
struct driver_sink server_effects(struct server *server);

/* tidings.c */
struct links_sink server_link_tidings(struct server *server);
struct dialler_sink server_dial_tidings(struct server *server);

/* ending.c. What drain does to the parts; a person must do something: log what, and stop; unmake what there is. */
struct drain_sink server_ending(struct server *server);
void server_give_up(struct server *server, const char *text);
void server_close(struct server *server);

#endif
