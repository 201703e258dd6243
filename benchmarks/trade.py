"""CPU seconds of one embargo (Russia and Kazakhstan, all sectors), against two plainer loops in the same run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/trade.py

On the shipped world if it is there, else on a synthetic one of 94 economies x 51 sectors.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from isthmus import load_world
from isthmus.errors import InputError
from isthmus.trade import LONG, TradeBaseline, TradeShock, compute_shares, solve_trade
from isthmus.trade.problem import pose


def machine() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return f"{names[0] if names else platform.processor() or platform.machine()}, {os.cpu_count()} CPUs"


def synthetic(n: int = 94, s: int = 51, seed: int = 7) -> tuple[TradeBaseline, int, int]:
    """Return a random balanced world: home bias, theta 4."""
    rng = np.random.default_rng(seed)
    pi = rng.lognormal(0, 2, (n, n, s))
    pi[np.arange(n), np.arange(n)] += pi.sum(axis=0) * 2
    pi /= pi.sum(axis=0)
    gam = rng.lognormal(0, 1, (n, s, s))
    gam /= gam.sum(axis=1, keepdims=True)
    final = rng.lognormal(0, 1, (n, s))
    final /= final.sum(axis=1, keepdims=True)
    al = rng.uniform(0.3, 0.7, (n, s))
    output, spending = np.ones((n, s)), rng.lognormal(0, 1.5, n)
    for _ in range(2000):  # outputs at which goods markets clear, spending equal to value added
        demand = final * spending[:, None] + np.einsum("nkj,nj->nk", gam, (1 - al) * output)
        output = np.einsum("ink,nk->ik", pi, demand)
        spending = (al * output).sum(axis=1)
    zero = np.zeros(n)
    return TradeBaseline(pi, np.full(s, 4.0), al, gam, final, output, spending, zero, np.zeros((n, n))), 0, 1


def shipped() -> tuple[TradeBaseline, int, int]:
    """Return the shipped world's baseline and the positions of Russia and Kazakhstan."""
    world = load_world("eurasia-2022")
    economies = list(world.economies)
    return compute_shares(world.accounts, world.sectors.theta_long), economies.index("RUS"), economies.index("KAZ")


def picard(baseline: TradeBaseline, shock: TradeShock, tolerance: float, most: int = 20000) -> tuple[float, int]:
    """Repeat the same sweep with the same damping, without mixing; return the residual and sweeps."""
    problem = pose(baseline, shock, LONG)
    state, residual = problem.start(), float("inf")
    for sweep in range(1, most + 1):
        moved, residual = problem.sweep(state)
        if residual <= tolerance:
            return residual, sweep
        state = problem.damp(state, moved, problem.step)
    return residual, most


def nested(baseline: TradeBaseline, shock: TradeShock, tolerance: float, most: int = 2000) -> tuple[float, int]:
    """Caliendo and Parro's loop: per wage step (damped 0.2) prices to a fixed point, then expenditures.

    Expenditures by repetition instead of their dense linear system of (economies x sectors)^2.
    """
    p = pose(baseline, shock, LONG)
    lw, lc, Y = np.zeros(p.a.shape[1]), np.zeros(p.a.shape), p.Y0
    zero, gap = np.zeros(p.a.shape[1]), float("inf")
    for step in range(1, most + 1):
        wage = np.broadcast_to(lw, p.a.shape)
        for inner in ("prices", "expenditures"):
            while True:
                moved, _ = p.sweep(p.pack(lc, Y, wage, zero))
                new_lc, new_Y, new_lw, _ = p.unpack(moved)
                change = np.abs(new_lc - lc).max() if inner == "prices" else np.abs(new_Y - Y).max() / Y.max()
                lc, Y = (new_lc, Y) if inner == "prices" else (lc, new_Y)
                if change < 0.01 * max(min(gap, 1e-2), tolerance):
                    break
        gap = float(np.abs(new_lw[0] - lw).max())
        if gap <= tolerance:
            return p.sweep(p.pack(lc, Y, wage, zero))[1], step
        lw = lw + 0.2 * (new_lw[0] - lw)
    return gap, most


def timed(run: Callable[[], tuple[float, int]], repeats: int) -> tuple[float, float, int]:
    """Return the least CPU seconds of some runs, and what the last one returned."""
    best = float("inf")
    for _ in range(repeats):
        begun = time.process_time()
        residual, steps = run()
        best = min(best, time.process_time() - begun)
    return best, residual, steps


def main() -> None:
    try:
        (baseline, one, other), name = shipped(), "eurasia-2022"
    except InputError:
        (baseline, one, other), name = synthetic(), "synthetic"
    access = np.ones(baseline.expenditure_share.shape)
    access[one, other] = access[other, one] = 0
    shock = TradeShock(access=access)
    n, s = baseline.output.shape
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
    print(f"{machine()}; {name}, {n} economies x {s} sectors; CPU seconds, BLAS threads: {threads}")

    def ours() -> tuple[float, int]:
        solution = solve_trade(baseline, shock)
        return solution.residual, solution.iterations

    first, residual, steps = timed(ours, 3)
    print(f"solve_trade, to 1e-10, with all results     {first:9.3f} s  {steps:6d} sweeps  residual {residual:.1e}")
    for label, loop, unit in (("damped sweeps without mixing", picard, "sweeps"), ("nested loop", nested, "steps")):
        seconds, residual, steps = timed(lambda loop=loop: loop(baseline, shock, 1e-10), 1)  # type: ignore[misc]
        print(
            f"{label}, to 1e-10".ljust(44),
            f"{seconds:9.3f} s  {steps:6d} {unit}  residual {residual:.1e}  {seconds / first:.0f} x",
        )


if __name__ == "__main__":
    main()
