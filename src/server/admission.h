/* What a refusal by a peer means for this process. */
#ifndef GR_SERVER_ADMISSION_H
#define GR_SERVER_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admission {
    const char *data_dir;
    uint64_t cluster;    /* of this node; 0: joining */
    bool had_link;       /* a peer has been linked in this life of the process */
    const char *address; /* of who refused */
    bool is_seed;        /* given by --join */
    int code;
    const char *text; /* its words */
};

/* Must the process stop? Then `ret_text` says why and what to do. Stops are for what only a person can change, and only
 * before the node has been part of anything; everything else is tried again. */
bool admission_must_stop(const struct admission *admission, char *ret_text, size_t text_size);

#endif
