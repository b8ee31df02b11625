/* The words of get, set and del: keys and a value beside --connect. */
#ifndef GR_CLI_WORDS_H
#define GR_CLI_WORDS_H

#include <argp.h>

struct words {
    const char *address;
    char **list; /* borrowed from argv */
    int count;
};

/* Parse --connect and between `least` and `most` words (0: any number), or end the process. */
struct words words_parse(int argc, char **argv, int least, int most, const char *args_doc, const char *doc);

#endif
