/* Assertions that stay on in release builds.
 *
 * For programming errors only: bytes from disk, peers and clients are checked and answered, never asserted. The
 * expressions must have no side effects. Comparisons print both sides.
 */
#ifndef GR_BASE_ASSERT_H
#define GR_BASE_ASSERT_H

#include <stdint.h>

#define GR_ASSERT(expr) ((expr) ? (void)0 : gr_assert_failed(__FILE__, __LINE__, __func__, #expr))

#define GR_ASSERT_OP(a, op, b) \
    (((a)op(b))                \
         ? (void)0             \
         : gr_assert_failed_values(__FILE__, __LINE__, __func__, #a " " #op " " #b, (uint64_t)(a), (uint64_t)(b)))
#define GR_ASSERT_EQ(a, b) GR_ASSERT_OP(a, ==, b)
#define GR_ASSERT_NE(a, b) GR_ASSERT_OP(a, !=, b)
#define GR_ASSERT_LT(a, b) GR_ASSERT_OP(a, <, b)
#define GR_ASSERT_LE(a, b) GR_ASSERT_OP(a, <=, b)

/* For a branch that cannot be reached. */
#define GR_UNREACHABLE() gr_assert_failed(__FILE__, __LINE__, __func__, "unreachable")

/* Print the place and the claim to standard error, then abort. */
_Noreturn void gr_assert_failed(const char *file, int line, const char *function, const char *claim);
_Noreturn void gr_assert_failed_values(const char *file, int line, const char *function, const char *claim,
                                       uint64_t left, uint64_t right);

#endif
