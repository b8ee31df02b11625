/* The one place that writes log lines: logfmt, one line an event, to standard error.
 *
 *   ts=2026-01-31T12:00:00.123Z level=info msg="serving clients" address=127.0.0.1:6379
 *
 * Nothing below the shells logs; an error is logged once, by whoever ends its journey.
 */
#ifndef GR_SERVER_LOG_H
#define GR_SERVER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/settings.h"

#define LOG_LINE_MAX 2048 /* bytes; longer lines are cut */

enum log_kind { LOG_KIND_END, LOG_KIND_TEXT, LOG_KIND_NUMBER, LOG_KIND_ID };

struct log_field {
    const char *key;
    enum log_kind kind;
    const char *text;
    uint64_t number;
};

#define LOG_TEXT(key, value) ((struct log_field){(key), LOG_KIND_TEXT, (value), 0})
#define LOG_NUMBER(key, value) ((struct log_field){(key), LOG_KIND_NUMBER, NULL, (uint64_t)(value)})
#define LOG_ID(key, value) ((struct log_field){(key), LOG_KIND_ID, NULL, (value)}) /* 16 hex digits */
#define LOG_MSG(value) LOG_TEXT("msg", value)
#define LOG_END ((struct log_field){NULL, LOG_KIND_END, NULL, 0})

#define log_debug(...) log_write(SETTINGS_DEBUG, (struct log_field[]){__VA_ARGS__, LOG_END})
#define log_info(...) log_write(SETTINGS_INFO, (struct log_field[]){__VA_ARGS__, LOG_END})
#define log_warn(...) log_write(SETTINGS_WARN, (struct log_field[]){__VA_ARGS__, LOG_END})
#define log_error(...) log_write(SETTINGS_ERROR, (struct log_field[]){__VA_ARGS__, LOG_END})

/* Lines below this level are dropped. Of the process. */
void log_set_level(enum settings_level level);

/* Write one line; `fields` ends with LOG_END. May be called from any thread. */
void log_write(enum settings_level level, const struct log_field *fields);

/* The line, ended by '\n' and a terminator, as log_write would write it at `wall_us`. Returns its length. */
size_t log_format(char ret[LOG_LINE_MAX], enum settings_level level, uint64_t wall_us, const struct log_field *fields);

/* For what may happen thousands of times a second: at most one line each `interval_ms`, and how many were kept back. */
struct log_limit {
    uint64_t next_ms;
    uint64_t suppressed;
};

/* May a line be written now? If so `ret_suppressed` tells how many were not since the last. */
bool log_limit_pass(struct log_limit *limit, uint64_t now_ms, uint64_t interval_ms, uint64_t *ret_suppressed);

#endif
