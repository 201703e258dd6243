"""Pairs of closures (N-2): which add up, and what the sums are.

A closure alone changes some nodes towards a destination. Two closures add up exactly if neither's changed
nodes, nor the nodes next downhill of them, are changed by the other, and neither's arcs start at a node
that the other changes: then each node's equations hold with the changes of one of them alone.
"""

from __future__ import annotations

import numpy as np

from isthmus.routing.closures_kernels import Bits, Prints, Sums
from isthmus.routing.closures_state import Kit
from isthmus.routing.heap import _compiled, _inlined
from isthmus.world.accounts import BoolArray, IntArray


def make_prints(kit: Kit) -> Prints:
    """Return empty prints of all closures."""
    shape = (kit.shut.start.size - 1, ((kit.web.n_nodes + kit.web.n_zones) >> 6) + 1)
    return Prints(np.zeros(shape, dtype=np.uint64), np.zeros(shape, dtype=np.uint64))


def tail_bits(kit: Kit) -> Bits:
    """Return (closure, node + zone / 64) bits of the nodes where a closure's arcs start."""
    tails = np.zeros_like(make_prints(kit).changed)
    for c in range(len(tails)):
        for i in kit.shut.in_arc[kit.shut.start[c] : kit.shut.start[c + 1]].tolist():
            node = int(kit.web.in_tail[i])
            tails[c, node >> 6] |= np.uint64(1 << (node & 63))
    return tails


@_inlined
def _apart(prints: Prints, tails: Bits, a: int, b: int) -> bool:
    """Return whether two closures add up."""
    none, found = np.uint64(0), True
    for word in range(tails.shape[1]):
        here, there = prints.changed[a, word], prints.changed[b, word]
        if (here | there) == none:
            continue
        both = (prints.near[a, word] & there) | (prints.near[b, word] & here)
        if (both | (here & tails[b, word]) | (there & tails[a, word])) != none:
            found = False
            break
    return found


@_compiled
def add_pairs(prints: Prints, tails: Bits, met: BoolArray, alone: Sums, sums: Sums, left: IntArray) -> int:
    """Add the pairs a < b that add up to `sums`, a row each in that order; list the others in `left`, return how many.

    `met` (closure,) tells whether any trip may pass a closure; pairs of two that none may pass do nothing.
    """
    n = met.size
    row, count = -1, 0
    for a in range(n):
        for b in range(a + 1, n):
            row += 1
            if not (met[a] or met[b]):
                continue
            if not _apart(prints, tails, a, b):
                left[count, 0], left[count, 1], left[count, 2] = a, b, row
                count += 1
                continue
            sums.outcome[0] += 1
            for e in range(sums.extra.shape[1]):
                for what in range(3):
                    sums.extra[row, e, what] += alone.extra[a, e, what] + alone.extra[b, e, what]
            c = a if alone.worst[a, 0] >= alone.worst[b, 0] else b
            if alone.worst[c, 0] > sums.worst[row, 0]:
                for what in range(3):
                    sums.worst[row, what] = alone.worst[c, what]
    return count
