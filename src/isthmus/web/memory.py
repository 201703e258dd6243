"""What keeps a long-lived server small: memory that solves have freed goes back to the system.

The C library keeps freed memory for later, one pool for each thread, and raises by itself the size from which arrays
are given back at once. A server that solves now and then would stand at its worst moment for good.
"""

from __future__ import annotations

import ctypes
import sys

#: Names of `mallopt` of the GNU C library.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
#: Arrays from this many bytes on are given back as soon as they are freed.
_LARGE = 1 << 20


def _library() -> ctypes.CDLL | None:
    """Return the GNU C library; None elsewhere: other libraries need no care, or none that we know of."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


def spare_memory() -> bool:
    """Have large arrays given back when they are freed, and few pools kept; return whether that was possible."""
    library = _library()
    if library is None:
        return False
    given = ((_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, 8 * _LARGE), (_ARENA_MAX, 2))
    taken = [library.mallopt(*one) == 1 for one in given]
    return all(taken)


def give_back() -> None:
    """Give memory that is free back to the system."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)
