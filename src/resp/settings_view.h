/* Settings as CONFIG shows them: those of the process, and the Redis names that clients look at. */
#ifndef GR_RESP_SETTINGS_VIEW_H
#define GR_RESP_SETTINGS_VIEW_H

#include "resp/session_state.h"

#define SETTING_VALUE_MAX 4096

/* The index-th setting, process's first; NULL past the end. The value is text. */
const char *settings_view_at(const struct session_host *host, unsigned index, char ret_value[SETTING_VALUE_MAX]);

/* One by name in any case. False if there is none. */
bool settings_view_find(const struct session_host *host, struct bytes name, char ret_value[SETTING_VALUE_MAX]);

#endif
