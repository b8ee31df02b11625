#include "resp/text.h"

#include <stdarg.h>
#include <stdio.h>

void text_add(struct buffer *text, const char *format, ...)
{
    char piece[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (len > 0) {
        size_t kept = (size_t)len < sizeof piece ? (size_t)len : sizeof piece - 1;
        (void)buffer_append(text, bytes_of(piece, kept));
    }
}
