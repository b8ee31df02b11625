/* Prints docs/wire.md from the list in wire/messages.h. tools/wire-doc.sh compiles and runs it. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/messages.h"

#define WIDTH_U8 8
#define WIDTH_U16 16
#define WIDTH_U32 32
#define WIDTH_U64 64
#define WIDTH_BYTES 0

/* A round number of bytes reads better in its unit. */
static void print_bytes(uint64_t bytes)
{
    if (bytes >= 1u << 20 && bytes % (1u << 20) == 0) {
        printf("%" PRIu64 " MiB", bytes >> 20);
    } else if (bytes >= 1u << 10 && bytes % (1u << 10) == 0) {
        printf("%" PRIu64 " KiB", bytes >> 10);
    } else {
        printf("%" PRIu64 " bytes", bytes);
    }
}

static void print_field(const char *name, unsigned width, uint64_t bound, const char *text)
{
    if (width == WIDTH_BYTES) {
        printf("| %s | bytes | at most ", name);
        print_bytes(bound);
    } else if (bound == UINT64_MAX >> (64 - width)) {
        printf("| %s | u%u | any", name, width);
    } else {
        printf("| %s | u%u | at most %" PRIu64, name, width, bound);
    }
    printf(" | %s |\n", text);
}

static void print_start(void)
{
    puts("# Peer messages\n\n"
         "Generated from `src/wire/messages.h` by `tools/wire-doc.sh`: change the list, then run `make generate`.\n");
    printf(
        "Protocol version %u; the oldest spoken is %u. `src/wire/message.h` describes the frame around a message:\n"
        "length, type and checksum. Fields follow one another in the order below, numbers little-endian, bytes with\n"
        "a u32 length before them. A message with a field beyond its bound costs the sender its connection.\n",
        WIRE_VERSION, WIRE_VERSION_OLDEST);
}

#define PRINT_FIELD(type, field, bound, text) print_field(#field, WIDTH_##type, bound, text);
#define PRINT_MESSAGE(name, number, text)                                                                              \
    printf("\n## %s\n\nType %d: %s.\n\n| field | type | bound | meaning |\n|---|---|---|---|\n", #name, number, text); \
    WIRE_FIELDS_##name(PRINT_FIELD)

int main(void)
{
    print_start();
    WIRE_MESSAGES(PRINT_MESSAGE)
    return 0;
}
