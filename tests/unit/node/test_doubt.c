#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/doubt.h"
#include "node/internal.h"
#include "unit/node/one_node.h"

#define FLOOR 100u

static const struct dot OLD = {.actor = 7, .hlc = 50};
static const struct dot YOUNG = {.actor = 7, .hlc = FLOOR + 1};

/* A copy with this dot, and as many values. */
static struct object copy_of(struct entry *entry, struct dot dot, unsigned values)
{
    struct object object;
    object_init(&object, CONFLICT_SIBLINGS);
    context_add(&object.context, dot);
    *entry = (struct entry){.dot = dot};
    object.entries = entry;
    object.count = values;
    return object;
}

static void what_is_held_or_superseded_is_known(void **state)
{
    (void)state;
    struct entry entries[2];
    struct object same = copy_of(&entries[0], OLD, 1);
    struct object later = copy_of(&entries[1], YOUNG, 0); /* of the same actor */
    assert_int_equal(doubt_of(&same, FLOOR, OLD), DOUBT_KNOWN);
    assert_int_equal(doubt_of(&later, FLOOR, OLD), DOUBT_KNOWN);
}

static void what_is_younger_than_all_that_was_forgotten_is_no_deletion(void **state)
{
    (void)state;
    struct object nothing;
    object_init(&nothing, CONFLICT_LWW);
    assert_int_equal(doubt_of(&nothing, FLOOR, YOUNG), DOUBT_NONE);
    assert_int_equal(doubt_of(&nothing, 0, OLD), DOUBT_NONE);
    assert_int_equal(doubt_of(&nothing, FLOOR, OLD), DOUBT_VOID);
    assert_int_equal(doubt_of(&nothing, OLD.hlc, OLD), DOUBT_VOID);
}

/* A tombstone that covers the one value would have ended the other, or been none. */
static void a_value_that_was_there_before_shows_that_there_was_no_deletion(void **state)
{
    (void)state;
    struct entry entries[3];
    struct object older = copy_of(&entries[0], (struct dot){.actor = 3, .hlc = OLD.hlc - 1}, 1);
    struct object tombstone = copy_of(&entries[1], (struct dot){.actor = 3, .hlc = OLD.hlc - 1}, 0);
    struct object newer = copy_of(&entries[2], (struct dot){.actor = 3, .hlc = FLOOR + 5}, 1);
    assert_int_equal(doubt_of(&older, FLOOR, OLD), DOUBT_NONE);
    assert_int_equal(doubt_of(&tombstone, FLOOR, OLD), DOUBT_VOID);
    assert_int_equal(doubt_of(&newer, FLOOR, OLD), DOUBT_VOID);
}

#define PLACES 3u

/* A read of this node, in doubt, and two co-owners that miss nothing and have forgotten deletions up to FLOOR. */
struct judging {
    struct one_node one;
    struct read read;
    struct object copy;
    struct doubt_verdict verdict;
};

static struct blob *encoded(const struct object *object, struct bytes key)
{
    struct blob *blob = blob_new(object_encoded_size(object));
    assert_non_null(blob);
    object_encode(object, key, blob->data);
    return blob;
}

static void start(struct judging *judging, const struct object *copy)
{
    struct node_config config = one_config();
    one_start(&judging->one, &config, PLACES - 1);
    env_begin(&judging->one.node->env, judging->one.now);
    judging->read = (struct read){.key = bytes_of_text("k"), .quorum = {.owners = PLACES}};
    tally_init(&judging->read.quorum.tally, PLACES, PLACES);
    for (unsigned i = 0; i < PLACES; i++) {
        judging->read.floors[i] = FLOOR;
        tally_ack(&judging->read.quorum.tally, i);
    }
    judging->read.standings[0] = FILL_DOUBTFUL;
    judging->read.copies[0] = encoded(copy, judging->read.key);
}

static void judge(struct judging *judging)
{
    assert_int_equal(doubt_judge(judging->one.node, &judging->read, 0, &judging->copy, &judging->verdict), 0);
}

static void done(struct judging *judging)
{
    for (unsigned i = 0; i < PLACES; i++) {
        blob_unref(judging->read.copies[i]);
    }
    one_done(&judging->one);
}

