"""Leverage: CPU seconds of one pair's frontier and of the embargo matrix, against solving one by one.

    python benchmarks/leverage.py [--world eurasia-2022] [--coercer RUS] [--target ARM] [--pairs 200]

The naive method solves each set of instruments with `solve_trade`; a sample of it is measured in the same run
and scaled up. CPU seconds of this process, all threads, so that load on the machine does not matter.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import isthmus as ist
from isthmus.leverage import KINDS, Terms, list_instruments, make_stage
from isthmus.leverage.frontier import find_frontier, order_by_price
from isthmus.leverage.pair import losses_of
from isthmus.trade import SparseShock, TradeShock, cut_trade, solve_trade, solve_trade_batch

SAMPLE = 8


def seconds(since: float) -> float:
    return time.process_time() - since


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", default="eurasia-2022")
    parser.add_argument("--coercer", default="RUS")
    parser.add_argument("--target", default="ARM")
    parser.add_argument("--horizon", default="long")
    parser.add_argument("--pairs", type=int, default=200, help="embargoes timed; the matrix is scaled from them")
    words = parser.parse_args()
    world = ist.load_world(words.world)
    terms = Terms(horizon=words.horizon, settings=ist.Settings(routing=ist.RoutingSettings(draws=1)))
    chosen = list_instruments(world, (words.coercer,), words.target, KINDS)
    make_stage(world, None, terms)  # the base goes to the cache
    start = time.process_time()
    stage = make_stage(world, None, terms).deny(chosen, lambda _: None)
    print(f"denial of transit routed, 1 taste draw: {seconds(start):.1f} s")

    start = time.process_time()
    evaluate = losses_of(stage, (words.coercer,), words.target, chosen)
    front = find_frontier(len(chosen), evaluate, terms.budgets)
    batch = seconds(start)
    print(f"frontier of {len(chosen)} instruments, {front.evaluated} sets: {batch:.1f} s")

    order = order_by_price(front.singles)
    sets = [order[:stop] for stop in np.linspace(1, len(order), SAMPLE).astype(int)]
    shocks = [dense(stage.shock([chosen[k] for k in members]), world) for members in sets]
    start = time.process_time()
    exact = [solve_trade(stage.coupling.baseline, s, stage.coupling.trade).real_income_change for s in shocks]
    naive = seconds(start) / SAMPLE * front.evaluated
    print(f"one by one (from {SAMPLE} sets): {naive:.1f} s, {naive / batch:.1f} times as long")
    target = world.economies.index(words.target)
    loss, _ = evaluate([tuple(sorted(members)) for members in sets])
    print(f"largest difference of losses: {np.abs(1 - np.array(exact)[:, target] - loss).max():.1e}")
    print(
        f"losses add up to {100 * front.additive_loss:.3f} %, jointly {100 * front.whole.loss:.3f} %: "
        f"gap {100 * (front.additive_loss - front.whole.loss):+.3f} points"
    )
    embargoes(world, stage, words.pairs)


def dense(shock: SparseShock | TradeShock, world: ist.World) -> TradeShock:
    return shock if isinstance(shock, TradeShock) else shock.dense(len(world.economies), len(world.sectors.codes))


def embargoes(world: ist.World, stage: ist.leverage.Stage, count: int) -> None:
    n, sectors = len(world.economies), len(world.sectors.codes)
    pairs = [(a, b) for a in range(n) for b in range(a)]
    rng = np.random.default_rng(0)
    some = [pairs[i] for i in rng.choice(len(pairs), min(count, len(pairs)), replace=False)]
    start = time.process_time()
    shocks = [cut_trade([(a, b), (b, a)], sectors) for a, b in some]
    solve_trade_batch(stage.coupling.baseline, shocks, stage.coupling.trade).require()
    each = seconds(start) / len(some)
    print(f"matrix: {1e3 * each:.0f} ms an embargo, {each * len(pairs):.0f} s for all {len(pairs)} pairs")


if __name__ == "__main__":
    main()
