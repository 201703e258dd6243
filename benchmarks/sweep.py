"""What a sweep costs beyond its solves: overhead per draw and per Dask task, two workers against one, draws of `tripp`.

Usage: python benchmarks/sweep.py [--only-tripp] [--tripp DRAWS] [--store DIR]. Ratios are medians of pairs measured in
turn. With --store the draws can be stopped (Ctrl-C, kill) and gone on with by the same words.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import sweep_loads
from isthmus.solve import QUEUES, Queues
from isthmus.trust.sweep import (
    Ask,
    DaskEngine,
    Engine,
    LocalEngine,
    Plan,
    SolveUnit,
    create_store,
    make_plan,
    open_store,
    run_sweep,
)
from isthmus.trust.sweep.unit import solve_unit


def clock(plan: Plan, unit: SolveUnit, engine: Engine) -> tuple[float, float]:
    """Return wall and CPU seconds (those of a local engine's workers included) of a whole sweep in a fresh store."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(create_store(Path(folder) / "sweep", plan), engine, unit)
    wall, own = time.perf_counter() - started, time.process_time() - cpu
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, own + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def small_draws() -> None:
    """Print what engine and store add to a draw, and two workers against one."""
    toy = make_plan(Ask(scenarios=("tripp",), world="toy", draws=1999, batch=50))
    small = dataclasses.replace(toy, draws=49)
    single, pair = LocalEngine(1), LocalEngine(2)
    clock(small, sweep_loads.nothing, single)  # what is read from disk for the first time
    base, base_cpu = clock(small, sweep_loads.nothing, single)
    wall, cpu = clock(toy, sweep_loads.nothing, single)
    extra = 2000 - 50
    print(
        f"overhead per draw (2,000 draws in batches of 50, one worker, start of the pool taken out): "
        f"{1e3 * (wall - base) / extra:.2f} ms wall, {1e3 * (cpu - base_cpu) / extra:.2f} ms CPU"
    )
    busy = dataclasses.replace(toy, draws=399, batch=10)
    ratios = []
    for turn in range(3):
        one, two = clock(busy, sweep_loads.spin, single)[0], clock(busy, sweep_loads.spin, pair)[0]
        ratios.append(one / two)
        print(f"400 draws of 60 ms, pair {turn + 1}: one worker {one:.1f} s, two {two:.1f} s, "
              f"ratio {one / two:.2f}, load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
    print(f"two workers against one, median of pairs: {statistics.median(ratios):.2f}")


def dask_tasks() -> None:
    """Print what a task costs on a Dask cluster of two workers: one batch, without any solve."""
    try:
        import distributed
    except ImportError:
        print("Dask: skipped, `pip install 'isthmus[cluster]'` first")
        return
    many = make_plan(Ask(scenarios=("tripp",), world="toy", draws=1049, batch=1))
    few = dataclasses.replace(many, draws=49)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        engine = DaskEngine(client)
        clock(few, sweep_loads.nothing, engine)
        (base, base_cpu), (wall, cpu) = (clock(plan, sweep_loads.nothing, engine) for plan in (few, many))
    tasks = many.batches - few.batches
    print(
        f"overhead per Dask task ({tasks:,} batches of one draw, two workers): {1e3 * (wall - base) / tasks:.2f} ms "
        f"wall, {1e3 * (cpu - base_cpu) / tasks:.2f} ms CPU of scheduler and driver, which share this process"
    )


class Watch:
    """Peak memory of each worker, looked at whenever a batch is done; prints how far the sweep is."""

    def __init__(self, every: int) -> None:
        self.peak: dict[int, float] = {}  # process -> GB
        self.every, self.started, self.first = every, time.perf_counter(), -1

    def __call__(self, done: int, batches: int, what: str) -> None:
        self.first = done - 1 if self.first < 0 else self.first
        for process in multiprocessing.active_children():
            status = Path(f"/proc/{process.pid}/status")
            if status.exists():
                found = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
                self.peak |= {process.pid or 0: float(found[0]) / 1e6} if found else {}
        if done % self.every == 0 or done == batches:
            wall = time.perf_counter() - self.started
            print(f"{done} of {batches} parts, {wall / 60:.1f} min, load {os.getloadavg()[0]:.1f}: {what}", flush=True)


def tripp(draws: int, folder: Path, workers: int, queues: Queues) -> None:
    """Solve draws of `tripp`, or go on with them, and print what this run took."""
    plan = make_plan(Ask(scenarios=("tripp",), draws=draws, batch=2, route_draws=2, queues=queues))
    store = open_store(folder, plan) if (folder / "plan.json").exists() else create_store(folder, plan)
    ready = plan.batches - len(store.pending())
    watch, before = Watch(max(1, plan.batches // 20)), resource.getrusage(resource.RUSAGE_CHILDREN)
    run_sweep(store, LocalEngine(workers), solve_unit, tell=watch)
    wall, after = time.perf_counter() - watch.started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    solved = max(1, min(plan.units, (plan.batches - ready) * plan.batch))
    memory = ", ".join(f"{gb:.2f}" for gb in sorted(watch.peak.values(), reverse=True))
    print(
        f"tripp, long horizon, 2 route draws, queues {queues}: {solved} draws in this run on {workers} workers, "
        f"{wall / 60:.1f} min wall, {cpu / solved:.1f} s CPU a draw (start of workers and central base included), peak "
        f"memory of the workers {memory} GB; the store holds {draws + 1} in {folder}"
    )


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--tripp", type=int, default=4, help="draws of tripp that are solved")
    words.add_argument("--only-tripp", action="store_true", help="nothing but these draws")
    words.add_argument("--store", type=Path, default=None, help="keep the draws here; a store there is resumed")
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--queues", choices=QUEUES, default="held")
    asked = words.parse_args()
    print(f"machine: {platform.node()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} of 1 minute", flush=True)
    if not asked.only_tripp:
        small_draws()
        dask_tasks()
    with tempfile.TemporaryDirectory() as scratch:
        tripp(asked.tripp, asked.store or Path(scratch) / "sweep", asked.workers, asked.queues)


if __name__ == "__main__":
    sys.exit(main())
