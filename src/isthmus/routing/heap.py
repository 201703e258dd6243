"""A 4-ary heap of nodes by cost for compiled sweeps, and how sweeps are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from isthmus.world.accounts import FloatArray

Int32Array = NDArray[np.int32]
Index = NDArray[np.uint32]

_Function = TypeVar("_Function", bound=Callable[..., object])


def _compiled(function: _Function) -> _Function:
    """Compile without the interpreter lock; the machine code is kept on disk."""
    return cast(_Function, njit(cache=True, nogil=True, error_model="numpy")(function))


def _bare(function: _Function) -> _Function:
    """Compile as `_compiled`, without counting references to arrays: for functions that make none.

    Counts are atomic, and in loops that take arrays out of several tuples they cost more than the work itself.
    """
    return cast(_Function, njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function))


def _inlined(function: _Function) -> _Function:
    """Compile into each caller: passing these many arrays per node would cost more than the work itself."""
    return cast(_Function, njit(inline="always", error_model="numpy")(function))


def still(values: FloatArray) -> FloatArray:
    """Return a read-only view: whether an array may be written is part of its type, and sweeps compile once by type."""
    view = values.view()
    view.setflags(write=False)
    return view


@_inlined
def _pop(key: FloatArray, node: Index, place: Int32Array, size: int) -> None:
    """Remove the root of a 4-ary heap that has `size` entries left."""
    last_key, last_node = key[size], node[size]
    i = 0
    while True:
        low = 4 * i + 1
        if low >= size:
            break
        low_key = key[low]
        for other in range(low + 1, min(4 * i + 5, size)):
            if key[other] < low_key:
                low, low_key = other, key[other]
        if low_key >= last_key:
            break
        key[i] = low_key
        node[i] = node[low]
        place[node[i]] = i
        i = low
    key[i] = last_key
    node[i] = last_node
    place[last_node] = i


@_inlined
def _lift(key: FloatArray, node: Index, place: Int32Array, i: int, value: float, item: int) -> None:
    """Move `item`, whose key falls to `value`, up from position `i` of a 4-ary heap."""
    while i > 0:
        parent = (i - 1) >> 2
        if key[parent] <= value:
            break
        key[i] = key[parent]
        node[i] = node[parent]
        place[node[i]] = i
        i = parent
    key[i] = value
    node[i] = item
    place[item] = i
