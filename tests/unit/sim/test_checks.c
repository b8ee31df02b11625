/* Checkers that no planted bug is for: each is shown a world that was doctored, and must say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/internal.h"
#include "sim/run.h"
#include "sim/world.h"

#define NODES 3u

static struct world *make_world(void)
{
    struct plan plan = {.seed = 1,
                        .nodes = NODES,
                        .replicas = 3,
                        .r = 2,
                        .w = 2,
                        .zones = 1,
                        .partitions = 8,
                        .requests_max = 64,
                        .request_timeout_ms = 1000,
                        .keys = 1,
                        .clients = 1,
                        .think_ms = 1,
                        .delay_min_us = 100,
                        .delay_max_us = 200,
                        .disk_min_us = 100,
                        .disk_max_us = 200,
                        .page_bytes = 1000,
                        .hints_bytes_max = 100000,
                        .hints_age_ms = 600000,
                        .sync_period_ms = 5000,
                        .reap_after_ms = 10000};
    struct world *world = malloc(sizeof *world);
    assert_non_null(world);
    world_init(world, &plan);
    return world;
}

static void free_world(struct world *world)
{
    world_done(world);
    free(world);
}

static uint32_t ask(struct world *world, enum op op, uint32_t name)
{
    uint8_t value[WRITE_NAME_BYTES];
    history_name(name, value);
    struct request request = {.op = op, .value = bytes_of(value, sizeof value)};
    uint32_t number = workload_ask(world, NO_CLIENT, 0, &request, 0);
    world_run(world, 100000);
    assert_int_equal(world->history.list[number].status, 0);
    return number;
}

/* A ring that has taken a SET and two APPENDs, and a read of them. */
static struct world *make_used_world(void)
{
    struct world *world = make_world();
    run_formation(world);
    assert_int_equal(ask(world, OP_SET, 0), 0);
    assert_int_equal(ask(world, OP_APPEND, 1), 1);
    assert_int_equal(ask(world, OP_APPEND, 2), 2);
    ask(world, OP_GET, 3);
    assert_false(world->failed);
    return world;
}

static void assert_found(struct world *world, const char *invariant)
{
    assert_true(world->failed);
    assert_string_equal(world->invariant, invariant);
    free_world(world);
}

static void a_sound_world_passes(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    run_checks(world);
    assert_false(world->failed);
    free_world(world);
}

static void a_copy_that_is_gone_is_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    blob_unref(world->machines[1].disk.base[0]);
    world->machines[1].disk.base[0] = NULL;
    world->machines[1].disk.live[0] = 0;
    check_converged_at_end(world);
    assert_found(world, "converged");
}

static void a_wrong_count_of_live_keys_is_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    world->machines[2].disk.live[0]++;
    check_converged_at_end(world);
    assert_found(world, "converged");
}

static void a_machine_that_nobody_meets_is_no_progress(void **state)
{
    (void)state;
    struct world *world = make_world();
    for (unsigned node = 0; node < NODES; node++) {
        world->machines[node].seeds = 0;
    }
    run_formation(world);
    assert_found(world, "progress");
}

static void an_append_that_is_gone_is_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    struct names *names = &world->history.list[3].names;
    assert_int_equal(names->count, 3);
    world->history.names[names->first + 1] = 2; /* the first APPEND's name: the second took its place */
    names->count = 2;
    check_append_at_end(world);
    assert_found(world, "order");
}

static void an_append_done_twice_is_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    world->history.names[world->history.list[3].names.first + 1] = 2;
    check_append_at_end(world);
    assert_found(world, "order");
}

/* The machine has kept a floor as high as the deletion. */
static void keep_floor(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    uint16_t partition = (uint16_t)ring_partition(world->keys.list[0].slot, world->plan.partitions);
    floor_raise(machine->node, partition, world->history.list[4].dot.hlc);
    buffer_clear(&machine->state, SIZE_MAX);
    assert_int_equal(buffer_append(&machine->state, node_state(machine->node)), 0);
}

