#include "node/mend.h"

#include "node/internal.h"
#include "node/sync_state.h"

struct mend_watch mend_watch(const struct node *node, uint16_t slot)
{
    const struct mend *mend = &node->sync.state->mend;
    return (struct mend_watch){.touched = node->trees.touched[slot],
                               .ended = mend->ended,
                               .quiet = !lanes_store_open(node, slot),
                               .mending = mend->token != 0};
}

static unsigned count_differing(const uint64_t a[LEAVES], const uint64_t b[LEAVES])
{
    unsigned differing = 0;
    for (unsigned i = 0; i < LEAVES; i++) {
        differing += a[i] != b[i];
    }
    return differing;
}

/* Y4: a count from before the last mend would be told twice. */
static void mend_kept(struct node *node, uint16_t slot, const struct mend_watch *watch, const struct page *page)
{
    struct mend *mend = &node->sync.state->mend;
    if (watch->mending || watch->ended != mend->ended || mend->token != 0) {
        trees_doubt(&node->trees, slot); /* to be counted again */
        return;
    }
    mend->token = pool_token(POOL_MEND, ++mend->sequence);
    mend->slot = slot;
    struct effect *effect = env_add(&node->env, EFFECT_MEND);
    effect->mend.token = mend->token;
    effect->mend.slot = slot;
    for (unsigned i = 0; i < LEAVES; i++) {
        effect->mend.delta[i] = page->counted[i] - page->kept[i];
    }
    mend->leaves = count_differing(page->counted, page->kept);
}

/* V2: the slot is doubtful no more, or it stays so until a count comes at a quiet moment. */
static void mend_memory(struct node *node, uint16_t slot, const struct mend_watch *watch, const struct page *page,
                        bool kept_differs)
{
    struct trees *trees = &node->trees;
    if (!watch->quiet || watch->touched != trees->touched[slot]) {
        return;
    }
    unsigned differing = count_differing(page->counted, trees_slot(trees, slot));
    trees_set(trees, slot, page->counted);
    if (differing > 0) {
        node->stats.leaves_mended += kept_differs ? 0 : differing;
        sync_failed_here(node, ring_partition(slot, node->membership.partitions)); /* its root was not true */
    }
}

void mend_check(struct node *node, uint16_t slot, const struct mend_watch *watch, const struct page *page)
{
    if (!page->counts) {
        return;
    }
    bool kept_differs = count_differing(page->counted, page->kept) > 0;
    mend_memory(node, slot, watch, page, kept_differs);
    if (kept_differs) {
        mend_kept(node, slot, watch, page);
    }
}

void mend_stored(struct node *node, uint64_t id, int status)
{
    struct mend *mend = &node->sync.state->mend;
    if (mend->token != id) {
        return;
    }
    mend->token = 0;
    mend->ended++;
    node->stats.leaves_mended += status == 0 ? mend->leaves : 0;
    if (status != 0) {
        node->stats.store_errors++;
        trees_doubt(&node->trees, mend->slot); /* to be counted again */
    }
}
