"""The frontier against brute force over all sets: made-up losses, and scenarios solved one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus as ist
from isthmus.leverage import Leverage, Point, Terms, find_frontier, frontier
from isthmus.leverage.frontier import ENUMERATE, Members, order_by_price, undominated
from isthmus.world.accounts import FloatArray


class Game:
    """Losses with interactions: sets are neither sub- nor supermodular."""

    def __init__(self, count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.loss, self.cost = rng.uniform(-0.1, 1.0, count), rng.uniform(-0.1, 1.0, count)
        self.both = np.triu(rng.uniform(-0.1, 0.1, (count, count)), 1)
        self.calls: list[Members] = []

    def __call__(self, sets: Sequence[Members]) -> tuple[FloatArray, FloatArray]:
        self.calls += sets
        masks = np.array([[k in members for k in range(len(self.loss))] for members in sets], dtype=float)
        cross = np.einsum("si,ij,sj->s", masks, self.both, masks)
        return masks @ self.loss + cross, masks @ self.cost


def every_set(game: Game, count: int) -> list[tuple[float, float]]:
    sets = [m for size in range(1, count + 1) for m in combinations(range(count), size)]
    loss, cost = game(sets)
    return [(0.0, 0.0), *zip(loss, cost, strict=True)]


@given(st.integers(1, 7), st.integers(0, 10_000), st.floats(0, 3))
@settings(max_examples=40, deadline=None)
def test_frontier_is_the_best_set_at_every_budget(count: int, seed: int, budget: float) -> None:
    found = find_frontier(count, Game(count, seed))
    best = max(loss for loss, cost in every_set(Game(count, seed), count) if cost <= budget)
    assert found.enumerated
    assert found.best(budget).loss == pytest.approx(best, abs=1e-12)


@given(st.integers(ENUMERATE + 1, 20), st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_prefixes_are_exact_points_and_never_cost_more_sets_than_twice_the_instruments(count: int, seed: int) -> None:
    game = Game(count, seed)
    found = find_frontier(count, game, budgets=(0.1, 1.0))
    assert not found.enumerated
    assert len(game.calls) == len(set(game.calls)) == found.evaluated <= 2 * count + 3
    for point in found.points:
        loss, cost = game([tuple(sorted(point.members))])
        assert (point.loss, point.cost) == pytest.approx((loss[0], cost[0]))


def test_free_instruments_come_first_then_loss_over_cost() -> None:
    singles = [Point((0,), 1.0, 1.0), Point((1,), 0.5, 0.1), Point((2,), 0.2, -0.1), Point((3,), -0.3, -1.0)]
    assert order_by_price(singles) == (2, 1, 0)  # 3 helps the target: it is never used


def test_undominated_points_rise_in_both() -> None:
    points = [Point((), 0.0, 0.0), Point((0,), 1.0, 1.0), Point((1,), 0.9, 2.0), Point((2,), 2.0, 3.0)]
    assert [p.members for p in undominated(points)] == [(), (0,), (2,)]


def test_toy_frontier_against_scenarios_solved_one_by_one(toy: ist.World, doria_on_celia_few: Leverage) -> None:
    found = doria_on_celia_few
    assert found.frontier.enumerated
    assert found.frontier.evaluated == 2 ** len(found.instruments) - 1
    # Expected numbers: the same sets as scenarios through `solve`, routing and trade anew.
    for point in (*found.frontier.points[1::3], found.frontier.whole):
        changes = tuple(change for k in point.members for change in found.instruments[k].changes)
        result = ist.solve(toy, ist.Scenario("set", "set", changes))
        income = dict(zip(toy.economies, result.real_income_change, strict=True))
        assert point.loss == pytest.approx(1 - income["CCC"], abs=1e-8)
        assert point.cost == pytest.approx(1 - income["DDD"] + found.fees_in(point), abs=1e-8)


def test_prefixes_lose_little_against_enumeration_on_the_toy_world(
    toy: ist.World, doria_on_celia_few: Leverage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier, "ENUMERATE", 0)
    found = ist.compute_leverage(toy, "DDD", "CCC", terms=Terms(kinds=("exports", "energy", "transit")))
    assert not found.frontier.enumerated
    for point in found.frontier.points:
        exact = doria_on_celia_few.frontier.best(point.cost + 1e-9).loss
        assert 0.95 * exact <= point.loss <= exact + 1e-8  # at its own costs; measured, not a theorem
