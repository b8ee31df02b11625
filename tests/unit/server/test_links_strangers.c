/* What those who are no members can cost: links over real loopback sockets (two_nodes.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/server/two_nodes.h"

/* Says hello as somebody who wants to join. */
static int raw_hello(const struct two_nodes *world, uint64_t node)
{
    struct handshake_self self = {0, node};
    struct wire_message hello = handshake_hello(&self);
    struct buffer frame;
    int fd = two_raw_connect(world);
    buffer_init(&frame, 4096);
    assert_int_equal(wire_encode(&hello, &frame), 0);
    two_raw_send(fd, buffer_bytes(&frame));
    buffer_done(&frame);
    return fd;
}

/* The type of the first message that comes. */
static unsigned raw_type(int fd)
{
    uint8_t head[WIRE_HEADER_BYTES];
    assert_int_equal(recv(fd, head, sizeof head, MSG_WAITALL), sizeof head);
    return head[4];
}

static void test_silent_strangers_are_bounded_and_time_out(void **state)
{
    struct two_nodes *world = *state;
    int fds[LINKS_STRANGERS_MAX + 8];
    unsigned count = sizeof fds / sizeof fds[0];
    for (unsigned i = 0; i < count; i++) {
        fds[i] = two_raw_connect(world);
    }
    while (world->b.links.stats.accepted < count) {
        two_turn(world);
    }
    assert_int_equal(world->b.links.strangers, LINKS_STRANGERS_MAX);
    assert_int_equal(world->b.links.stats.strangers_dropped, 8);
    assert_true(links_wake_at(&world->b.links) <= uv_now(&world->loop) + LINK_HANDSHAKE_MS);
    links_tick(&world->b.links, uv_now(&world->loop) + LINK_HANDSHAKE_MS);
    assert_int_equal(world->b.links.strangers, 0);
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
}

/* B3: also those who go on to say hello. */
static void test_strangers_that_say_hello_are_bounded_and_a_member_gets_in(void **state)
{
    struct two_nodes *world = *state;
    const struct links_stats *stats = &world->b.links.stats;
    int fds[LINKS_STRANGERS_MAX + 8], again;
    unsigned count = sizeof fds / sizeof fds[0];
    for (unsigned i = 0; i < count; i++) {
        fds[i] = raw_hello(world, STRANGER + i);
        while (world->b.told.strangers + stats->strangers_dropped <= i) {
            two_turn(world);
        }
        assert_int_equal(raw_type(fds[i]), i < LINKS_STRANGERS_MAX ? WIRE_hello : WIRE_refused);
    }
    assert_int_equal(world->b.told.strangers, LINKS_STRANGERS_MAX);
    assert_int_equal(stats->strangers_dropped, 8);
    two_connect(world);
    again = raw_hello(world, STRANGER); /* in the place of its own link */
    while (stats->accepted <= count + 1 || world->b.links.strangers > 0) {
        two_turn(world);
    }
    assert_int_equal(raw_type(again), WIRE_hello);
    assert_int_equal(stats->strangers_dropped, 8);
    close(again);
    two_wait(world, &world->b.told.strangers, LINKS_STRANGERS_MAX - 1);
    again = raw_hello(world, STRANGER + count);
    two_wait(world, &world->b.told.strangers, LINKS_STRANGERS_MAX);
    close(again);
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
}

static void send_membership(struct links *links, uint64_t peer, size_t records_len)
{
    uint8_t *records = calloc(1, records_len);
    struct wire_message message = {.type = WIRE_membership};
    message.membership.cluster = CLUSTER;
    message.membership.records = bytes_of(records, records_len);
    links_send(links, peer, &message);
    free(records);
}

/* B5: from one that is no member, nothing larger than it has to say; a member that was not known as one comes again. */
static void test_a_huge_frame_is_taken_from_members_only(void **state)
{
    struct two_nodes *world = *state;
    world->a.links.self = (struct handshake_self){0, STRANGER};
    for (unsigned i = 0; i < 2; i++) {
        links_dial(&world->a.links, &world->b.address, 1);
        two_wait(world, &world->a.told.ups, i + 1);
        two_wait(world, &world->b.told.strangers, 1);
        send_membership(&world->a.links, 2, 4u << 20);
        two_wait(world, &world->b.told.messages, i + 1);
        world->b.told.admits = i == 1;
        two_send_put(&world->a.links, 2, 5, 6u << 20);
        if (i == 0) {
            two_wait(world, &world->b.told.strangers, 0);
            two_wait(world, &world->a.told.downs, 1);
        }
    }
    two_wait(world, &world->b.told.messages, 3);
    assert_int_equal(world->b.told.last_request, 5);
    assert_int_equal(world->b.links.stats.garbage, 1);
}

/* B5: one that asks again and again and reads nothing. */
static void test_a_stranger_that_does_not_read_is_closed_early(void **state)
{
    struct two_nodes *world = *state;
    int fd = raw_hello(world, STRANGER);
    two_wait(world, &world->b.told.strangers, 1);
    for (unsigned i = 0; i < 16; i++) {
        send_membership(&world->b.links, STRANGER, 1u << 20);
    }
    assert_int_equal(world->b.told.strangers, 0);
    assert_int_equal(world->b.links.stats.overflowed, 1);
    close(fd);
}

/* What a joiner and its seed say to each other fits, at its largest. */
static void test_the_largest_membership_is_within_a_strangers_bound(void **state)
{
    static const uint8_t none;
    struct bytes entries = bytes_of(&none, (size_t)RING_LOG_MAX * RING_ENTRY_BYTES); /* nobody reads them here */
    struct bytes records = bytes_of(&none, (size_t)RING_MEMBERS_MAX * (2 + MEMBER_RECORD_MAX));
    struct wire_message joined = {.type = WIRE_joined, .joined = {.entries = entries, .records = records}};
    struct wire_message known = {.type = WIRE_membership, .membership = {.entries = entries, .records = records}};
    (void)state;
    assert_true(wire_frame_size(&joined) <= LINKS_STRANGER_BYTES);
    assert_true(wire_frame_size(&known) <= LINKS_STRANGER_BYTES);
    assert_true(wire_body_max(WIRE_join) + wire_body_max(WIRE_gossip) <= LINKS_STRANGER_BYTES);
}

int main(void)
{
#define STRANGERS_TEST(name) cmocka_unit_test_setup_teardown(name, two_open, two_close)
    const struct CMUnitTest tests[] = {
        STRANGERS_TEST(test_silent_strangers_are_bounded_and_time_out),
        STRANGERS_TEST(test_strangers_that_say_hello_are_bounded_and_a_member_gets_in),
        STRANGERS_TEST(test_a_huge_frame_is_taken_from_members_only),
        STRANGERS_TEST(test_a_stranger_that_does_not_read_is_closed_early),
        cmocka_unit_test(test_the_largest_membership_is_within_a_strangers_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
