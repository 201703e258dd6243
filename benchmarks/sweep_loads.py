"""Units for benchmarks/sweep.py; workers import them by name."""

from __future__ import annotations

import time

import numpy as np

from isthmus.trust.sweep import Plan, Row


def nothing(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """One number, no work: what is left is the engine and the store."""
    return [("s", as_of, "long", draw, "number", "", float(draw))]


def spin(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """60 ms of NumPy on one thread, like a small solve."""
    start, total = time.process_time(), 0.0
    rng = np.random.default_rng(draw)
    while time.process_time() - start < 0.06:
        total += float(np.linalg.slogdet(rng.normal(size=(60, 60)))[1])
    return [("s", as_of, "long", draw, "number", "", total)]
