"""CPU seconds against size: one embargo alone, and a batch of 40, on the shipped world aggregated.

    OPENBLAS_NUM_THREADS=1 python benchmarks/trade_size.py

Economies beyond the largest are put into one; sectors are grouped in order. Theta 4.55 in every sector.
"""

from __future__ import annotations

import os
import time

import numpy as np

from isthmus import World, load_world
from isthmus.trade import LONG, TradeBaseline, compute_shares, cut_trade, solve_trade, solve_trade_batch
from isthmus.world.accounts import Accounts
from trade import machine


def aggregate(world: World, economies: int, sectors: int) -> TradeBaseline:
    """Return the world with fewer economies and sectors, as sums."""
    a = world.accounts
    order = np.argsort(-a.value_added.sum(axis=1))
    group = np.full(len(order), economies - 1)
    group[order[: economies - 1]] = np.arange(economies - 1)
    E = np.eye(economies)[group]  # (old, new)
    K = np.eye(sectors)[(np.arange(len(world.sectors.codes)) * sectors) // len(world.sectors.codes)]
    flow = np.einsum("ink,iI,nN,kK->INK", a.flow, E, E, K, optimize=True)
    summed = Accounts(
        flow=flow,
        tonnes=np.zeros_like(flow),
        latent=np.zeros_like(flow),
        basis=np.zeros(flow.shape, dtype=np.int8),
        inputs=np.einsum("nkj,nN,kK,jJ->NKJ", a.inputs, E, K, K, optimize=True),
        final_use=E.T @ a.final_use @ K,
        output=E.T @ a.output @ K,
        value_added=E.T @ a.value_added @ K,
        remittances=E.T @ a.remittances @ E,
    )
    return compute_shares(summed, np.full(sectors, 4.55))


def main() -> None:
    world = load_world("eurasia-2022")
    print(f"{machine()}; CPU seconds, BLAS threads: {os.environ.get('OPENBLAS_NUM_THREADS', 'all')}")
    print(f"{'sectors':>8}{'economies':>11}{'single s':>11}{'sweeps':>8}{'Jacobian s':>12}{'batch ms each':>15}")
    for sectors in (12, 24, 50):
        for economies in (20, 50, 94):
            baseline = aggregate(world, economies, sectors)
            shocks = [cut_trade([(i, n), (n, i)], sectors) for i in range(3) for n in range(i + 1, 16)][:40]
            begun = time.process_time()
            solution = solve_trade(baseline, shocks[0].dense(economies, sectors))
            single = time.process_time() - begun
            begun = time.process_time()
            solve_trade_batch(baseline, shocks[:1], LONG, method="chord").require()
            jacobian = time.process_time() - begun
            begun = time.process_time()
            solve_trade_batch(baseline, shocks, LONG, method="chord").require()
            each = (time.process_time() - begun) / len(shocks)
            print(
                f"{sectors:8d}{economies:11d}{single:11.3f}{solution.iterations:8d}{jacobian:12.2f}{1000 * each:15.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
