"""run_sweep: hand out batches until the store holds them all, whatever dies on the way.

A batch that was in the hands of dead workers is asked for again; one that was so twice is tried unit by
unit in a process of its own, and what crashes there twice goes into quarantine: the rest of the sweep
goes on. If workers die over and over without one new part, something else is wrong and the driver stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from isthmus.errors import SweepError
from isthmus.trust.sweep.batch import Receipt, SolveUnit, run_batch, try_unit
from isthmus.trust.sweep.engines import Engine, EngineLost
from isthmus.trust.sweep.store import Store

Tell = Callable[[int, int, str], None]

#: Deaths or failures of a batch before its units are tried alone, and of a unit before it is given up.
_TRIES = 2
#: Rounds in which workers die and no part is added.
_PATIENCE = 5


@dataclass(slots=True)
class _Tally:
    """What has gone wrong so far."""

    strikes: Counter[int] = field(default_factory=Counter)
    reason: dict[int, str] = field(default_factory=dict)
    barren: int = 0

    def suspects(self) -> list[int]:
        return sorted(batch for batch, count in self.strikes.items() if count >= _TRIES)


def run_sweep(
    store: Store,
    engine: Engine,
    solve_unit: SolveUnit,
    *,
    shard: tuple[int, int] = (1, 1),
    tell: Tell | None = None,
) -> int:
    """Solve what a store lacks and, when nothing is left in any shard, publish it.

    Parameters
    ----------
    store : Store
    engine : Engine
    solve_unit : callable
        (plan, as_of, draw) to rows.
    shard : (k, N)
        Only batches k, k + N, ... (counted from 1): for job arrays.
    tell : callable, optional
        Told (parts there, parts in all, what happened).

    Returns
    -------
    int
        Number of draws in quarantine.

    Raises
    ------
    SweepError
        The store cannot be written, another driver is at work on this shard, or workers cannot work.
    """
    tell = tell or (lambda _done, _all, _what: None)
    with store.lock(shard):
        tally = _Tally()
        while pending := store.pending(shard):
            for batch in tally.suspects():
                if batch in pending:
                    tell(_done(store), store.plan.batches, f"batch {batch} failed twice: trying its draws alone")
                    _isolate(store, engine, solve_unit, batch, tally)
                    pending.remove(batch)
            _round(store, engine, solve_unit, pending, tally, tell)
        if not store.pending():
            store.publish()
            tell(store.plan.batches, store.plan.batches, "published")
    return len(store.quarantined())


def _done(store: Store) -> int:
    return store.plan.batches - len(store.pending())


def _round(store: Store, engine: Engine, solve_unit: SolveUnit, pending: list[int], tally: _Tally, tell: Tell) -> None:
    """Ask once for each pending batch."""
    if not pending:
        return
    task = partial(_task, str(store.folder), store.plan.id, solve_unit)
    done, added = _done(store), 0
    try:
        for receipt in engine.run(task, pending):
            if receipt.fatal:
                raise SweepError(receipt.failure)
            if receipt.failure:
                tally.strikes[receipt.batch] += 1
                tally.reason[receipt.batch] = receipt.failure
                continue
            added += 1
            tell(done + added, store.plan.batches, f"batch {receipt.batch} in {receipt.seconds:.1f} s")
    except EngineLost as lost:
        tally.strikes.update(lost.batches)
        tell(_done(store), store.plan.batches, str(lost))
    tally.barren = 0 if added or tally.suspects() else tally.barren + 1
    if tally.barren >= _PATIENCE:
        reason = next(iter(tally.reason.values()), "workers die as soon as they start")
        raise SweepError(f"{store.folder}: {_PATIENCE} rounds without a new part. Last reason: {reason}")


def _task(folder: str, plan_id: str, solve_unit: SolveUnit, batch: int) -> Receipt:
    return run_batch(folder, plan_id, batch, solve_unit)


def _isolate(store: Store, engine: Engine, solve_unit: SolveUnit, batch: int, tally: _Tally) -> None:
    """Find the units of a batch that crash alone, note them, and commit the part of the others."""
    crashed: dict[int, str] = {}
    for unit in store.plan.units_of(batch):
        for _ in range(_TRIES):
            crashed[unit] = engine.alone(partial(try_unit, str(store.folder), unit, solve_unit))
            if not crashed[unit]:
                del crashed[unit]
                break
    if crashed:
        store.quarantine(batch, crashed)
    last = engine.alone(partial(_commit_rest, str(store.folder), store.plan.id, batch, solve_unit, tuple(crashed)))
    if last:
        raise SweepError(f"{store.folder}: batch {batch} cannot be finished: {last}")
    del tally.strikes[batch]


def _commit_rest(folder: str, plan_id: str, batch: int, solve_unit: SolveUnit, skip: tuple[int, ...]) -> str:
    return run_batch(folder, plan_id, batch, solve_unit, skip).failure
