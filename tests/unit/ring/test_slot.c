#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "ring/slot.h"

static uint16_t slot_of(const char *key)
{
    return ring_slot(bytes_of_text(key));
}

/* Bit by bit, straight from the polynomial. */
static uint16_t slow_slot(struct bytes key)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < key.len; i++) {
        crc ^= (uint32_t)key.data[i] << 8;
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }
        crc &= 0xffff;
    }
    return (uint16_t)(crc % RING_SLOTS);
}

static void slots_are_those_of_redis_cluster(void **state)
{
    (void)state;
    assert_int_equal(slot_of("123456789"), 0x31c3);
    assert_int_equal(slot_of("foo"), 12182);
    assert_int_equal(slot_of("bar"), 5061);
    assert_int_equal(slot_of("hello"), 866);
    assert_int_equal(slot_of(""), 0);
}

static void the_table_agrees_with_the_polynomial(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 6);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t raw[40];
        size_t len = rng_below(&rng, sizeof raw);
        for (size_t at = 0; at < len; at++) {
            raw[at] = (uint8_t)rng_below(&rng, 256);
            raw[at] = raw[at] == '{' ? '[' : raw[at];
        }
        assert_int_equal(ring_slot(bytes_of(raw, len)), slow_slot(bytes_of(raw, len)));
    }
}

static void a_tag_decides_alone(void **state)
{
    (void)state;
    assert_int_equal(slot_of("foo{bar}"), slot_of("bar"));
    assert_int_equal(slot_of("{bar}"), slot_of("bar"));
    assert_int_equal(slot_of("{bar}{zap}"), slot_of("bar"));
    assert_int_equal(slot_of("foo}{bar}x"), slot_of("bar"));
    assert_int_equal(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    assert_int_equal(slot_of("{a"
                             "\xff"
                             "}"),
                     slot_of("a\xff"));
}

static void an_empty_or_open_tag_is_none(void **state)
{
    (void)state;
    const char *keys[] = {"foo{}{bar}", "{}", "{}x", "{", "}", "}{", "foo{bar", "foo}bar", "foo{"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_int_equal(slot_of(keys[i]), slow_slot(bytes_of_text(keys[i])));
    }
}

static void keys_may_hold_any_byte(void **state)
{
    (void)state;
    assert_int_equal(ring_slot(bytes_of("a\0{b\0c}", 7)), slow_slot(bytes_of("b\0c", 3)));
    assert_int_equal(ring_slot(BYTES_EMPTY), 0);
}

static void partitions_are_equal_runs_of_slots(void **state)
{
    (void)state;
    for (uint32_t partitions = 1; partitions <= RING_SLOTS; partitions *= 2) {
        assert_int_equal(ring_first_slot(0, partitions), 0);
        for (uint32_t p = 0; p < partitions; p++) {
            uint16_t first = ring_first_slot((uint16_t)p, partitions);
            uint32_t last = first + RING_SLOTS / partitions - 1;
            assert_int_equal(ring_partition(first, partitions), p);
            assert_int_equal(ring_partition((uint16_t)last, partitions), p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_those_of_redis_cluster),
        cmocka_unit_test(the_table_agrees_with_the_polynomial),
        cmocka_unit_test(a_tag_decides_alone),
        cmocka_unit_test(an_empty_or_open_tag_is_none),
        cmocka_unit_test(keys_may_hold_any_byte),
        cmocka_unit_test(partitions_are_equal_runs_of_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
