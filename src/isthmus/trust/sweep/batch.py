"""run_batch: the only thing that engines see. Pure but for the part it writes; safe to run twice."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from isthmus.errors import SweepError
from isthmus.trust.sweep.plan import Plan
from isthmus.trust.sweep.store import SCHEMA, open_store

#: One number: scenario, as_of, horizon, draw, quantity, key, value.
Row = tuple[str, str, str, int, str, str, float]
SolveUnit = Callable[[Plan, str, int], list[Row]]

#: Threads of numerical libraries in a worker: one, or two workers fight for the same processors.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What comes back of a batch; the rows stay in the store."""

    batch: int
    seconds: float = 0.0
    failure: str = ""  # why it has no part
    fatal: bool = False  # the store cannot be written: going on is no use


def run_batch(folder: str, plan_id: str, batch: int, solve_unit: SolveUnit, skip: tuple[int, ...] = ()) -> Receipt:
    """Solve the units of a batch and commit its part; a part that is there already stays.

    Parameters
    ----------
    folder, plan_id : str
        The store, and the plan that it must hold.
    batch : int
    solve_unit : callable
        (plan, as_of, draw) to rows; a function of a module, so that a worker can find it.
    skip : tuple of int
        Units in quarantine.
    """
    started = time.perf_counter()
    try:
        store = open_store(Path(folder))
        if store.plan.id != plan_id:
            return Receipt(batch, failure="the store holds another plan now", fatal=True)
        if not store.holds(batch):
            rows = [row for unit in store.plan.units_of(batch) if unit not in skip
                    for row in solve_unit(store.plan, *store.plan.unit(unit))]  # fmt: skip
            store.commit(batch, _table(rows), skip)
    except SweepError as error:
        return Receipt(batch, failure=str(error), fatal=True)
    except Exception:  # a draw may fail in any way: the driver decides what becomes of it
        return Receipt(batch, failure=traceback.format_exc(limit=-3))
    return Receipt(batch, time.perf_counter() - started)


def try_unit(folder: str, unit: int, solve_unit: SolveUnit) -> str:
    """Solve one unit alone and throw it away; return why it fails, or ''."""
    store = open_store(Path(folder))
    try:
        solve_unit(store.plan, *store.plan.unit(unit))
    except Exception:
        return traceback.format_exc(limit=-3)
    return ""


def _table(rows: list[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def enter_worker() -> None:
    """Ready a worker process: leave Ctrl-C to the driver, and end when the driver is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)
