#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/blob.h"
#include "base/error.h"
#include "server/events.h"

static void push_tick(struct events *events, uint64_t token)
{
    struct event event = {.kind = EVENT_STORED, .stored = {token, 0}};
    events_push(events, &event);
}

static void test_first_in_first_out_across_growth(void **state)
{
    (void)state;
    struct events events;
    struct events_item item;
    uint64_t pushed = 0;
    uint64_t popped = 0;
    events_init(&events);
    for (unsigned round = 0; round < 200; round++) {
        for (unsigned i = 0; i < 7; i++) {
            push_tick(&events, pushed++);
        }
        for (unsigned i = 0; i < 4; i++) {
            assert_true(events_pop(&events, &item));
            assert_int_equal(item.event.stored.token, popped++);
        }
    }
    while (events_pop(&events, &item)) {
        assert_int_equal(item.event.stored.token, popped++);
    }
    assert_int_equal(popped, pushed);
    events_done(&events);
}

static void test_requests_are_copied_and_bounded(void **state)
{
    (void)state;
    struct events events;
    struct events_item item;
    events_init(&events);
    for (uint64_t i = 0; i < EVENTS_REQUESTS_MAX; i++) {
        struct request request = {.token = i, .op = OP_GET};
        assert_int_equal(events_push_request(&events, &request), 0);
    }
    struct request extra = {.token = 1};
    assert_int_equal(events_push_request(&events, &extra), GR_EBUSY);
    assert_true(events_pop(&events, &item));
    assert_ptr_equal(item.event.request, &item.request);
    assert_int_equal(item.event.request->token, 0);
    assert_int_equal(events_push_request(&events, &extra), 0);
    events_done(&events);
}

static void test_values_nobody_took_are_released(void **state)
{
    (void)state;
    struct events events;
    events_init(&events);
    struct event event = {.kind = EVENT_LOADED, .loaded = {1, 0, blob_copy(bytes_of_text("value"))}};
    events_push(&events, &event);
    events_done(&events); /* the leak checker is the judge */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_in_first_out_across_growth),
        cmocka_unit_test(test_requests_are_copied_and_bounded),
        cmocka_unit_test(test_values_nobody_took_are_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