static void a_deletion_forgotten_without_a_floor_is_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    ask(world, OP_DELETE, 4);
    world_run(world, 1000000);
    check_deleted_removed(world, 1, 0);
    assert_found(world, "deleted");
}

/* Deleted, and forgotten by machine 1; then machine 2 takes up what it held before. */
static void a_value_that_comes_back_is_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    struct blob *value = blob_ref(disk_read(&world->machines[2].disk, 0, 0, false));
    ask(world, OP_DELETE, 4);
    world_run(world, 1000000);
    check_deleted_stored(world, 2, 0, value);
    keep_floor(world, 1);
    check_deleted_removed(world, 1, 0);
    assert_false(world->failed);
    assert_true(check_deleted_forgot(world, 0, world->history.list[0].dot));
    check_deleted_stored(world, 2, 0, value);
    blob_unref(value);
    assert_found(world, "deleted");
}

static void a_removed_value_is_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    check_deleted_removed(world, 1, 0);
    assert_found(world, "deleted");
}

static void a_deletion_that_an_owner_does_not_know_is_no_reason_to_forget(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    process_crash(world, 2, false);
    world_run(world, 1000000);
    ask(world, OP_DELETE, 4);
    check_deleted_removed(world, 1, 0);
    assert_found(world, "deleted");
}

static void too_many_hints_are_seen(void **state)
{
    (void)state;
    struct world *world = make_used_world();
    unsigned key = 0;
    while (!check_is_owner(world, key, world->machines[0].id)) {
        key++;
    }
    for (unsigned owner = 1; owner <= 10; owner++) {
        struct blob *hint = blob_copy(bytes_of_text("hint"));
        disk_submit(&world->machines[0].disk, &(struct disk_write){.owner = owner, .key = (uint8_t)key, .value = hint});
        disk_complete(&world->machines[0].disk, world->now_us);
        blob_unref(hint);
    }
    world->plan.hints_bytes_max = 40;
    check_bounds_hints(world, 0);
    assert_false(world->failed);
    world->plan.hints_bytes_max = 39;
    check_bounds_hints(world, 0);
    assert_found(world, "bounds");
}

static void copies_that_stay_different_are_seen(void **state)
{
    (void)state;
    char missing[200];
    struct world *world = make_used_world();
    assert_true(check_converged_by_itself(world, missing, sizeof missing));
    struct rng rng;
    rng_init(&rng, 1);
    assert_true(disk_rot(&world->machines[1].disk, &rng, 0, 0));
    assert_false(check_converged_by_itself(world, missing, sizeof missing));
    assert_non_null(strstr(missing, "the owners of key key:0 differ"));
    free_world(world);
}

static void a_leaf_that_drifts_is_seen(void **state)
{
    (void)state;
    char missing[200];
    struct world *world = make_used_world();
    world->machines[1].disk.leaves[0].sum++;
    assert_false(check_converged_by_itself(world, missing, sizeof missing));
    assert_non_null(strstr(missing, "leaf"));
    free_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_world_passes),
        cmocka_unit_test(a_copy_that_is_gone_is_seen),
        cmocka_unit_test(a_wrong_count_of_live_keys_is_seen),
        cmocka_unit_test(a_machine_that_nobody_meets_is_no_progress),
        cmocka_unit_test(an_append_that_is_gone_is_seen),
        cmocka_unit_test(an_append_done_twice_is_seen),
        cmocka_unit_test(a_deletion_forgotten_without_a_floor_is_seen),
        cmocka_unit_test(a_value_that_comes_back_is_seen),
        cmocka_unit_test(a_removed_value_is_seen),
        cmocka_unit_test(a_deletion_that_an_owner_does_not_know_is_no_reason_to_forget),
        cmocka_unit_test(too_many_hints_are_seen),
        cmocka_unit_test(copies_that_stay_different_are_seen),
        cmocka_unit_test(a_leaf_that_drifts_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
