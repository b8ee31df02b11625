#include "resp/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An error text: the longest has a key-less detail of the node in it; longer ones are cut. */
#define ERROR_TEXT_MAX 1024

void output_raw(struct output *out, struct bytes bytes)
{
    if (!out->failed && buffer_append(out->buffer, bytes) != 0) {
        out->failed = true;
    }
}

static void put_text(struct output *out, const char *text)
{
    output_raw(out, bytes_of_text(text));
}

void output_status(struct output *out, const char *text)
{
    put_text(out, "+");
    put_text(out, text);
    put_text(out, "\r\n");
}

void output_error(struct output *out, const char *text)
{
    char line[ERROR_TEXT_MAX];
    size_t len = strnlen(text, sizeof line - 1);
    for (size_t i = 0; i < len; i++) {
        line[i] = text[i] == '\r' || text[i] == '\n' ? ' ' : text[i];
    }
    put_text(out, "-");
    output_raw(out, bytes_of(line, len));
    put_text(out, "\r\n");
}

void output_errorf(struct output *out, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    output_error(out, text);
}

/* The line "<type><number>\r\n" that begins most replies. */
static void put_head(struct output *out, char type, int64_t number)
{
    char line[24];
    char *end = line + sizeof line;
    char *at = end;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    *--at = '\n';
    *--at = '\r';
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        *--at = '-';
    }
    *--at = type;
    output_raw(out, bytes_of(at, (size_t)(end - at)));
}

void output_integer(struct output *out, int64_t number)
{
    put_head(out, ':', number);
}

void output_bulk(struct output *out, struct bytes bytes)
{
    put_head(out, '$', (int64_t)bytes.len);
    output_raw(out, bytes);
    put_text(out, "\r\n");
}

void output_text(struct output *out, const char *text)
{
    output_bulk(out, bytes_of_text(text));
}

void output_verbatim(struct output *out, struct bytes text)
{
    if (out->proto < 3) {
        output_bulk(out, text);
        return;
    }
    put_head(out, '=', (int64_t)text.len + 4);
    put_text(out, "txt:");
    output_raw(out, text);
    put_text(out, "\r\n");
}

void output_null(struct output *out)
{
    put_text(out, out->proto < 3 ? "$-1\r\n" : "_\r\n");
}

void output_array(struct output *out, size_t count)
{
    put_head(out, '*', (int64_t)count);
}

void output_map(struct output *out, size_t count)
{
    if (out->proto < 3) {
        output_array(out, 2 * count);
        return;
    }
    put_head(out, '%', (int64_t)count);
}

void output_set(struct output *out, size_t count)
{
    put_head(out, out->proto < 3 ? '*' : '~', (int64_t)count);
}
