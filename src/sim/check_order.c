/* What one client was told, a later one is not told otherwise (paper, section 5: read your writes; ours is
 * stronger).
 *
 * Of one key, writes A and B and a read:
 *
 *      A asked ──── A acknowledged
 *                                   B asked ──── B acknowledged
 *                                                               read asked ──── answer
 *
 * Then the answer is not A's. Nor is it a write that was asked only after the answer, one that was refused, or
 * "absent" where a write was acknowledged before the read and no deletion can have come after it. "Absent" counts
 * as the answer of a deletion, or of the time before the first write. A write that failed or was never answered may
 * take effect at any time until the end, so it is excused; so are reads that race with writes.
 *
 * What a write was told of the value before counts as a read: the old value that SET and DELETE return, the absence
 * that SET NX found, and the value that an APPEND was appended to, which its versions show.
 *
 * Holds where reads overlap writes (R + W > N), for lww keys also writes writes (2 W > N): then whoever coordinates
 * B meets a replica that holds A, and gives B a greater dot than A's before it acknowledges. For sibling keys an
 * answer with one value is judged. A key whose completed writes a power cut took, or of which a copy rotted (another
 * owner's older one may have replaced it), is not; nor is one that stand-ins took writes of, since a reader need not
 * ask them (a sloppy quorum overlaps only where the same nodes are reached).
 */
#include "sim/world.h"

bool check_order_judges(const struct world *world, unsigned key)
{
    if (!plan_reads_overlap(&world->plan) || world->sightings.tainted[key] || world->sightings.hinted[key] ||
        world->damage.wiped > 0 || world->damage.salvaged > 0 || (world->damage.rotten_keys >> key & 1)) {
        return false;
    }
    return key < world->plan.siblings || plan_writes_overlap(&world->plan);
}

/* Was `later` asked after `earlier` was acknowledged? */
static bool follows(const struct operation *earlier, const struct operation *later)
{
    return operation_was_acknowledged(earlier) && earlier->replied_us < later->asked_us;
}

/* Can a deletion that was asked before the read ended have come after the write? */
static bool may_be_deleted(const struct world *world, const struct operation *write, const struct operation *read)
{
    for (uint32_t i = 0; i < world->history.count; i++) {
        const struct operation *other = &world->history.list[i];
        if (other->op == OP_DELETE && other->key == write->key && !operation_was_refused(other) &&
            other->asked_us <= read->replied_us && !follows(other, write)) {
            return true;
        }
    }
    return false;
}

static bool makes_a_value(const struct operation *operation)
{
    return operation->op != OP_DELETE && operation_was_acknowledged(operation);
}

/* A deletion of sibling values ends those that its coordinator holds, so it supersedes nothing here, and it may end a
 * later value before an earlier one. */
static bool supersedes(const struct world *world, const struct operation *later, const struct operation *read)
{
    return later->key >= world->plan.siblings || (makes_a_value(later) && !may_be_deleted(world, later, read));
}

static uint32_t number_of(const struct world *world, const struct operation *operation)
{
    return (uint32_t)(operation - world->history.list);
}

/* Some write asked after `write` was acknowledged, and itself acknowledged before the read. NULL: none. */
static const struct operation *superseded_by(const struct world *world, const struct operation *write,
                                             const struct operation *read)
{
    for (uint32_t i = number_of(world, write) + 1; i < world->history.count; i++) {
        const struct operation *other = &world->history.list[i];
        if (other->asked_us >= read->asked_us) {
            break;
        }
        if (other->key == write->key && operation_was_acknowledged(other) && follows(write, other) &&
            follows(other, read) && supersedes(world, other, read)) {
            return other;
        }
    }
    return NULL;
}

