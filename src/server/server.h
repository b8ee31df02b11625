/* The process: one reactor thread that drives one node, its engine, its peer links and its client sessions. */
#ifndef GR_SERVER_SERVER_H
#define GR_SERVER_SERVER_H

#include "server/settings.h"

/* Run until SIGTERM or SIGINT; then drain and stop cleanly. Says on standard error what is wrong and what to do next
 * when it cannot start or must stop. Settings are borrowed, and changed by CONFIG SET.
 * `ready_fd`: when not negative, one line "ready\n" is written to it once clients are served (joined and listening),
 * then it is closed. Returns the process's exit status. */
int server_run(struct settings *settings, const char *config_file, int ready_fd);

#endif
