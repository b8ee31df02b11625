#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "resp/input.h"

/* Add `count` bytes that go on counting from *next. */
static void receive(struct input *input, size_t count, uint8_t *next)
{
    while (count > 0) {
        size_t room = 0;
        uint8_t *place = input_reserve(input, &room);
        assert_non_null(place);
        assert_true(room > 0);
        size_t now = room < count ? room : count;
        for (size_t i = 0; i < now; i++) {
            place[i] = (*next)++;
        }
        input_received(input, now);
        count -= now;
    }
}

static void expect_run(const uint8_t *data, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != (uint8_t)(first + i)) {
            fail_msg("byte %zu is %u", i, (unsigned)data[i]);
        }
    }
}

/* Random pieces in, random pieces out, some of them held: nothing that is held moves or changes. */
static void held_bytes_stay(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    struct input input;
    input_init(&input);
    struct {
        struct input_chunk *chunk;
        const uint8_t *data;
        size_t len;
        uint8_t first;
    } held[8] = {0};
    uint8_t next_in = 0, next_out = 0;
    for (int round = 0; round < 4000; round++) {
        receive(&input, rng_below(&rng, round % 97 == 0 ? 60000 : 700), &next_in);
        size_t take = rng_below(&rng, input_len(&input) + 1);
        expect_run(input_data(&input), take, next_out);
        unsigned at = (unsigned)round % 8;
        if (held[at].chunk != NULL) {
            expect_run(held[at].data, held[at].len, held[at].first);
            input_chunk_release(held[at].chunk);
        }
        held[at].chunk = NULL;
        if (take > 0) {
            held[at].chunk = input_hold(&input);
            held[at].data = input_data(&input);
            held[at].len = take;
            held[at].first = next_out;
        }
        input_consume(&input, take);
        next_out = (uint8_t)(next_out + take);
    }
    for (unsigned i = 0; i < 8; i++) {
        input_chunk_release(held[i].chunk);
    }
    input_done(&input);
}

static void a_large_chunk_is_given_back(void **state)
{
    (void)state;
    struct input input;
    uint8_t next = 0;
    size_t room = 0;
    input_init(&input);
    receive(&input, 1 << 20, &next);
    assert_true(input_capacity(&input) >= 1 << 20);
    assert_true(input_capacity(&input) <= 4 << 20);
    input_consume(&input, input_len(&input));
    assert_non_null(input_reserve(&input, &room));
    assert_int_equal(input_capacity(&input), INPUT_CHUNK_BYTES);
    input_done(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_bytes_stay),
        cmocka_unit_test(a_large_chunk_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
