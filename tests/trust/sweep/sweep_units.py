"""Stand-ins for a model solve: quick, deterministic, some of them deadly. Workers import them by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from isthmus.trust.sweep import Plan, Row


def quick(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """Return a few numbers that depend on the draw alone."""
    values = np.random.default_rng([plan.seed, draw]).normal(size=3)
    return [(s, as_of, "long", draw, "number", str(i), float(v)) for s in plan.scenarios for i, v in enumerate(values)]


def slow(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """The same, in a tenth of a second, with a note of who is at work."""
    Path(os.environ["SWEEP_NOTES"], f"{os.getpid()}").touch()
    time.sleep(0.1)
    return quick(plan, as_of, draw)


def poison(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """Draw 5 kills its process."""
    if draw == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(plan, as_of, draw)


def wrong(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """Draw 5 raises an error that cannot be pickled."""
    if draw == 5:

        class Local(Exception):
            pass

        raise Local("draw 5 is beyond the model")
    return quick(plan, as_of, draw)


def big(plan: Plan, as_of: str, draw: int) -> list[Row]:
    """Rows that fill a small disk."""
    noise = np.random.default_rng([plan.seed, draw]).normal(size=20_000)
    return [("toy", as_of, "long", draw, "number", str(i), float(v)) for i, v in enumerate(noise)]
