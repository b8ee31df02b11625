#include "sim/workload.h"

#include "base/assert.h"
#include "sim/world.h"

#define PATIENCE_US 50000u  /* past a request's deadline: rounding of times, and the timer's own */
#define RETRY_US 100000u    /* of a client that finds its node down */
#define SETRANGE_OFFSET 10u /* behind the name that SET wrote */
#define FILLER_MAX 300u
#define FILLER_BIG 5000u

struct choice {
    enum op op;
    uint8_t flags;
    uint32_t weight;
};

static const struct choice choices[] = {
    {OP_GET, 0, 39},
    {OP_COUNT, 0, 1},
    {OP_SET, 0, 26},
    {OP_SET, REQUEST_RETURN_OLD, 3},
    {OP_SET, REQUEST_IF_ABSENT, 4},
    {OP_SET, REQUEST_IF_PRESENT, 3},
    {OP_DELETE, 0, 8},
    {OP_DELETE, REQUEST_RETURN_OLD, 2},
    {OP_APPEND, 0, 14}, /* or SETRANGE, by the key: see history.h */
};
#define CHOICES (sizeof choices / sizeof *choices)

static const struct choice *draw_choice(struct rng *rng, bool deletes)
{
    static const struct choice deletion = {OP_DELETE, 0, 0};
    uint64_t roll = rng_below(rng, 100);
    const struct choice *choice = choices;
    if (deletes && rng_chance(rng, 250000)) {
        return &deletion;
    }
    for (unsigned i = 0; i + 1 < CHOICES && roll >= choice->weight; i++) {
        roll -= choice->weight;
        choice++;
    }
    return choice;
}

static void client_goes_on(struct world *world, unsigned client, uint64_t after_us)
{
    if (client == NO_CLIENT) {
        return;
    }
    agenda_add(&world->agenda,
               (struct occurrence){.at_us = world->now_us + after_us, .kind = OCCUR_CLIENT, .token = client});
}

static uint64_t draw_pause(struct world *world)
{
    return rng_between(&world->rng, 0, 2000 * (uint64_t)world->plan.think_ms);
}

void workload_start(struct world *world)
{
    world->workload.planned = world->plan.ops;
    for (unsigned client = 0; client < world->plan.clients; client++) {
        client_goes_on(world, client, draw_pause(world));
    }
}

bool workload_is_over(const struct world *world)
{
    return world->workload.planned == 0 && world->workload.open == 0;
}

static enum conflict_policy policy_of(const struct world *world, unsigned key)
{
    return key < world->plan.siblings ? CONFLICT_SIBLINGS : CONFLICT_LWW;
}

uint32_t workload_ask(struct world *world, unsigned client, unsigned node, const struct request *what, unsigned key)
{
    struct operation operation = {.asked_us = world->now_us,
                                  .life = world->machines[node].life,
                                  .saw = NO_WRITE,
                                  .op = (uint8_t)what->op,
                                  .flags = what->flags,
                                  .key = (uint8_t)key,
                                  .node = (uint8_t)node,
                                  .client = (uint8_t)client};
    struct request request = *what;
    uint32_t number = history_add(&world->history, &operation);
    request.token = number;
    request.policy = policy_of(world, key);
    request.key = what->op > OP_SETRANGE ? BYTES_EMPTY : keys_bytes(&world->keys, key);
    world->workload.open++;
    uint64_t overdue_us = world->now_us + 1000 * (uint64_t)world->plan.request_timeout_ms + PATIENCE_US;
    agenda_add(&world->agenda, (struct occurrence){.at_us = overdue_us, .kind = OCCUR_OVERDUE, .token = number});
    struct event event = {.kind = EVENT_REQUEST, .request = &request};
    world_mix(world, EVENT_REQUEST, node, number, request.key);
    world_step(world, node, &event);
    return number;
}

/* Does the key see SETRANGE, rather than APPEND? */
static bool is_ranged(unsigned key)
{
    return key % 2 == 1;
}

static size_t draw_filler(struct rng *rng)
{
    return (size_t)rng_below(rng, rng_chance(rng, 20000) ? FILLER_BIG : FILLER_MAX);
}

/* The name comes last, behind filler that only a SET of an appended key has: what APPEND and SETRANGE add must end up
 * behind it. */
