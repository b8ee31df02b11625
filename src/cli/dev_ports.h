/* The ports of a local cluster, looked at before anything is started. */
#ifndef GR_CLI_DEV_PORTS_H
#define GR_CLI_DEV_PORTS_H

#include <stdbool.h>

#define DEV_HOST "127.0.0.1"
#define DEV_PEER_OFFSET 10000 /* as gramme server derives them */
#define DEV_HTTP_OFFSET 2000

/* Can every port of `nodes` nodes be listened on? Says on standard error which cannot, and what to do. */
bool dev_ports_check(unsigned port, unsigned nodes);

#endif