/* Two values of different writers, in doubt. */
static struct object pair_of(struct entry entries[2], struct dot a, struct dot b)
{
    struct object object = copy_of(&entries[0], a, 2);
    entries[1] = (struct entry){.dot = b};
    context_add(&object.context, b);
    return object;
}

static void what_is_void_of_siblings_goes_and_the_context_stays(void **state)
{
    (void)state;
    static const struct dot other = {.actor = 8, .hlc = FLOOR + 1};
    struct entry entries[2];
    struct object copy = pair_of(entries, OLD, other);
    struct judging judging;
    start(&judging, &copy);
    judge(&judging);
    assert_int_equal(judging.verdict.voids, 1);
    assert_false(judging.verdict.all_void);
    assert_false(judging.verdict.unsettled);
    assert_int_equal(judging.copy.count, 1);
    assert_true(dot_equal(judging.copy.entries[0].dot, other));
    assert_true(context_equal(&judging.copy.context, &copy.context));
    done(&judging);
}

static void what_one_knows_is_not_void(void **state)
{
    (void)state;
    static const struct dot other = {.actor = 8, .hlc = 60};
    struct entry entries[3];
    struct object copy = pair_of(entries, OLD, other);
    struct object known = copy_of(&entries[2], OLD, 0);
    struct judging judging;
    start(&judging, &copy);
    judging.read.copies[2] = encoded(&known, judging.read.key);
    judging.read.standings[2] = FILL_MISSING; /* it can say so all the same */
    judge(&judging);
    assert_int_equal(judging.verdict.voids, 1);
    assert_int_equal(judging.copy.count, 1);
    assert_true(dot_equal(judging.copy.entries[0].dot, OLD));
    done(&judging);
}

static void where_nobody_misses_nothing_all_is_unsettled(void **state)
{
    (void)state;
    struct entry entries[2];
    struct object copy = pair_of(entries, OLD, (struct dot){.actor = 8, .hlc = FLOOR + 1});
    struct judging judging;
    start(&judging, &copy);
    judging.read.standings[1] = FILL_MISSING;
    judging.read.standings[2] = FILL_DOUBTFUL;
    judge(&judging);
    assert_int_equal(judging.verdict.voids, 0);
    assert_true(judging.verdict.unsettled);
    assert_int_equal(judging.copy.count, 2);
    done(&judging);
}

static void a_newer_tombstone_knows_of_a_last_writers_value(void **state)
{
    (void)state;
    for (unsigned is_held = 0; is_held < 2; is_held++) {
        struct entry entries[2];
        struct object copy = copy_of(&entries[0], OLD, 1);
        struct object tombstone = copy_of(&entries[1], (struct dot){.actor = 3, .hlc = OLD.hlc + 1}, 0);
        struct judging judging;
        copy.policy = tombstone.policy = CONFLICT_LWW;
        start(&judging, &copy);
        judging.read.copies[1] = is_held ? encoded(&tombstone, judging.read.key) : NULL;
        judge(&judging);
        assert_int_equal(judging.verdict.all_void, !is_held);
        assert_int_equal(judging.copy.count, is_held);
        done(&judging);
    }
}

static void one_owner_alone_says_what_it_can(void **state)
{
    (void)state;
    for (unsigned is_whole = 0; is_whole < 2; is_whole++) {
        struct entry entries[2];
        struct object held;
        struct object copy = pair_of(entries, OLD, (struct dot){.actor = 8, .hlc = FLOOR + 1});
        struct doubt_verdict verdict;
        object_init(&held, CONFLICT_LWW);
        doubt_judge_by(&held, FLOOR, is_whole, &copy, &verdict);
        assert_int_equal(verdict.voids, is_whole);
        assert_int_equal(verdict.unsettled, !is_whole);
        assert_int_equal(copy.count, 2 - is_whole);
    }
}

/* Beside the copy in doubt: nothing, something older, something newer. */
enum beside { NOTHING, OLDER, NEWER };