/* `read` may be made up (judge_append), `reader` is the number of the real one. */
static void judge_value(struct world *world, const struct operation *read, uint32_t reader)
{
    if (read->saw >= world->history.count) {
        world_violate(world, "order", "read %u returned a value that nobody wrote", reader);
        return;
    }
    const struct operation *write = &world->history.list[read->saw];
    if (write->key != read->key || !operation_is_write(write) || write->asked_us > read->replied_us) {
        world_violate(world, "order", "read %u returned write %u of another key or time", reader, read->saw);
    } else if (operation_was_refused(write)) {
        world_violate(world, "order", "read %u returned write %u, which was refused", reader, read->saw);
    } else {
        const struct operation *newer = superseded_by(world, write, read);
        if (newer != NULL) {
            world_violate(world, "order", "read %u of key %u returned write %u though write %u came after it", reader,
                          read->key, read->saw, number_of(world, newer));
        }
    }
}

/* Can the key have been absent because of this operation? */
static bool explains_absence(const struct world *world, const struct operation *deletion, const struct operation *read)
{
    if (deletion->op != OP_DELETE || deletion->key != read->key || operation_was_refused(deletion) ||
        deletion->asked_us > read->replied_us) {
        return false;
    }
    for (uint32_t i = number_of(world, deletion) + 1; i < world->history.count; i++) {
        const struct operation *other = &world->history.list[i];
        if (other->asked_us >= read->asked_us) {
            break;
        }
        if (other->key == read->key && makes_a_value(other) && follows(deletion, other) && follows(other, read)) {
            return false;
        }
    }
    return true;
}

/* How many operations had been asked before the read ended. */
static uint32_t asked_before_end_of(const struct world *world, const struct operation *read, uint32_t reader)
{
    uint32_t i = reader;
    while (i < world->history.count && world->history.list[i].asked_us <= read->replied_us) {
        i++;
    }
    return i;
}

static void judge_absence(struct world *world, const struct operation *read, uint32_t reader)
{
    const struct operation *written = NULL;
    for (uint32_t i = asked_before_end_of(world, read, reader); i-- > 0;) { /* the latest is likely to explain it */
        const struct operation *other = &world->history.list[i];
        if (other->key == read->key && makes_a_value(other) && follows(other, read)) {
            written = other;
        }
        if (explains_absence(world, other, read)) {
            return;
        }
    }
    if (written != NULL) {
        world_violate(world, "order", "read %u of key %u found nothing though write %u was acknowledged before", reader,
                      read->key, number_of(world, written));
    }
}

/* Does the reply tell what value was there? */
static bool tells_a_value(const struct operation *operation)
{
    if (operation->outcome != OUTCOME_REPLIED || operation->status != 0) {
        return false;
    }
    return operation->op == OP_GET || (operation->flags & REQUEST_RETURN_OLD) != 0;
}

static bool found_absence(const struct operation *operation)
{
    return operation->op == OP_SET && (operation->flags & REQUEST_IF_ABSENT) != 0 &&
           operation_was_acknowledged(operation);
}

static void judge_reply(struct world *world, const struct operation *operation)
{
    uint32_t number = number_of(world, operation);
    if (tells_a_value(operation) && operation->found) {
        judge_value(world, operation, number);
    } else if (tells_a_value(operation) || found_absence(operation)) {
        judge_absence(world, operation, number);
    }
}

/* What an APPEND was appended to is what it read, acknowledged or not. */
static void judge_append(struct world *world, const struct version *version)
{
    if (version->write >= world->history.count || world->history.list[version->write].op != OP_APPEND) {
        return;
    }
    struct operation read = world->history.list[version->write];
    read.saw = version->base;
    if (!operation_was_acknowledged(&read)) {
        read.replied_us = UINT64_MAX; /* it may have been carried out after the client was told that nobody knows */
    }
    if (version->base == NO_WRITE) {
        judge_absence(world, &read, version->write);
    } else {
        judge_value(world, &read, version->write);
    }
}

void check_order_at_end(struct world *world)
{
    for (uint32_t i = 0; i < world->history.count; i++) {
        if (check_order_judges(world, world->history.list[i].key)) {
            judge_reply(world, &world->history.list[i]);
        }
    }
    for (uint32_t i = 0; i < world->sightings.count; i++) {
        if (check_order_judges(world, world->sightings.list[i].key)) {
            judge_append(world, &world->sightings.list[i]);
        }
    }
}
