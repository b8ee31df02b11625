#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>

#include "base/arena.h"
#include "base/rng.h"

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena;
    struct rng rng;
    uint8_t *pieces[300];
    size_t lens[300];
    arena_init(&arena, 1024);
    rng_init(&rng, 2);
    for (unsigned i = 0; i < 300; i++) {
        lens[i] = rng_below(&rng, rng_chance(&rng, 50000) ? 5000 : 60);
        pieces[i] = arena_alloc(&arena, lens[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xff), lens[i]);
    }
    for (unsigned i = 0; i < 300; i++) {
        for (size_t at = 0; at < lens[i]; at++) {
            assert_int_equal(pieces[i][at], i & 0xff);
        }
    }
    arena_done(&arena);
}

static void clear_keeps_the_first_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024);
    void *first = arena_alloc(&arena, 100);
    for (unsigned i = 0; i < 50; i++) {
        assert_non_null(arena_alloc(&arena, 1000));
    }
    arena_clear(&arena);
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_done(&arena);
}

static void clear_gives_back_a_huge_first_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024);
    assert_non_null(arena_alloc(&arena, 1 << 20));
    arena_clear(&arena);
    assert_null(arena.first);
    assert_non_null(arena_alloc(&arena, 10));
    arena_done(&arena);
    arena_clear(&arena);
}

static void impossible_lengths_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX / 2 + 1));
    assert_non_null(arena_alloc(&arena, 0));
    arena_done(&arena);
}

static void copies_are_copies(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64);
    char text[] = "text";
    struct bytes copy = arena_copy(&arena, bytes_of_text(text));
    struct bytes empty = arena_copy(&arena, BYTES_EMPTY);
    text[0] = 'n';
    assert_true(bytes_equal(copy, bytes_of_text("text")));
    assert_int_equal(empty.len, 0);
    assert_non_null(empty.data);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(clear_keeps_the_first_block),
        cmocka_unit_test(clear_gives_back_a_huge_first_block),
        cmocka_unit_test(impossible_lengths_are_refused),
        cmocka_unit_test(copies_are_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
