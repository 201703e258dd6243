"""Freight between zones, and freight costs as trade costs."""

from __future__ import annotations

import numpy as np
import pytest

from isthmus.routing import split_zones, spread_demand, trade_cost_change
from isthmus.routing.demand import DECAY_DOMESTIC, INSIDE
from isthmus.world.network import CLASSES, Zones
from routing.small_networks import GENERAL, Link, Plan, Zone, make_network

#: Economy 0 has zones 0 and 1 with 3/4 and 1/4 of its trade, economy 1 has zone 2.
COST = np.array([[0.0, 20.0, 40.0], [20.0, 0.0, 80.0], [40.0, 80.0, 0.0]])
SECTORS = ("general", "general", "none")
THETA = np.array([4.0, 8.0, 4.0])
UNIT_VALUE = np.full((2, 2, 3), 400.0)


@pytest.fixture
def zones() -> Zones:
    return make_network(
        Plan(
            [Link("p", "q")],
            [Zone("a1", {"p": 1}, 0, weight=0.75), Zone("a2", {"p": 1}, 0, weight=0.25), Zone("b", {"q": 1}, 1, "BBB")],
        )
    ).zones


def by_class(cost: np.ndarray) -> np.ndarray:
    return np.broadcast_to(cost, (len(CLASSES), 3, 3)).copy()


def test_abroad_weights_and_cost_share_out_trade(zones: Zones) -> None:
    share = split_zones(zones, by_class(COST)).share[GENERAL]
    near, far = 0.75 / 40, 0.25 / 80
    assert share[0, 2] == pytest.approx(near / (near + far))
    assert share[1, 2] == pytest.approx(far / (near + far))


def test_at_home_freight_inside_a_zone_is_kept_off_the_network(zones: Zones) -> None:
    split = split_zones(zones, by_class(COST))
    here, there = INSIDE**-DECAY_DOMESTIC, 20.0**-DECAY_DOMESTIC
    raw = np.array([[0.75 * 0.75 * here, 0.75 * 0.25 * there], [0.25 * 0.75 * there, 0.25 * 0.25 * here]])
    want = raw / raw.sum()
    assert split.share[GENERAL, 0, 1] == pytest.approx(want[0, 1])
    assert split.inside[GENERAL, :2] == pytest.approx(np.diag(want))
    assert split.inside[GENERAL, 2] == 1
    assert (np.diagonal(split.share, axis1=1, axis2=2) == 0).all()


def test_tonnes_are_conserved(zones: Zones) -> None:
    split = split_zones(zones, by_class(COST))
    tonnes = np.random.default_rng(0).uniform(1, 100, (len(CLASSES), 2, 2))
    loaded = spread_demand(split, zones, tonnes)
    for i, n in ((0, 1), (1, 0)):
        at = np.ix_(zones.economy == i, zones.economy == n)
        assert loaded[GENERAL][at].sum() == pytest.approx(tonnes[GENERAL, i, n], rel=1e-14)
    home = loaded[GENERAL, :2, :2].sum() + split.inside[GENERAL, :2].sum() * tonnes[GENERAL, 0, 0]
    assert home == pytest.approx(tonnes[GENERAL, 0, 0], rel=1e-14)


def test_a_pair_without_a_route_carries_nothing(zones: Zones) -> None:
    cost = COST.copy()
    cost[1, 2] = np.inf
    share = split_zones(zones, by_class(cost)).share[GENERAL]
    assert (share[0, 2], share[1, 2]) == (1, 0)


def change(zones: Zones, after: np.ndarray, before: np.ndarray = COST) -> np.ndarray:
    split = split_zones(zones, by_class(before))
    result = trade_cost_change(
        zones, split, by_class(before), by_class(after), unit_value=UNIT_VALUE, theta=THETA, commodity_class=SECTORS
    )
    return result.change


def test_no_change_of_cost_changes_no_trade_cost(zones: Zones) -> None:
    assert (change(zones, COST) == 1).all()


def test_zone_pairs_add_up_with_their_base_shares(zones: Zones) -> None:
    after = COST.copy()
    after[0, 2] = 60.0
    near, far = np.array([0.75 / 40, 0.25 / 80]) / (0.75 / 40 + 0.25 / 80)
    ratio = (1 + 60 / 400) / (1 + 40 / 400)
    for k, theta in enumerate(THETA[:2]):
        want = (near * ratio**-theta + far) ** (-1 / theta)
        assert change(zones, after)[0, 1, k] == pytest.approx(want, rel=1e-12)
    assert (change(zones, after)[1, :] == 1).all()
    assert (change(zones, after)[:, :, 2] == 1).all()  # services


def test_a_lost_zone_pair_drops_out_and_a_lost_pair_of_economies_is_cut_off(zones: Zones) -> None:
    after = COST.copy()
    after[0, 2] = np.inf
    far = (0.25 / 80) / (0.75 / 40 + 0.25 / 80)
    assert change(zones, after)[0, 1, 0] == pytest.approx(far ** (-1 / 4))
    after[1, 2] = np.inf
    assert change(zones, after)[0, 1, 0] == np.inf
    assert change(zones, after)[0, 0, 0] == 1


def test_freight_inside_zones_holds_domestic_trade_cost_down(zones: Zones) -> None:
    after = COST.copy()
    after[0, 1] = after[1, 0] = np.inf
    inside = split_zones(zones, by_class(COST)).inside[GENERAL, :2].sum()
    assert change(zones, after)[0, 0, 0] == pytest.approx(inside ** (-1 / 4))


def test_a_pair_that_never_had_a_route_keeps_its_trade_cost(zones: Zones) -> None:
    before = COST.copy()
    before[:2, 2] = np.inf
    split = split_zones(zones, by_class(before))
    result = trade_cost_change(
        zones, split, by_class(before), by_class(COST), unit_value=UNIT_VALUE, theta=THETA, commodity_class=SECTORS
    )
    assert (result.change[0, 1] == 1).all()
    assert result.unrouted[GENERAL, 0, 1]
    assert not result.unrouted[GENERAL, 1, 0]
