"""CPU seconds and memory of embargoes in batches: one coercer against all, and the full coercer x target matrix.

    OPENBLAS_NUM_THREADS=1 python benchmarks/trade_batch.py [--matrix] [--horizon long|short]

Bounds (one BLAS thread): 93 embargoes of one coercer 4 s long; the matrix with own losses 180 s long, 720 s
short, 1 GB. Beside it a sample of the same scenarios solved singly, in the same run.
"""

from __future__ import annotations

import argparse
import os
import resource
import time

import numpy as np

from isthmus import load_world
from isthmus.trade import (  # fmt: skip
    HORIZONS,
    SparseShock,
    TradeBaseline,
    TradeSettings,
    cut_trade,
    solve_trade,
    solve_trade_batch,
    trade_baseline,
)
from isthmus.trade.chord import Chord
from isthmus.trade.problem import pose
from isthmus.trade.shock import TradeShock
from trade import machine


def embargo(baseline: TradeBaseline, i: int, n: int) -> SparseShock:
    return cut_trade([(i, n), (n, i)], len(baseline.theta))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(label: str, baseline: TradeBaseline, shocks: list[SparseShock], settings: TradeSettings) -> float:
    """Solve and print; return CPU seconds per scenario."""
    begun = time.process_time()
    batch = solve_trade_batch(baseline, shocks, settings)
    seconds = time.process_time() - begun
    methods = {name: batch.method.count(name) for name in sorted(set(batch.method))}
    worst = batch.residual[batch.converged].max()
    print(
        f"{label:<44}{seconds:9.2f} s  {1000 * seconds / len(shocks):7.1f} ms each  {int(batch.converged.sum())} of "
        f"{len(shocks)} solved, residual {worst:.1e}, {batch.iterations.mean():.0f} sweeps, {methods}, "
        f"peak {peak_mb():,.0f} MB",
        flush=True,
    )
    for number in np.flatnonzero(~batch.converged)[:3]:
        print(f"    no answer: scenario {number}: {batch.failure[number]}")
    return seconds / len(shocks)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--matrix", action="store_true", help="All pairs.")
    parser.add_argument("--pairs", type=int, default=0, help="Only so many random pairs of the matrix.")
    parser.add_argument("--horizon", choices=("long", "short"), action="append")
    options = parser.parse_args()
    world = load_world("eurasia-2022")
    codes, russia = world.economies, world.economies.index("RUS")
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
    print(f"{machine()}; {world.name}, {len(codes)} economies; CPU seconds, BLAS threads: {threads}")
    for horizon in options.horizon or ("long", "short"):
        settings, baseline = HORIZONS[horizon], trade_baseline(world, horizon)
        if horizon == "long":
            begun = time.process_time()
            Chord.of(pose(baseline, TradeShock(), settings))
            print(f"{'long: inverse and Jacobian, once per table':<44}{time.process_time() - begun:9.2f} s")
        one = [embargo(baseline, russia, n) for n in range(len(codes)) if n != russia]
        each = report(f"{horizon}: 93 embargoes of RUS, one batch", baseline, one, settings)
        sample = one[:: len(one) // 8]
        begun = time.process_time()
        for shock in sample:
            solve_trade(baseline, shock.dense(len(codes), len(baseline.theta)), settings)
        single = (time.process_time() - begun) / len(sample)
        print(f"{f'{horizon}: {len(sample)} of them singly':<44}{1000 * single:17.1f} ms each, {single / each:.1f} x")
        pairs = [(i, n) for i in range(len(codes)) for n in range(i)]
        if options.pairs:
            drawn = np.random.default_rng(1).permutation(len(pairs))[: options.pairs]
            chosen = [embargo(baseline, *pairs[at]) for at in drawn]
            each = report(f"{horizon}: {len(chosen)} random pairs, both losses", baseline, chosen, settings)
            print(f"{'':<44}{each * len(pairs):9.0f} s for all {len(pairs)} pairs at that pace")
        if options.matrix:
            report(
                f"{horizon}: all {len(pairs)} pairs, both losses",
                baseline,
                [embargo(baseline, i, n) for i, n in pairs],
                settings,
            )


if __name__ == "__main__":
    main()
