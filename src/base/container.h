/* From a pointer to a member to the struct around it. */
#ifndef GR_BASE_CONTAINER_H
#define GR_BASE_CONTAINER_H

#include <stddef.h>

#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
