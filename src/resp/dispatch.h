/* From the arguments of a command to its specification, or to the error that Redis answers. */
#ifndef GR_RESP_DISPATCH_H
#define GR_RESP_DISPATCH_H

#include "resp/call.h"

#define DISPATCH_ERROR_MAX 512

/* The specification for the call's arguments. NULL with the error's text when the command is unknown, or does not take
 * so many arguments. */
const struct command_spec *dispatch_find(const struct call *call, char ret_error[DISPATCH_ERROR_MAX]);

#endif
