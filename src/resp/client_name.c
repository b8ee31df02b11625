#include "resp/client_name.h"

bool client_name_is_valid(struct bytes name)
{
    if (name.len >= SESSION_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < '!' || name.data[i] > '~') {
            return false;
        }
    }
    return true;
}

void client_name_keep(char ret[SESSION_NAME_MAX], struct bytes name)
{
    if (name.len > 0) {
        memcpy(ret, name.data, name.len);
    }
    ret[name.len] = '\0';
}
