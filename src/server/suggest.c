#include "server/suggest.h"

#include <limits.h>
#include <string.h>

#include "base/assert.h"

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Row by row: row[j] is the distance between the first i letters of `a` and the first j of `b`. Three rows are kept,
 * since a swap looks two back. */
unsigned suggest_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    GR_ASSERT_LE(a_len, SUGGEST_WORD_MAX);
    GR_ASSERT_LE(b_len, SUGGEST_WORD_MAX);
    unsigned rows[3][SUGGEST_WORD_MAX + 1] = {{0}};
    for (unsigned j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *last = rows[(i + 2) % 3];
        const unsigned *before_last = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_len; j++) {
            unsigned replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(replaced, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], before_last[j - 2] + 1);
            }
        }
    }
    return rows[a_len % 3][b_len];
}

void suggest_init(struct suggest *suggest, const char *word)
{
    *suggest = (struct suggest){.word = word, .distance = UINT_MAX};
}

/* One letter in three may be wrong; or the word is a part of a longer known one ("timeout"). */
void suggest_offer(struct suggest *suggest, const char *known)
{
    size_t len = strlen(suggest->word);
    if (len == 0 || len > SUGGEST_WORD_MAX || strlen(known) > SUGGEST_WORD_MAX) {
        return;
    }
    unsigned allowed = len < 6 ? 1 : (unsigned)len / 3;
    unsigned distance = suggest_distance(suggest->word, known);
    if (distance > allowed && len >= 4 && strstr(known, suggest->word) != NULL) {
        distance = allowed;
    }
    if (distance <= allowed && distance < suggest->distance) {
        suggest->distance = distance;
        suggest->best = known;
    }
}
