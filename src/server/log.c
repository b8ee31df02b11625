#include "server/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic(enum settings_level) least_level = SETTINGS_INFO;

void log_set_level(enum settings_level level)
{
    atomic_store(&least_level, level);
}

struct line {
    char *text;
    size_t len;
};

static void put_byte(struct line *line, char c)
{
    if (line->len < LOG_LINE_MAX - 2) { /* room for the end of the line and its terminator */
        line->text[line->len++] = c;
    }
}

static void put_text(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        put_byte(line, *text);
    }
}

static bool needs_quotes(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f) {
            return true;
        }
    }
    return value[0] == '\0';
}

static void put_escaped(struct line *line, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        put_byte(line, '\\');
        put_byte(line, (char)c);
    } else if (c == '\n') {
        put_text(line, "\\n");
    } else if (c < ' ' || c == 0x7f) {
        put_text(line, "\\x");
        put_byte(line, hex[c >> 4]);
        put_byte(line, hex[c & 15]);
    } else {
        put_byte(line, (char)c);
    }
}

static void put_value(struct line *line, const char *value)
{
    if (!needs_quotes(value)) {
        put_text(line, value);
        return;
    }
    put_byte(line, '"');
    for (; *value != '\0'; value++) {
        put_escaped(line, (unsigned char)*value);
    }
    put_byte(line, '"');
}

static void put_field(struct line *line, const struct log_field *field)
{
    char number[24];
    put_byte(line, ' ');
    put_text(line, field->key);
    put_byte(line, '=');
    if (field->kind == LOG_KIND_TEXT) {
        put_value(line, field->text == NULL ? "" : field->text);
        return;
    }
    snprintf(number, sizeof number, field->kind == LOG_KIND_ID ? "%016" PRIx64 : "%" PRIu64, field->number);
    put_text(line, number);
}

static void put_time(struct line *line, uint64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm parts;
    char text[40];
    gmtime_r(&seconds, &parts);
    size_t len = strftime(text, sizeof text, "ts=%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + len, sizeof text - len, ".%03uZ", (unsigned)(wall_us / 1000 % 1000));
    put_text(line, text);
}

size_t log_format(char ret[LOG_LINE_MAX], enum settings_level level, uint64_t wall_us, const struct log_field *fields)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct line line = {ret, 0};
    put_time(&line, wall_us);
    put_text(&line, " level=");
    put_text(&line, names[level]);
    for (; fields->kind != LOG_KIND_END; fields++) {
        put_field(&line, fields);
    }
    ret[line.len++] = '\n';
    ret[line.len] = '\0';
    return line.len;
}

void log_write(enum settings_level level, const struct log_field *fields)
{
    if (level < atomic_load(&least_level)) {
        return;
    }
    struct timespec now;
    char text[LOG_LINE_MAX];
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t wall_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    size_t len = log_format(text, level, wall_us, fields);
    ssize_t written = write(STDERR_FILENO, text, len); /* one write: lines of threads do not mix */
    (void)written;                                     /* nowhere left to complain */
}

bool log_limit_pass(struct log_limit *limit, uint64_t now_ms, uint64_t interval_ms, uint64_t *ret_suppressed)
{
    if (now_ms < limit->next_ms) {
        limit->suppressed++;
        return false;
    }
    *ret_suppressed = limit->suppressed;
    limit->suppressed = 0;
    limit->next_ms = now_ms + interval_ms;
    return true;
}
