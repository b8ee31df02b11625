/* What was appended is in the value, once, until something replaces the value.
 *
 *      A appended ──── acknowledged
 *                                     read asked ──── answer: the names of B, then of all appended to it since
 *
 * Of a last-writer-wins key, where quorums overlap: the answer has A's name, unless B, the SET that the value begins
 * with, can have come after A; where the value begins with an APPEND, that is a deletion. What cannot have come after A
 * was acknowledged before A was asked. What an APPEND was appended to counts as an answer, as in check_order.c. No
 * value has a name twice, whatever the policy.
 *
 * Excused: two that were under way together, at two coordinators. The first owner puts what is appended one after
 * another (node/forward.h F1), but while not all reach it, take it for silent, or it cannot read its copy, another
 * stands in for it. So nothing is excused where no link and no disk fails, and nobody was taken for silent.
 */
#include "sim/world.h"

#define SPLITTING_FAULTS ((uint32_t)(FAULT_PARTITION | FAULT_ONEWAY | FAULT_CRASH | FAULT_DISK))

/* A value that somebody has seen. */
struct answer {
    uint32_t reader; /* the operation */
    uint64_t asked_us, replied_us;
    struct names names;
};

static const struct operation *operation_at(const struct world *world, uint32_t number)
{
    return &world->history.list[number];
}

static uint32_t name_in(const struct world *world, const struct answer *answer, uint32_t place)
{
    return world->history.names[answer->names.first + place];
}

static bool has_name(const struct world *world, const struct answer *answer, uint32_t number, uint32_t from)
{
    for (uint32_t i = from; i < answer->names.count; i++) {
        if (name_in(world, answer, i) == number) {
            return true;
        }
    }
    return false;
}

/* Was `earlier` over when `later` was asked? */
static bool precedes(const struct operation *earlier, const struct operation *later)
{
    return operation_was_acknowledged(earlier) && earlier->replied_us < later->asked_us;
}

static bool may_be_deleted_after(const struct world *world, const struct operation *append, const struct answer *answer)
{
    for (uint32_t i = 0; i < world->history.count; i++) {
        const struct operation *other = operation_at(world, i);
        if (other->op == OP_DELETE && other->key == append->key && !operation_was_refused(other) &&
            other->asked_us <= answer->replied_us && !precedes(other, append)) {
            return true;
        }
    }
    return false;
}

/* Can what the value begins with have replaced what was there with the append? */
static bool may_be_replaced(const struct world *world, const struct operation *append, const struct answer *answer)
{
    const struct operation *first = answer->names.count == 0 ? NULL : operation_at(world, name_in(world, answer, 0));
    if (first != NULL && first->op == OP_SET) {
        return !precedes(first, append);
    }
    return may_be_deleted_after(world, append, answer);
}

/* The node that minted the write's version, or NO_CLIENT. */
static unsigned coordinator(const struct world *world, uint32_t write)
{
    for (uint32_t i = 0; i < world->sightings.count; i++) {
        if (world->sightings.list[i].write == write && !world->sightings.list[i].deletion) {
            return world->sightings.list[i].node;
        }
    }
    return NO_CLIENT;
}

/* Did another coordinator append at the same time, for want of a link to the first owner? */
static bool was_split(const struct world *world, uint32_t append, const struct answer *answer)
{
    if ((world->plan.faults & SPLITTING_FAULTS) == 0 && world->suspicions == 0) {
        return false;
    }
    for (uint32_t i = 0; i < answer->names.count; i++) {
        uint32_t number = name_in(world, answer, i);
        const struct operation *other = operation_at(world, number);
        if (other->op == OP_APPEND && !precedes(other, operation_at(world, append)) &&
            !precedes(operation_at(world, append), other) && coordinator(world, number) != coordinator(world, append)) {
            return true;
        }
    }
    return false;
}

/* Where to begin: what was asked before the SET that the value begins with may have been replaced by it. */
static uint32_t first_that_must_show(const struct world *world, const struct answer *answer)
{
    bool begins = answer->names.count > 0 && operation_at(world, name_in(world, answer, 0))->op == OP_SET;
    return begins ? name_in(world, answer, 0) : 0;
}

static void judge(struct world *world, unsigned key, const struct answer *answer)
{
    for (uint32_t i = first_that_must_show(world, answer); i < world->history.count; i++) {
        const struct operation *append = operation_at(world, i);
        if (append->asked_us >= answer->asked_us) {
            break;
        }
        if (append->op != OP_APPEND || append->key != key || !operation_was_acknowledged(append) ||
            append->replied_us >= answer->asked_us || has_name(world, answer, i, 0)) {
            continue;
        }
        if (!may_be_replaced(world, append, answer) && !was_split(world, i, answer)) {
            world_violate(world, "order", "read %u of key %u lacks what write %u appended", answer->reader, key, i);
        }
    }
}

/* Every name in it is of a write, and occurs once. */
static bool is_sound(struct world *world, const struct answer *answer)
{
    for (uint32_t i = 0; i < answer->names.count; i++) {
        uint32_t number = name_in(world, answer, i);
        if (number >= world->history.count || has_name(world, answer, number, i + 1)) {
            world_violate(world, "order", "read %u returned a value that has write %u twice, or made up",
                          answer->reader, number);
            return false;
        }
    }
    return true;
}

static void judge_reply(struct world *world, uint32_t number)
{
    const struct operation *read = operation_at(world, number);
    struct answer answer = {number, read->asked_us, read->replied_us, read->names};
    bool tells = read->outcome == OUTCOME_REPLIED && read->status == 0 && read->found &&
                 (read->op == OP_GET || (read->flags & REQUEST_RETURN_OLD) != 0);
    if (tells && is_sound(world, &answer) && read->key >= world->plan.siblings &&
        check_order_judges(world, read->key)) {
        judge(world, read->key, &answer);
    }
}

/* It may have been carried out after the client was told that nobody knows. */
static void judge_version(struct world *world, const struct version *version)
{
    struct answer answer = {version->write, 0, UINT64_MAX, version->names};
    if (!is_sound(world, &answer) || version->write >= world->history.count) {
        return;
    }
    const struct operation *append = operation_at(world, version->write);
    if (append->op == OP_APPEND && append->key >= world->plan.siblings && check_order_judges(world, append->key)) {
        answer.asked_us = append->asked_us;
        answer.replied_us = operation_was_acknowledged(append) ? append->replied_us : UINT64_MAX;
        judge(world, append->key, &answer);
    }
}

void check_append_at_end(struct world *world)
{
    for (uint32_t i = 0; i < world->history.count; i++) {
        judge_reply(world, i);
    }
    for (uint32_t i = 0; i < world->sightings.count; i++) {
        judge_version(world, &world->sightings.list[i]);
    }
}
