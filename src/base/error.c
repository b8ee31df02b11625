#include "base/error.h"

const char *gr_error_text(int error)
{
    switch (error) {
    case 0:
        return "ok";
#define GR_ERROR_TEXT(name, value, text) \
    case name:                           \
        return text;
        GR_ERRORS(GR_ERROR_TEXT)
#undef GR_ERROR_TEXT
    default:
        return "unknown error";
    }
}

const char *gr_error_name(int error)
{
    switch (error) {
    case 0:
        return "ok";
#define GR_ERROR_NAME(name, value, text) \
    case name:                           \
        return #name;
        GR_ERRORS(GR_ERROR_NAME)
#undef GR_ERROR_NAME
    default:
        return "unknown";
    }
}
