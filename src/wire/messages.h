/* The one list of what nodes say to each other. Structs, codec, names, bounds, fuzz targets and docs/wire.md come
 * from it.
 *
 * A message is  M(name, number, sender -> receiver and purpose)  with its fields in WIRE_FIELDS_<name>:
 *   F(U8|U16|U32|U64, field, largest value allowed, meaning)
 *   F(BYTES, field, most bytes allowed, meaning)
 * Numbers are never reused. A new field or message raises WIRE_VERSION.
 */
#ifndef GR_WIRE_MESSAGES_H
#define GR_WIRE_MESSAGES_H

#define WIRE_VERSION 3u
#define WIRE_VERSION_OLDEST 3u

#define WIRE_KEY_MAX 65535u         /* a u16 holds the length of any key: in pages, and in lists */
#define WIRE_VALUE_MAX (16u << 20)  /* limit on clients' writes */
#define WIRE_OBJECT_MAX (96u << 20) /* an object may be bigger: siblings; healing is never refused for size */
#define WIRE_CONTEXT_MAX 1024u
#define WIRE_TEXT_MAX 1024u
#define WIRE_HLC_MAX ((uint64_t)INT64_MAX) /* above all clock values there are (base/hlc.h) */
#define WIRE_RECORDS_MAX (8u << 20)
#define WIRE_ROOT_BYTES 10u        /* of one root in roots */
#define WIRE_LEAVES_MAX (2u << 20) /* the leaves of all slots, when one partition has them all */
#define WIRE_LIST_MAX (1u << 20)   /* a page of a list; room for many keys of WIRE_KEY_MAX */

#define WIRE_MESSAGES(M)                                                                                \
    M(hello, 1, "both ways, first on a connection: who speaks, and which versions")                     \
    M(refused, 2, "both ways: why the other side will not go on; then it closes")                       \
    M(join, 3, "joiner -> seed: admit me")                                                              \
    M(joined, 4, "seed -> joiner: the cluster's constants and membership")                              \
    M(gossip, 5, "each second to a random peer: what I know of the membership")                         \
    M(membership, 6, "answer to gossip that differs: entries and records")                              \
    M(put, 7, "coordinator -> replica or stand-in: merge this object and store it; so do hints travel") \
    M(put_ack, 8, "answer to put: stored, or why not")                                                  \
    M(get, 9, "coordinator -> replica or stand-in: your copy, unless its digest is the one I have")     \
    M(get_ack, 10, "answer to get: the copy")                                                           \
    M(forward, 11, "a node that may not coordinate it -> owner: carry out this request")                \
    M(forward_ack, 12, "owner -> forwarding node: the reply for the client")                            \
    M(forward_copies, 13, "owner -> forwarding node: more replicas hold the write now")                 \
    M(count, 14, "any node -> member: how many live keys do you hold in these partitions")              \
    M(count_ack, 15, "member -> asker: that many")                                                      \
    M(ping, 16, "to a member that is silent: are you there")                                            \
    M(pong, 17, "answer to ping")                                                                       \
    M(rumour, 18, "to all members: I do not hear this node; a reason to probe it")                      \
    M(roots, 19, "owner -> owner: the roots of my trees of partitions that we share")                   \
    M(roots_ack, 20, "owner -> owner: which of them differ from mine")                                  \
    M(tree, 21, "owner -> owner: send me the leaves of this partition's tree")                          \
    M(tree_ack, 22, "owner -> owner: the leaves")                                                       \
    M(list, 23, "owner -> owner: which keys do you hold in these leaves of a slot")                     \
    M(list_ack, 24, "owner -> owner: these, and the digests of their objects")                          \
    M(clear, 25, "first owner -> member: do you keep anything older of this slot, or is any under way") \
    M(clear_ack, 26, "member -> first owner: no, or perhaps")                                           \
    M(reap, 27, "first owner -> owner: all hold this tombstone; remove it")

#define WIRE_FIELDS_hello(F)                                                  \
    F(U64, magic, UINT64_MAX, "WIRE_MAGIC")                                   \
    F(U16, version_oldest, UINT16_MAX, "oldest protocol version spoken")      \
    F(U16, version_newest, UINT16_MAX, "newest protocol version spoken")      \
    F(U64, cluster, UINT64_MAX, "cluster id; 0: has none yet, wants to join") \
    F(U64, node, UINT64_MAX, "node id, never 0")

#define WIRE_FIELDS_refused(F)                                   \
    F(U16, code, UINT16_MAX, "the GR_E number without its sign") \
    F(BYTES, text, WIRE_TEXT_MAX, "what is wrong and what to do")

