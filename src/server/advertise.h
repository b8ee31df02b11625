/* What others are told to dial. */
#ifndef GR_SERVER_ADVERTISE_H
#define GR_SERVER_ADVERTISE_H

#include "ring/members.h"
#include "server/settings.h"

/* The addresses of this node's member record. A listen address that means every interface cannot be dialled: instead
 * the local address of the way to the first seed that has one, else the first interface that is not loopback, else
 * 127.0.0.1. Fills in client, peer and http of `ret`. */
void advertise_addresses(const struct settings *settings, struct member *ret);

#endif
