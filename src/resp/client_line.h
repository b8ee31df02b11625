/* One connection as the line of field=value that CLIENT LIST has for it. */
#ifndef GR_RESP_CLIENT_LINE_H
#define GR_RESP_CLIENT_LINE_H

#include "base/buffer.h"
#include "resp/session_state.h"

/* Append the line and its line end. */
void client_line_add(struct buffer *text, const struct session *session);

/* Is `type` one that Redis knows, and is it that of our connections? All are NORMAL. */
bool client_type_is_known(struct bytes type, bool *ret_is_ours);

#endif