#define WIRE_FIELDS_join(F)                                                    \
    F(U16, weight, UINT16_MAX, "1..65535")                                     \
    F(BYTES, zone, 32, "zone name, may be empty")                              \
    F(U64, replaces, UINT64_MAX, "the lost node whose place to take; 0: none") \
    F(BYTES, record, 1024, "the joiner's member record, encoded")

#define WIRE_FIELDS_joined(F)                                                            \
    F(U64, cluster, UINT64_MAX, "cluster id")                                            \
    F(U32, partitions, 16384, "Q")                                                       \
    F(U8, replicas, 7, "N")                                                              \
    F(BYTES, entries, WIRE_RECORDS_MAX, "membership log entries, RING_ENTRY_BYTES each") \
    F(BYTES, records, WIRE_RECORDS_MAX, "member records, each with a u16 length before it")

#define WIRE_FIELDS_gossip(F)                                                           \
    F(U64, cluster, UINT64_MAX, "the sender\'s; another cluster\'s is not listened to") \
    F(U64, log_hash, UINT64_MAX, "hash of the sender's membership log")                 \
    F(U64, members_hash, UINT64_MAX, "hash of its member records")

#define WIRE_FIELDS_membership(F)                                                        \
    F(U64, cluster, UINT64_MAX, "the sender\'s; another cluster\'s is not listened to")  \
    F(U8, wants_answer, 1, "1: answer with what I lack")                                 \
    F(BYTES, entries, WIRE_RECORDS_MAX, "membership log entries, RING_ENTRY_BYTES each") \
    F(BYTES, records, WIRE_RECORDS_MAX, "member records, each with a u16 length before it")

#define WIRE_FIELDS_put(F)                                                                      \
    F(U64, request, UINT64_MAX, "comes back in the ack")                                        \
    F(U64, owner, UINT64_MAX, "keep it for this owner, as a hint; 0: the receiver is an owner") \
    F(U8, doubtful, 1, "1: a hint that may have been delivered, and deleted, long ago")         \
    F(BYTES, key, WIRE_KEY_MAX, "")                                                             \
    F(BYTES, object, WIRE_OBJECT_MAX, "encoded, with its checksum")

#define WIRE_FIELDS_put_ack(F)                                                             \
    F(U64, request, UINT64_MAX, "")                                                        \
    F(U16, error, UINT16_MAX, "0: durable here; else the GR_E number without its sign")    \
    F(U64, newest_actor, UINT64_MAX, "greatest dot of the replica's object after merging") \
    F(U64, newest_hlc, WIRE_HLC_MAX, "")

#define WIRE_FIELDS_get(F)                                                        \
    F(U64, request, UINT64_MAX, "comes back in the ack")                          \
    F(U64, digest, UINT64_MAX, "digest of the asker's copy; 0: none, send yours") \
    F(BYTES, key, WIRE_KEY_MAX, "")

#define WIRE_FIELDS_get_ack(F)                                                                 \
    F(U64, request, UINT64_MAX, "")                                                            \
    F(U16, error, UINT16_MAX, "0, or why the copy cannot be read: never the same as absent")   \
    F(U8, same, 1, "1: the digests agree, no object follows")                                  \
    F(U8, standing, 2, "1: copies may be missing here; 2: and this one may have been deleted") \
    F(U64, floor, WIRE_HLC_MAX, "above all deletions forgotten in the key's partition")        \
    F(BYTES, object, WIRE_OBJECT_MAX, "encoded; empty: absent (or same)")

#define WIRE_FIELDS_forward(F)                                                                  \
    F(U64, request, UINT64_MAX, "comes back in the ack")                                        \
    F(U8, op, 255, "enum op")                                                                   \
    F(U8, flags, 255, "REQUEST_ flags")                                                         \
    F(U8, r, 7, "0: the coordinator's default")                                                 \
    F(U8, w, 7, "0: the coordinator's default")                                                 \
    F(U8, policy, 1, "enum conflict_policy")                                                    \
    F(U32, timeout_ms, 600000, "time left until the deadline")                                  \
    F(U64, actor, UINT64_MAX, "with hlc the name of the hand-over: the forwarding node's life") \
    F(U64, hlc, WIRE_HLC_MAX, "and a value of its clock")                                       \
    F(U8, has_dot, 1, "1: that name is the write's dot; 0: the owner mints one")                \
    F(U64, offset, UINT64_MAX, "of OP_SETRANGE")                                                \
    F(BYTES, key, WIRE_KEY_MAX, "")                                                             \
    F(BYTES, value, WIRE_VALUE_MAX, "")                                                         \
    F(BYTES, context, WIRE_CONTEXT_MAX, "client's context, encoded; empty: none")

