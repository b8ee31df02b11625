/* "Did you mean …?": the known word that a misspelt one was probably meant to be. */
#ifndef GR_SERVER_SUGGEST_H
#define GR_SERVER_SUGGEST_H

#define SUGGEST_WORD_MAX 32 /* longer words get no suggestion */

/* Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, each of cost 1.
 * Requires both to be at most SUGGEST_WORD_MAX long. */
unsigned suggest_distance(const char *a, const char *b);

struct suggest {
    const char *word; /* misspelt; borrowed */
    const char *best; /* NULL: nothing near so far */
    unsigned distance;
};

void suggest_init(struct suggest *suggest, const char *word);

/* One known word; kept by pointer when it is the nearest so far and near enough. */
void suggest_offer(struct suggest *suggest, const char *known);

#endif
