#include "server/admission.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"

bool admission_must_stop(const struct admission *admission, char *ret_text, size_t text_size)
{
    if (!admission->is_seed || admission->had_link) {
        return false;
    }
    if (admission->code == GR_EVERSION) {
        snprintf(ret_text, text_size,
                 "the node at %s speaks another version of the protocol (%s): install the same "
                 "release of gramme here",
                 admission->address, admission->text);
        return true;
    }
    if (admission->code == GR_EFOREIGN && admission->cluster != 0) {
        snprintf(ret_text, text_size,
                 "data directory %s belongs to cluster %016" PRIx64 ", the node at %s (--join) to another: give --data "
                 "an empty directory to join that one, or drop --join to go on with this one",
                 admission->data_dir, admission->cluster, admission->address);
        return true;
    }
    return false; /* without a cluster, foreign means that the other has none yet either */
}