#define WIRE_FIELDS_forward_ack(F)                                                      \
    F(U64, request, UINT64_MAX, "")                                                     \
    F(U64, hlc, WIRE_HLC_MAX, "of the hand-over's name: which of several this answers") \
    F(U16, error, UINT16_MAX, "0 or the GR_E number without its sign")                  \
    F(U8, found, 1, "reply.found")                                                      \
    F(U8, applied, 1, "reply.applied")                                                  \
    F(U8, copies, 7, "reply.copies")                                                    \
    F(U8, final, 1, "1: no forward_copies will follow")                                 \
    F(U32, siblings, UINT32_MAX, "reply.siblings")                                      \
    F(U64, number, UINT64_MAX, "reply.number")                                          \
    F(BYTES, value, WIRE_OBJECT_MAX, "reply.value")                                     \
    F(BYTES, detail, WIRE_TEXT_MAX, "reply.detail")

#define WIRE_FIELDS_forward_copies(F)                    \
    F(U64, request, UINT64_MAX, "")                      \
    F(U8, copies, 7, "replicas that hold the write now") \
    F(U8, final, 1, "1: the last such message")

#define WIRE_FIELDS_count(F)                             \
    F(U64, request, UINT64_MAX, "comes back in the ack") \
    F(BYTES, partitions, 2048, "one bit a partition, lowest bit first")

#define WIRE_FIELDS_count_ack(F)    \
    F(U64, request, UINT64_MAX, "") \
    F(U64, keys, UINT64_MAX, "live keys")

#define WIRE_FIELDS_ping(F) F(U64, number, UINT64_MAX, "comes back in the pong")

#define WIRE_FIELDS_pong(F) F(U64, number, UINT64_MAX, "")

#define WIRE_FIELDS_rumour(F) F(U64, node, UINT64_MAX, "who is not heard")

#define WIRE_FIELDS_roots(F)                             \
    F(U64, request, UINT64_MAX, "comes back in the ack") \
    F(BYTES, roots, 16384u * WIRE_ROOT_BYTES, "u16 partition, u64 root; each")

#define WIRE_FIELDS_roots_ack(F)    \
    F(U64, request, UINT64_MAX, "") \
    F(BYTES, differing, 16384u * 2, "u16 partition; each")

#define WIRE_FIELDS_tree(F)                              \
    F(U64, request, UINT64_MAX, "comes back in the ack") \
    F(U16, partition, 16383, "")                         \
    F(U64, floor, WIRE_HLC_MAX, "above all deletions that the sender has forgotten in it")

#define WIRE_FIELDS_tree_ack(F)                                         \
    F(U64, request, UINT64_MAX, "")                                     \
    F(U16, error, UINT16_MAX, "0, or the GR_E number without its sign") \
    F(U64, floor, WIRE_HLC_MAX, "as in tree")                           \
    F(BYTES, leaves, WIRE_LEAVES_MAX, "u64 each: LEAVES a slot, slots in their order")

#define WIRE_FIELDS_list(F)                                               \
    F(U64, request, UINT64_MAX, "comes back in the ack")                  \
    F(U16, slot, 16383, "")                                               \
    F(U16, leaves, UINT16_MAX, "one bit a leaf")                          \
    F(U8, resumes, 1, "1: behind the key `after`; 0: from the beginning") \
    F(BYTES, after, WIRE_KEY_MAX, "")

#define WIRE_FIELDS_list_ack(F)                                         \
    F(U64, request, UINT64_MAX, "")                                     \
    F(U16, error, UINT16_MAX, "0, or the GR_E number without its sign") \
    F(U8, more, 1, "1: there are more behind the last key")             \
    F(BYTES, items, WIRE_LIST_MAX, "u64 digest, u32 object length, u16 key length, key; each, in key order")

#define WIRE_FIELDS_clear(F)                                                         \
    F(U64, request, UINT64_MAX, "comes back in the ack")                             \
    F(U16, slot, 16383, "")                                                          \
    F(U64, log_hash, UINT64_MAX, "of the sender's membership log; with another: no") \
    F(U64, hlc, WIRE_HLC_MAX, "greatest dot of the tombstones, or floor to be: mint above it, or: no")

#define WIRE_FIELDS_clear_ack(F)                                                         \
    F(U64, request, UINT64_MAX, "")                                                      \
    F(U8, clear, 1, "1: no hint is kept and no request open here for a key of the slot") \
    F(U64, epoch, UINT64_MAX, "another one after a lost link, a hint for an owner of the slot, or a restart")

#define WIRE_FIELDS_reap(F)                                                                \
    F(U64, digest, UINT64_MAX, "of the tombstone: removed only if the copy is that still") \
    F(U64, floor, WIRE_HLC_MAX, "at or above its dots; all members mint above it")         \
    F(BYTES, key, WIRE_KEY_MAX, "")

#endif
