#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "wire/handshake.h"

static const struct handshake_self member = {.cluster = 7, .node = 1};
static const struct handshake_self joiner = {.cluster = 0, .node = 2};

static int check(const struct handshake_self *self, const struct wire_message *hello)
{
    uint16_t version = 77;
    const char *text = NULL;
    int error = handshake_check(self, hello, &version, &text);
    assert_true((error == 0) == (text == NULL));
    assert_true((error == 0) == (version != 77));
    return error;
}

static int meet(struct handshake_self self, struct handshake_self other)
{
    struct wire_message hello = handshake_hello(&other);
    assert_null(wire_invalid(&hello));
    return check(&self, &hello);
}

static void members_of_one_cluster_speak(void **state)
{
    (void)state;
    struct handshake_self other = {.cluster = 7, .node = 2};
    struct wire_message hello = handshake_hello(&other);
    uint16_t version = 0;
    const char *text = NULL;
    assert_int_equal(handshake_check(&member, &hello, &version, &text), 0);
    assert_int_equal(version, WIRE_VERSION);
}

static void a_joiner_speaks_to_a_member(void **state)
{
    (void)state;
    assert_int_equal(meet(member, joiner), 0);
    assert_int_equal(meet(joiner, member), 0);
}

static void strangers_do_not(void **state)
{
    (void)state;
    assert_int_equal(meet(member, (struct handshake_self){.cluster = 8, .node = 2}), GR_EFOREIGN);
    assert_int_equal(meet(joiner, (struct handshake_self){.cluster = 0, .node = 3}), GR_EFOREIGN);
}

static void a_node_has_an_id_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(meet(member, member), GR_EINVAL);
    assert_int_equal(meet(member, (struct handshake_self){.cluster = 7, .node = 0}), GR_EINVAL);
}

static void only_a_hello_with_the_magic_will_do(void **state)
{
    (void)state;
    struct wire_message hello = handshake_hello(&joiner);
    struct wire_message gossip = {.type = WIRE_gossip};
    hello.hello.magic++;
    assert_int_equal(check(&member, &hello), GR_EPROTO);
    assert_int_equal(check(&member, &gossip), GR_EPROTO);
}

static int meet_versions(uint16_t oldest, uint16_t newest, uint16_t *ret_version)
{
    struct wire_message hello = handshake_hello(&joiner);
    const char *text = NULL;
    hello.hello.version_oldest = oldest;
    hello.hello.version_newest = newest;
    return handshake_check(&member, &hello, ret_version, &text);
}

static void the_newest_common_version_is_spoken(void **state)
{
    (void)state;
    uint16_t version = 0;
    assert_int_equal(meet_versions(WIRE_VERSION, WIRE_VERSION + 5, &version), 0);
    assert_int_equal(version, WIRE_VERSION);
    assert_int_equal(meet_versions(0, WIRE_VERSION_OLDEST, &version), 0);
    assert_int_equal(version, WIRE_VERSION_OLDEST);
    assert_int_equal(meet_versions(WIRE_VERSION + 1, WIRE_VERSION + 5, &version), GR_EVERSION);
    assert_int_equal(meet_versions(0, WIRE_VERSION_OLDEST - 1, &version), GR_EVERSION);
    assert_int_equal(meet_versions(WIRE_VERSION + 1, WIRE_VERSION, &version), GR_EVERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_one_cluster_speak),
        cmocka_unit_test(a_joiner_speaks_to_a_member),
        cmocka_unit_test(strangers_do_not),
        cmocka_unit_test(a_node_has_an_id_of_its_own),
        cmocka_unit_test(only_a_hello_with_the_magic_will_do),
        cmocka_unit_test(the_newest_common_version_is_spoken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
