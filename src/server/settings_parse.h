/* Text to value and back, one pair for each type of the list in settings.h. Inside the room only. */
#ifndef GR_SERVER_SETTINGS_PARSE_H
#define GR_SERVER_SETTINGS_PARSE_H

#include "server/settings.h"

/* settings_parse_TYPE: `metavar` is the setting's. `ret` is untouched on failure; texts replace, and free, the one
 * that was there. Errors: GR_EINVAL, GR_ENOMEM.
 * settings_format_TYPE: the value as settings_parse_TYPE reads it, cut to text_size. */
#define SETTINGS_CODEC(type)                                                                  \
    int settings_parse_##type(const char *text, const char *metavar, SETTINGS_C_##type *ret); \
    void settings_format_##type(SETTINGS_C_##type const *value, char *ret_text, size_t text_size);

SETTINGS_CODEC(TEXT)
SETTINGS_CODEC(LIST)
SETTINGS_CODEC(ZONE)
SETTINGS_CODEC(ADDRESS)
SETTINGS_CODEC(ID)
SETTINGS_CODEC(NUMBER)
SETTINGS_CODEC(POWER)
SETTINGS_CODEC(SIZE)
SETTINGS_CODEC(TIME)
SETTINGS_CODEC(ENGINE)
SETTINGS_CODEC(DURABILITY)
SETTINGS_CODEC(LEVEL)
#undef SETTINGS_CODEC

/* Free what a value of the type holds. */
#define SETTINGS_DROP_TEXT(value) free(value)
#define SETTINGS_DROP_LIST(value) free(value)
#define SETTINGS_DROP_ZONE(value) free(value)
#define SETTINGS_DROP_ADDRESS(value) ((void)0)
#define SETTINGS_DROP_ID(value) ((void)0)
#define SETTINGS_DROP_NUMBER(value) ((void)0)
#define SETTINGS_DROP_POWER(value) ((void)0)
#define SETTINGS_DROP_SIZE(value) ((void)0)
#define SETTINGS_DROP_TIME(value) ((void)0)
#define SETTINGS_DROP_ENGINE(value) ((void)0)
#define SETTINGS_DROP_DURABILITY(value) ((void)0)
#define SETTINGS_DROP_LEVEL(value) ((void)0)

#endif
