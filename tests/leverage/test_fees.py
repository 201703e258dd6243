"""Transit fees that denial forgoes: against loads with and without the trips that are denied, and a solve."""

from __future__ import annotations

import numpy as np
import pytest

import isthmus as ist
from isthmus.leverage import Leverage, Terms, compute_against_all, compute_grips
from isthmus.leverage.fees import transit_margin
from isthmus.leverage.stage import make_stage
from isthmus.routing import load_freight
from isthmus.scenario.changes import DenyTransit, OpenLink

DENIED = ist.Scenario("denied", "denied", (DenyTransit(by="DDD", against=("CCC",)),))
NOTHING = np.zeros(0, dtype=np.int64)


def test_revenue_is_what_the_load_loses_without_the_denied_trips(toy: ist.World, doria_on_celia: Leverage) -> None:
    # Expected: transit revenue of all freight less that of freight without Celia's trips past Doria.
    stage = make_stage(toy, None, Terms())
    zones = toy.network.zones
    ours = np.array([toy.economies[e] == "CCC" for e in zones.economy])
    theirs = np.array([place == "DDD" for place in zones.territory])
    bound = (ours[:, None] | ours[None, :]) & ~theirs[:, None] & ~theirs[None, :]
    rest = np.where(bound, 0.0, stage.demand)
    whole, less = (
        load_freight(stage.routing, demand, ("DDD",), NOTHING, frozenset()).transit_usd_m[0]
        for demand in (stage.demand, rest)
    )
    fees = doria_on_celia.fees
    assert fees is not None
    assert whole > less > 0
    assert fees.revenue_usd_m == pytest.approx(whole - less, rel=1e-9)


def test_a_solve_with_transit_denied_earns_about_that_much_less(toy: ist.World, doria_on_celia: Leverage) -> None:
    row = ist.solve(toy, DENIED).transit_table.set_index("territory").loc["DDD"]
    fees = doria_on_celia.fees
    assert fees is not None
    # Others trade more past Doria where Celia trades less: not counted, so that the solve loses a little less.
    assert 0.85 * fees.revenue_usd_m < row["before_usd_m"] - row["after_usd_m"] < fees.revenue_usd_m


def test_own_cost_of_denial_is_real_income_and_lost_fees(toy: ist.World, doria_on_celia: Leverage) -> None:
    found = doria_on_celia
    at = [one.id for one in found.instruments].index("transit")
    alone, whole = found.frontier.singles[at], found.frontier.whole
    coercer = toy.economies.index("DDD")
    trade = 1.0 - float(ist.solve(toy, DENIED).real_income_change[coercer])
    fees = found.fees
    assert fees is not None
    assert fees.margin == transit_margin()
    assert fees.usd_m == pytest.approx(fees.margin.value * fees.revenue_usd_m)
    assert fees.low_usd_m == 0 < fees.usd_m < fees.high_usd_m
    assert alone.cost == pytest.approx(trade + fees.usd_m / found.coercer_income_usd_m, abs=1e-9)
    assert found.fees_in(alone) == found.fees_in(whole) == pytest.approx(fees.usd_m / found.coercer_income_usd_m)
    other = next(p for p in found.frontier.singles if p is not alone)
    assert found.fees_in(other) == 0
    # Every point of the frontier that denies transit pays: what it costs beside the bans is no gain.
    for point in found.frontier.points:
        assert (found.fees_in(point) > 0) == (at in point.members)


def test_all_targets_hold_the_same_fees_as_pairs(toy: ist.World, doria_on_celia: Leverage) -> None:
    rows = {row.target: row for row in compute_against_all(toy, "DDD")}
    fees = doria_on_celia.fees
    assert fees is not None
    assert rows["CCC"].lost_fees == pytest.approx(fees.usd_m / doria_on_celia.coercer_income_usd_m, rel=1e-9)
    assert 0 < rows["CCC"].lost_fees < rows["CCC"].own_cost
    without = compute_against_all(toy, "DDD", Terms(kinds=("exports", "imports")))
    assert all(row.lost_fees == 0 for row in without)


def test_a_corridor_past_the_coercer_leaves_it_less_to_lose(toy: ist.World) -> None:
    line = ist.Scenario("line", "line", (OpenLink(links=("new-line",)),))
    transit = Terms(kinds=("transit",))
    (grip,) = compute_grips(toy, [("DDD", "CCC")], [line], transit)
    under = ist.compute_leverage(toy, "DDD", "CCC", scenario=line, terms=transit)
    before = ist.compute_leverage(toy, "DDD", "CCC", terms=transit)
    assert grip.after.coercer == pytest.approx(under.own_cost, abs=1e-9)
    assert grip.before.coercer == pytest.approx(before.own_cost, abs=1e-9)
    assert under.fees is not None
    assert before.fees is not None
    assert under.fees.revenue_usd_m < before.fees.revenue_usd_m


def test_no_denial_no_fees(doria_on_celia_few: Leverage, toy: ist.World) -> None:
    assert doria_on_celia_few.fees is not None
    bans = ist.compute_leverage(toy, "DDD", "CCC", terms=Terms(kinds=("transfers", "energy")))
    assert bans.fees is None
    assert all(bans.fees_in(point) == 0 for point in bans.frontier.points)
