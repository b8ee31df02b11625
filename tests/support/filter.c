/* Linked into every test program: TEST_FILTER=pattern runs only the tests whose names match it (* and ?). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void take_filter(void)
{
    const char *pattern = getenv("TEST_FILTER");
    if (pattern != NULL && *pattern != '\0') {
        cmocka_set_test_filter(pattern);
    }
}
