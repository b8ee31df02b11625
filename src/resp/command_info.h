/* A command's specification in the shapes of COMMAND INFO and COMMAND DOCS (Redis 7.0). */
#ifndef GR_RESP_COMMAND_INFO_H
#define GR_RESP_COMMAND_INFO_H

#include "resp/output.h"
#include "resp/spec.h"

void command_info_write(struct output *out, const struct command_spec *spec);
void command_docs_write(struct output *out, const struct command_spec *spec);

#endif