static void what_becomes_of_a_doubtful_copy(void **state)
{
    (void)state;
    enum { CLEAR, PARTLY, ALL, UNSETTLED };
    static const struct {
        uint8_t use, verdict, policy, beside, fate;
    } rows[] = {
        {DOUBT_FOR_REPLY, CLEAR, CONFLICT_SIBLINGS, NOTHING, DOUBT_MERGED},
        {DOUBT_FOR_REPLY, PARTLY, CONFLICT_SIBLINGS, OLDER, DOUBT_MERGED},
        {DOUBT_FOR_REPLY, ALL, CONFLICT_SIBLINGS, NOTHING, DOUBT_MERGED},
        {DOUBT_FOR_REPLY, ALL, CONFLICT_LWW, NOTHING, DOUBT_MERGED},
        {DOUBT_FOR_REPLY, ALL, CONFLICT_LWW, NEWER, DOUBT_MERGED},
        {DOUBT_FOR_REPLY, UNSETTLED, CONFLICT_SIBLINGS, NOTHING, DOUBT_MERGED},
        {DOUBT_FOR_REPAIR, CLEAR, CONFLICT_SIBLINGS, OLDER, DOUBT_MERGED},
        {DOUBT_FOR_REPAIR, PARTLY, CONFLICT_SIBLINGS, OLDER, DOUBT_LEFT_OUT},
        {DOUBT_FOR_REPAIR, ALL, CONFLICT_LWW, NEWER, DOUBT_LEFT_OUT},
        {DOUBT_FOR_REPAIR, UNSETTLED, CONFLICT_SIBLINGS, NOTHING, DOUBT_LEFT_OUT},
        {DOUBT_FOR_DECISION, CLEAR, CONFLICT_LWW, NOTHING, DOUBT_MERGED},
        {DOUBT_FOR_DECISION, UNSETTLED, CONFLICT_LWW, NOTHING, DOUBT_MERGED},
        {DOUBT_FOR_DECISION, PARTLY, CONFLICT_SIBLINGS, NOTHING, DOUBT_MERGED},
        {DOUBT_FOR_DECISION, ALL, CONFLICT_SIBLINGS, NOTHING, DOUBT_DISCARDED},
        {DOUBT_FOR_DECISION, ALL, CONFLICT_SIBLINGS, OLDER, DOUBT_MERGED},
        {DOUBT_FOR_DECISION, ALL, CONFLICT_SIBLINGS, NEWER, DOUBT_MERGED},
        {DOUBT_FOR_DECISION, ALL, CONFLICT_LWW, NOTHING, DOUBT_DISCARDED},
        {DOUBT_FOR_DECISION, ALL, CONFLICT_LWW, OLDER, DOUBT_DISCARDED},
        {DOUBT_FOR_DECISION, ALL, CONFLICT_LWW, NEWER, DOUBT_SKIPPED},
    };
    static const struct doubt_verdict verdicts[] = {
        [PARTLY] = {.voids = 1}, [ALL] = {.voids = 1, .all_void = true}, [UNSETTLED] = {.unsettled = true}};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct entry entries[2];
        struct object copy = copy_of(&entries[0], OLD, rows[i].verdict != ALL);
        struct dot dot = {.actor = 3, .hlc = rows[i].beside == OLDER ? OLD.hlc - 1 : OLD.hlc + 1};
        struct object merged = copy_of(&entries[1], dot, 1);
        copy.policy = merged.policy = rows[i].policy;
        if (rows[i].beside == NOTHING) {
            object_init(&merged, CONFLICT_LWW);
        }
        enum doubt_fate fate = doubt_fate_of(rows[i].use, &verdicts[rows[i].verdict], &copy, &merged);
        if (fate != rows[i].fate) {
            fail_msg("row %u: %d", i, fate);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_or_superseded_is_known),
        cmocka_unit_test(what_is_younger_than_all_that_was_forgotten_is_no_deletion),
        cmocka_unit_test(a_value_that_was_there_before_shows_that_there_was_no_deletion),
        cmocka_unit_test(what_is_void_of_siblings_goes_and_the_context_stays),
        cmocka_unit_test(what_one_knows_is_not_void),
        cmocka_unit_test(where_nobody_misses_nothing_all_is_unsettled),
        cmocka_unit_test(a_newer_tombstone_knows_of_a_last_writers_value),
        cmocka_unit_test(one_owner_alone_says_what_it_can),
        cmocka_unit_test(what_becomes_of_a_doubtful_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
