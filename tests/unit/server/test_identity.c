#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "server/identity.h"

/* The memory engine stands for a data directory that is closed and opened again: its small records stay. */
static void wake(void *context)
{
    (void)context;
}

static int open_engine(void **state)
{
    char text[256];
    struct engine_options options = {.kind = ENGINE_MEMORY, .pending_max = 16, .wake = wake};
    return engine_open(&options, text, sizeof text, (struct engine **)state);
}

static int close_engine(void **state)
{
    engine_close(*state);
    return 0;
}

static struct identity founder(struct engine *engine)
{
    struct identity identity;
    assert_int_equal(identity_create(&identity), 0);
    assert_int_equal(identity_found(&identity, 1024, 3), 0);
    assert_int_equal(identity_begin(&identity, engine), 0);
    return identity;
}

static void test_new_directory_has_none(void **state)
{
    struct identity identity;
    assert_int_equal(identity_load(*state, &identity), GR_ENOENT);
    assert_int_equal(identity_create(&identity), 0);
    assert_int_not_equal(identity.node, 0);
    assert_int_equal(identity.cluster, 0);
}

static void test_clean_stop_keeps_the_actor_and_the_clock(void **state)
{
    struct identity first = founder(*state);
    struct identity second;
    assert_int_equal(identity_end(&first, *state, 77), 0);
    assert_int_equal(identity_load(*state, &second), 0);
    assert_true(second.is_clean);
    assert_int_equal(identity_begin(&second, *state), 0);
    assert_int_equal(second.node, first.node);
    assert_int_equal(second.cluster, first.cluster);
    assert_int_equal(second.actor, first.actor);
    assert_int_equal(second.partitions, 1024);
    assert_int_equal(second.replicas, 3);
    assert_int_equal(second.clock, 77);
}

static void test_crash_renews_the_actor(void **state)
{
    struct identity first = founder(*state);
    struct identity second;
    assert_int_equal(identity_load(*state, &second), 0);
    assert_false(second.is_clean);
    assert_int_equal(identity_begin(&second, *state), 0);
    assert_int_equal(second.node, first.node);
    assert_int_not_equal(second.actor, first.actor);
}

/* The mark is gone as soon as a life has begun, even one that then does nothing. */
static void test_mark_is_used_once(void **state)
{
    struct identity identity = founder(*state);
    assert_int_equal(identity_end(&identity, *state, 5), 0);
    assert_int_equal(identity_load(*state, &identity), 0);
    assert_int_equal(identity_begin(&identity, *state), 0);
    assert_int_equal(identity_load(*state, &identity), 0);
    assert_false(identity.is_clean);
}

static void test_damage_is_seen(void **state)
{
    struct identity identity = founder(*state);
    struct buffer raw;
    buffer_init(&raw, 4096);
    assert_int_equal(engine_meta_get(*state, "identity", &raw), 0);
    for (size_t i = 0; i < raw.len; i++) {
        raw.data[i] ^= 4;
        assert_int_equal(engine_meta_put(*state, "identity", buffer_bytes(&raw)), 0);
        assert_int_equal(identity_load(*state, &identity), GR_ECORRUPT);
        raw.data[i] ^= 4;
    }
    assert_int_equal(engine_meta_put(*state, "identity", bytes_of(raw.data, raw.len - 1)), 0);
    assert_int_equal(identity_load(*state, &identity), GR_ECORRUPT);
    buffer_done(&raw);
}

static void test_join_keeps_cluster_and_membership(void **state)
{
    struct identity identity;
    struct buffer kept;
    assert_int_equal(identity_create(&identity), 0);
    assert_int_equal(identity_begin(&identity, *state), 0);
    assert_int_equal(identity_join(&identity, *state, 9, 64, 2, bytes_of_text("members")), 0);
    assert_int_equal(identity_load(*state, &identity), 0);
    assert_int_equal(identity.cluster, 9);
    assert_int_equal(identity.partitions, 64);
    buffer_init(&kept, 4096);
    assert_int_equal(identity_load_state(&identity, *state, &kept), 0);
    assert_true(bytes_equal(buffer_bytes(&kept), bytes_of_text("members")));
    buffer_done(&kept);
}

/* A join cut short between the two records: the membership is there, the cluster is not. */
static void test_membership_without_a_cluster_is_ignored(void **state)
{
    struct identity identity;
    struct buffer kept;
    assert_int_equal(identity_create(&identity), 0);
    assert_int_equal(identity_begin(&identity, *state), 0);
    assert_int_equal(identity_save_state(*state, 0, bytes_of_text("members")), 0);
    buffer_init(&kept, 4096);
    assert_int_equal(identity_load_state(&identity, *state, &kept), 0);
    assert_int_equal(kept.len, 0);
    buffer_done(&kept);
}

static void put_object(struct engine *engine)
{
    struct blob *value = blob_copy(bytes_of_text("object"));
    struct engine_write write = {.at = {0, 1, bytes_of_text("key")}, .value = value, .live_delta = 1, .clock = 1};
    struct engine_completion done;
    assert_int_equal(engine_submit(engine, &write), 0);
    blob_unref(value);
    engine_flush(engine);
    assert_int_equal(engine_poll(engine, &done, 1), 1);
    assert_int_equal(done.status, 0);
}

/* A founder that stops before it has kept a membership starts again; once there are objects it has lost one. */
static void test_cluster_with_objects_and_no_membership_is_damaged(void **state)
{
    struct identity identity = founder(*state);
    struct buffer kept;
    buffer_init(&kept, 4096);
    assert_int_equal(identity_load_state(&identity, *state, &kept), 0);
    assert_int_equal(kept.len, 0);
    put_object(*state);
    assert_int_equal(identity_load_state(&identity, *state, &kept), GR_ECORRUPT);
    assert_int_equal(identity_save_state(*state, 0, BYTES_EMPTY), 0);
    assert_int_equal(identity_load_state(&identity, *state, &kept), GR_ECORRUPT);
    assert_int_equal(identity_save_state(*state, 0, bytes_of_text("members")), 0);
    assert_int_equal(identity_load_state(&identity, *state, &kept), 0);
    buffer_done(&kept);
}

int main(void)
{
#define IDENTITY_TEST(name) cmocka_unit_test_setup_teardown(name, open_engine, close_engine)
    const struct CMUnitTest tests[] = {
        IDENTITY_TEST(test_new_directory_has_none),
        IDENTITY_TEST(test_clean_stop_keeps_the_actor_and_the_clock),
        IDENTITY_TEST(test_crash_renews_the_actor),
        IDENTITY_TEST(test_mark_is_used_once),
        IDENTITY_TEST(test_damage_is_seen),
        IDENTITY_TEST(test_join_keeps_cluster_and_membership),
        IDENTITY_TEST(test_membership_without_a_cluster_is_ignored),
        IDENTITY_TEST(test_cluster_with_objects_and_no_membership_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
