/* Names that clients give themselves and their libraries. */
#ifndef GR_RESP_CLIENT_NAME_H
#define GR_RESP_CLIENT_NAME_H

#include "resp/session_state.h"

#define CLIENT_NAME_INVALID "ERR Client names cannot contain spaces, newlines or special characters."

/* Printable without spaces, and short enough to be kept. */
bool client_name_is_valid(struct bytes name);

/* Copy a valid name. */
void client_name_keep(char ret[SESSION_NAME_MAX], struct bytes name);

#endif
