/* What a machine loses for good: bits that flip on its disk, or the whole disk.
 *
 * The promise (invariant 1 of ARCHITECTURE.md): an acknowledged write is never lost, so long as fewer than W of the
 * nodes that acknowledged it lost their disks. So:
 *
 * M1  A copy rots only where another machine has a sound object of the key, and of each acknowledged write another has
 *     a sound copy, be it a hint (of what this machine does not have: else that is about to go, as delivered).
 * M2  A disk is lost only where each acknowledged write is on the disks of W machines, with W above one; so after
 *     one disk was lost, the next is only when what was on it is back; and where files were lost, when nobody is in
 *     doubt any more.
 * M3  A machine that has lost its disk comes back under a new id, which takes the old one's place.
 * M4  Files are lost, and older versions come up with them, deleted ones too, only where of each acknowledged write of
 *     the key another machine has a sound copy, while all machines run and none is filling.
 */
#ifndef GR_SIM_DAMAGE_H
#define GR_SIM_DAMAGE_H

#include <stdint.h>

struct world;

struct damage {
    uint64_t last_us;     /* when anything was last damaged; 0: never */
    uint32_t rotten;      /* copies so far */
    uint32_t wiped;       /* disks so far */
    uint32_t salvaged;    /* likewise, of which only files were lost */
    uint64_t rotten_keys; /* one bit a key: what replaces a copy may be older, until all owners were compared */
};

/* Flip a bit of some object or hint of the machine, if M1 has one. */
void damage_rot(struct world *world, unsigned node);

/* The machine's disk is lost, if M2 allows it, and its process with it. */
void damage_wipe(struct world *world, unsigned node);

/* Some files of the machine are lost, if M4 allows it, and its process with them; it comes back with the rest. */
void damage_salvage(struct world *world, unsigned node);

#endif