static size_t make_value(struct world *world, enum op op, unsigned key, uint8_t *ret)
{
    size_t filler = op == OP_SET && !is_ranged(key) ? draw_filler(&world->rng) : 0;
    memset(ret, '.', filler);
    history_name(world->history.count, ret + filler);
    return filler + WRITE_NAME_BYTES;
}

static void ask_something(struct world *world, unsigned client, unsigned node)
{
    const struct choice *choice = draw_choice(&world->rng, world->plan.forgetful);
    unsigned key = (unsigned)rng_below(&world->rng, world->plan.keys);
    struct request request = {.op = choice->op, .flags = choice->flags};
    uint8_t value[FILLER_BIG + WRITE_NAME_BYTES];
    if (choice->op == OP_APPEND && is_ranged(key)) {
        request.op = OP_SETRANGE;
        request.offset = SETRANGE_OFFSET;
    }
    if (request.op == OP_SET || request.op == OP_APPEND || request.op == OP_SETRANGE) {
        request.value = bytes_of(value, make_value(world, request.op, key, value));
    }
    workload_ask(world, client, node, &request, key);
}

/* A node that takes requests; false when the one drawn does not. */
static bool draw_node(struct world *world, unsigned *ret)
{
    unsigned node = (unsigned)rng_below(&world->rng, world->machines_count);
    *ret = node;
    return world->machines[node].node != NULL && !world->machines[node].draining && !stall_is_hung(world, node) &&
           node_cluster(world->machines[node].node) != 0;
}

void workload_on_client(struct world *world, const struct occurrence *o)
{
    unsigned client = (unsigned)o->token;
    unsigned node;
    if (world->workload.planned == 0) {
        return;
    }
    if (!draw_node(world, &node)) {
        client_goes_on(world, client, RETRY_US);
        return;
    }
    world->workload.planned--;
    ask_something(world, client, node);
}

/* What the reply says, kept for the checkers. */
static void record(struct history *history, struct operation *operation, const struct reply *reply, uint64_t now_us)
{
    operation->outcome = OUTCOME_REPLIED;
    operation->replied_us = now_us;
    operation->status = reply->status;
    operation->found = reply->found;
    operation->applied = reply->applied;
    operation->siblings = reply->siblings;
    operation->number = reply->number;
    operation->copies = reply->copies;
    operation->copies_final = reply->final;
    operation->saw = reply->found ? history_last_name(reply->value) : NO_WRITE;
    operation->names = history_keep_names(history, reply->found ? reply->value : BYTES_EMPTY);
}

void workload_replied(struct world *world, unsigned node, const struct reply *reply)
{
    if (!check_replies_replied(world, node, reply)) {
        return;
    }
    struct operation *operation = &world->history.list[reply->token];
    record(&world->history, operation, reply, world->now_us);
    world->workload.open--;
    if (operation_was_acknowledged(operation)) {
        world->workload.acknowledged++;
        if (!world->scripted) {
            check_lost_on_acknowledged(world, (uint32_t)reply->token);
        }
    }
    check_accepted_replied(world, operation);
    client_goes_on(world, operation->client, draw_pause(world));
}

static void give_up(struct world *world, struct operation *operation)
{
    operation->outcome = OUTCOME_LOST;
    world->workload.open--;
    client_goes_on(world, operation->client, draw_pause(world));
}

/* Its clients see their connections break. */
void workload_lose_node(struct world *world, unsigned node)
{
    for (uint32_t i = world->history.count; i-- > 0;) {
        struct operation *operation = &world->history.list[i];
        if (operation->node == node && operation->outcome == OUTCOME_OPEN) {
            give_up(world, operation);
        }
    }
}

void workload_on_overdue(struct world *world, const struct occurrence *o)
{
    const struct operation *operation = &world->history.list[o->token];
    uint64_t excused_until_us = stall_excuses_until(world, operation->node) + PATIENCE_US;
    if (operation->outcome == OUTCOME_OPEN && world->now_us < excused_until_us) {
        struct occurrence again = *o;
        again.at_us = excused_until_us;
        agenda_add(&world->agenda, again);
    } else if (operation->outcome == OUTCOME_OPEN) {
        world_violate(world, "replies", "request %llu at node %c was not answered by its deadline",
                      (unsigned long long)o->token, 'a' + operation->node);
    }
}
