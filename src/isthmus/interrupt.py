"""Ending a long computation that nobody waits for: it looks up between two pieces of work.

    with interruptible(look):
        result = solve(world, scenario)

`look` is called often, from whatever thread works, and raises to end the computation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Look = Callable[[], None]

_LOOK: ContextVar[Look | None] = ContextVar("look", default=None)


@contextmanager
def interruptible(look: Look) -> Iterator[None]:
    """Let computations of this thread, and the threads that they start, look up."""
    token = _LOOK.set(look)
    try:
        yield
    finally:
        _LOOK.reset(token)


def current_look() -> Look:
    """Return what a computation calls between pieces of work: nothing happens unless somebody asked for it."""
    return _LOOK.get() or _go_on


def _go_on() -> None:
    return None
