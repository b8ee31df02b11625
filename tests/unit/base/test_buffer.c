#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/rng.h"

static void appends_in_order(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    assert_int_equal(buffer_append(&buffer, bytes_of_text("two ")), 0);
    assert_int_equal(buffer_append(&buffer, BYTES_EMPTY), 0);
    assert_int_equal(buffer_append(&buffer, bytes_of_text("words")), 0);
    assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of_text("two words")));
    buffer_done(&buffer);
}

static void never_passes_its_bound(void **state)
{
    (void)state;
    uint8_t raw[600] = {0};
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    assert_int_equal(buffer_append(&buffer, bytes_of(raw, 600)), 0);
    assert_int_equal(buffer_append(&buffer, bytes_of(raw, 401)), GR_ETOOBIG);
    assert_null(buffer_reserve(&buffer, 401));
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    assert_int_equal(buffer.len, 600);
    assert_int_equal(buffer_append(&buffer, bytes_of(raw, 400)), 0);
    assert_true(buffer.capacity <= 1000);
    buffer_done(&buffer);
}

static void clear_gives_back_what_is_too_much(void **state)
{
    (void)state;
    uint8_t raw[5000] = {0};
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    assert_int_equal(buffer_append(&buffer, bytes_of(raw, sizeof raw)), 0);
    buffer_clear(&buffer, 100000);
    assert_int_equal(buffer.len, 0);
    assert_true(buffer.capacity >= sizeof raw);
    buffer_clear(&buffer, 1000);
    assert_int_equal(buffer.capacity, 0);
    assert_int_equal(buffer_append(&buffer, bytes_of(raw, sizeof raw)), 0);
    buffer_done(&buffer);
}

/* Beside a plain array that never shrinks or grows. */
static void consume_keeps_the_rest(void **state)
{
    (void)state;
    uint8_t model[512];
    size_t model_len = 0;
    struct rng rng;
    struct buffer buffer;
    rng_init(&rng, 1);
    buffer_init(&buffer, sizeof model);
    for (unsigned step = 0; step < 20000; step++) {
        if (rng_chance(&rng, 500000)) {
            uint8_t raw[64];
            size_t len = rng_below(&rng, sizeof raw);
            memset(raw, (int)(step & 0xff), sizeof raw);
            int error = buffer_append(&buffer, bytes_of(raw, len));
            assert_int_equal(error, model_len + len > sizeof model ? GR_ETOOBIG : 0);
            if (error == 0) {
                memcpy(model + model_len, raw, len);
                model_len += len;
            }
        } else {
            size_t len = rng_below(&rng, model_len + 1);
            buffer_consume(&buffer, len);
            memmove(model, model + len, model_len - len);
            model_len -= len;
        }
        assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of(model, model_len)));
    }
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_in_order),
        cmocka_unit_test(never_passes_its_bound),
        cmocka_unit_test(clear_gives_back_what_is_too_much),
        cmocka_unit_test(consume_keeps_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
