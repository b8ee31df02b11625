#include "server/load_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"

int load_line_join(struct load_line *line, uint64_t token, const struct engine_key *at, uint64_t now_ms)
{
    struct waiting_load *load = malloc(sizeof *load + at->key.len);
    if (load == NULL) {
        return GR_ENOMEM;
    }
    uint8_t *key = (uint8_t *)(load + 1);
    memcpy(key, at->key.data, at->key.len);
    *load = (struct waiting_load){NULL, token, now_ms, {at->owner, at->slot, bytes_of(key, at->key.len)}};
    if (line->first == NULL) {
        line->first = load;
    } else {
        line->last->next = load;
    }
    line->last = load;
    return 0;
}

struct waiting_load *load_line_leave(struct load_line *line)
{
    struct waiting_load *load = line->first;
    GR_ASSERT(load != NULL);
    line->first = load->next;
    return load;
}

void load_line_done(struct load_line *line)
{
    while (!load_line_is_empty(line)) {
        free(load_line_leave(line));
    }
}
