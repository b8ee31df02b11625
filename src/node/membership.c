#include "node/membership.h"

#include "base/cursor.h"
#include "base/error.h"
#include "node/internal.h"
#include "node/replace.h"

#define STATE_MAX (2 * (WIRE_RECORDS_MAX + 4))

void membership_init(struct membership *membership, uint64_t cluster, uint32_t partitions, uint8_t replicas)
{
    *membership = (struct membership){.cluster = cluster, .partitions = partitions, .replicas = replicas};
    ring_log_init(&membership->log);
    members_init(&membership->members);
    buffer_init(&membership->encoded, STATE_MAX);
}

void membership_done(struct membership *membership)
{
    ring_log_done(&membership->log);
    members_done(&membership->members);
    placement_free(membership->placement);
    membership->placement = NULL;
    buffer_done(&membership->encoded);
}

static int merge_entries(struct membership *membership, struct bytes entries)
{
    struct reader r = reader_of(entries);
    int changed = 0;
    while (reader_left(&r) > 0) {
        struct ring_entry entry;
        struct bytes raw = reader_take(&r, RING_ENTRY_BYTES);
        int error = r.failed ? GR_ECORRUPT : ring_entry_decode(raw, &entry);
        error = error == 0 ? ring_log_add(&membership->log, &entry) : error;
        if (error < 0) {
            return error;
        }
        changed |= error;
    }
    return changed;
}

static bool is_fenced(const struct membership *membership, uint64_t node)
{
    return membership->placement != NULL && placement_successor(membership->placement, node) != 0;
}

static int merge_records(struct membership *membership, struct bytes records)
{
    struct reader r = reader_of(records);
    int changed = 0;
    while (reader_left(&r) > 0) {
        struct member record;
        struct bytes raw = reader_take(&r, reader_u16(&r));
        int error = r.failed ? GR_ECORRUPT : member_decode(raw, &record);
        if (error == 0 && is_fenced(membership, record.node)) {
            continue;
        }
        error = error == 0 ? members_merge(&membership->members, &record) : error;
        if (error < 0) {
            return error;
        }
        changed |= error;
    }
    return changed;
}

static void drop_fenced(struct membership *membership)
{
    for (uint32_t i = membership->members.count; i-- > 0;) {
        uint64_t node = membership->members.list[i].node;
        if (is_fenced(membership, node)) {
            members_remove(&membership->members, node);
        }
    }
}

int membership_rebuild(struct membership *membership)
{
    struct placement *placement;
    int error = placement_build(&membership->log, membership->partitions, membership->replicas, &placement);
    if (error != 0) {
        return error;
    }
    placement_free(membership->placement);
    membership->placement = placement;
    membership->placed_hash = membership->log.hash;
    drop_fenced(membership);
    return 0;
}

int membership_merge(struct membership *membership, struct bytes entries, struct bytes records)
{
    int new_entries = merge_entries(membership, entries);
    bool is_stale = membership->partitions != 0 && membership->log.hash != membership->placed_hash;
    int rebuilt = is_stale ? membership_rebuild(membership) : 0;
    int new_records = merge_records(membership, records); /* last: the table knows who was replaced */
    if (new_entries < 0 || new_records < 0 || rebuilt < 0) {
        return new_entries < 0 ? new_entries : new_records < 0 ? new_records : rebuilt;
    }
    return new_entries | new_records;
}

int membership_parts(const struct membership *membership, struct arena *arena, struct bytes *ret_entries,
                     struct bytes *ret_records)
{
    size_t entries_bytes = (size_t)membership->log.count * RING_ENTRY_BYTES;
    uint8_t *entries = arena_alloc(arena, entries_bytes + 1);
    uint8_t *records = arena_alloc(arena, (size_t)membership->members.count * (MEMBER_RECORD_MAX + 2) + 1);
    if (entries == NULL || records == NULL) {
        return GR_ENOMEM;
    }
    for (uint32_t i = 0; i < membership->log.count; i++) {
        ring_entry_encode(&membership->log.entries[i], entries + (size_t)i * RING_ENTRY_BYTES);
    }
    size_t records_bytes = 0;
    for (uint32_t i = 0; i < membership->members.count; i++) {
        size_t len = member_encode(&membership->members.list[i], records + records_bytes + 2);
        struct writer w = writer_of(records + records_bytes, 2);
        writer_u16(&w, (uint16_t)len);
        records_bytes += len + 2;
    }
    *ret_entries = bytes_of(entries, entries_bytes);
    *ret_records = bytes_of(records, records_bytes);
    return 0;
}

static int append_part(struct buffer *buffer, struct bytes part)
{
    uint8_t length[4];
    struct writer w = writer_of(length, sizeof length);
    writer_u32(&w, (uint32_t)part.len);
    int error = buffer_append(buffer, bytes_of(length, sizeof length));
    return error == 0 ? buffer_append(buffer, part) : error;
}

struct bytes membership_encode(struct membership *membership)
{
    struct arena scratch;
    struct bytes entries;
    struct bytes records;
    arena_init(&scratch, 4096);
    buffer_clear(&membership->encoded, SIZE_MAX);
    int error = membership_parts(membership, &scratch, &entries, &records);
    error = error == 0 ? append_part(&membership->encoded, entries) : error;
    error = error == 0 ? append_part(&membership->encoded, records) : error;
    arena_done(&scratch);
    return error == 0 ? buffer_bytes(&membership->encoded) : BYTES_EMPTY;
}

int membership_restore(struct membership *membership, struct bytes state)
{
    struct reader r = reader_of(state);
    struct bytes entries = reader_take(&r, reader_u32(&r));
    struct bytes records = reader_take(&r, reader_u32(&r));
    if (r.failed || reader_left(&r) > 0) {
        return GR_ECORRUPT;
    }
    int error = membership_merge(membership, entries, records);
    return error < 0 ? error : 0;
}

bool membership_holds_data(const struct membership *membership)
{
    for (uint32_t i = 0; i < membership->members.count; i++) {
        if ((membership->members.list[i].flags & MEMBER_HOLDS_DATA) != 0) {
            return true;
        }
    }
    return false;
}

bool membership_has(const struct membership *membership, uint64_t node)
{
    return membership->placement != NULL && placement_weight(membership->placement, node) > 0;
}

bool membership_is_full(const struct membership *membership)
{
    return membership->placement != NULL && placement_members(membership->placement) >= RING_MEMBERS_MAX;
}

bool membership_names(const struct membership *membership, uint64_t node)
{
    for (uint32_t i = 0; i < membership->log.count; i++) {
        if (membership->log.entries[i].node == node) {
            return true;
        }
    }
    return false;
}

void membership_known(struct node *node)
{
    node->membership.told_hash = node->membership.placed_hash;
    replace_check(node);
}

/* Anti-entropy first: filling begins with the comparisons that are due by the new placement. */
void membership_changed(struct node *node)
{
    struct membership *membership = &node->membership;
    if (membership->placement == NULL || membership->told_hash == membership->placed_hash) {
        return;
    }
    membership->told_hash = membership->placed_hash;
    sync_placement_changed(node);
    reap_placement_changed(node);
    handoff_wake(node); /* hints for a node that has left go to its heirs */
    node_renew_stand_in_actor(node);
    replace_check(node);
}

void membership_announce(struct node *node)
{
    save_now(node);
    gossip_tell_all(node);
    membership_changed(node);
}
