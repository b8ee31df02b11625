#include "ring/text.h"

bool ring_text_ends(const char *text, size_t room)
{
    return memchr(text, '\0', room) != NULL;
}

bool ring_text_is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

bool ring_text_put(struct bytes text, char *ret, size_t room)
{
    if (text.len >= room || (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)) {
        return false;
    }
    memset(ret, 0, room);
    if (text.len > 0) {
        memcpy(ret, text.data, text.len);
    }
    return true;
}
