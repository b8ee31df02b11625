#include "node/tally.h"

#include "base/assert.h"

static unsigned count_bits(uint64_t bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

static void check(const struct tally *tally)
{
    GR_ASSERT_EQ(tally->acked & tally->failed, 0);
    GR_ASSERT(tally->asked == TALLY_MAX || (tally->acked | tally->failed) >> tally->asked == 0);
}

void tally_init(struct tally *tally, unsigned asked, unsigned wanted)
{
    GR_ASSERT_LE(asked, TALLY_MAX);
    GR_ASSERT_LE(wanted, asked);
    GR_ASSERT_LT(0, wanted);
    *tally = (struct tally){.asked = (uint8_t)asked, .wanted = (uint8_t)wanted};
}

unsigned tally_ask(struct tally *tally)
{
    GR_ASSERT_LT(tally->asked, TALLY_MAX);
    return tally->asked++;
}

void tally_ack(struct tally *tally, unsigned replica)
{
    GR_ASSERT_LT(replica, tally->asked);
    tally->acked |= UINT64_C(1) << replica;
    tally->failed &= ~(UINT64_C(1) << replica);
    check(tally);
}

void tally_reopen(struct tally *tally, unsigned replica)
{
    GR_ASSERT_LT(replica, tally->asked);
    tally->failed &= ~(UINT64_C(1) << replica);
}

void tally_fail(struct tally *tally, unsigned replica)
{
    GR_ASSERT_LT(replica, tally->asked);
    tally->failed |= (UINT64_C(1) << replica) & ~tally->acked;
    check(tally);
}

enum tally_verdict tally_verdict(const struct tally *tally)
{
    if (tally_acks(tally) >= tally->wanted) {
        return TALLY_MET;
    }
    unsigned left = tally->asked - count_bits(tally->failed);
    return left < tally->wanted ? TALLY_LOST : TALLY_OPEN;
}

bool tally_has(const struct tally *tally, unsigned replica)
{
    GR_ASSERT_LT(replica, tally->asked);
    return (tally->acked | tally->failed) >> replica & 1;
}

unsigned tally_acks(const struct tally *tally)
{
    return count_bits(tally->acked);
}

bool tally_is_complete(const struct tally *tally)
{
    return count_bits(tally->acked | tally->failed) == tally->asked;
}
