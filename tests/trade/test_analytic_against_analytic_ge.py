"""Closed forms and 30-digit roots (tests/oracles/analytic_ge); each expected number is in cases.json."""

import json

import numpy as np
import pytest

from isthmus.errors import Infeasible
from isthmus.trade import TradeSettings, TradeShock, solve_trade
from trade.trade_cases import gravity_baseline, make_baseline, wedge

HELD = TradeSettings(closure="held", tolerance=1e-13)
EXACT = 1e-10


@pytest.fixture(scope="module")
def cases(oracle):
    return json.loads((oracle("analytic_ge") / "cases.json").read_text())


def _pair(domestic, theta, al=1.0):
    """Two mirror economies, one sector."""
    pi = np.array([[domestic, 1 - domestic], [1 - domestic, domestic]])[:, :, None]
    gam = np.full((2, 1, 1), 1.0 if al < 1 else 0.0)
    return make_baseline(pi, [theta], np.full((2, 1), al), gam, np.ones((2, 1)), np.ones(2))


@pytest.mark.parametrize("io", [False, True])
def test_two_symmetric_countries(cases, io):
    case = cases["two_symmetric_countries"]
    given = case["inputs"]
    baseline = _pair(given["domestic_share"], given["theta"], given["value_added_share_io"] if io else 1.0)
    for row in case["expected"]:
        cost = np.ones((2, 2, 1))
        cost[0, 1] = cost[1, 0] = float(row["tau_hat"])
        solution = solve_trade(baseline, TradeShock(trade_cost_change=cost), HELD)
        expected = row["real_income_hat_io" if io else "real_income_hat_no_io"]
        np.testing.assert_allclose(solution.real_income_change, expected, rtol=EXACT)
        home = solution.flow[0, 0, 0] / solution.purchases[0, 0]
        assert home == pytest.approx(row["domestic_share_new"], rel=EXACT)


@pytest.mark.parametrize("io", [False, True])
def test_autarky_of_many_sectors(cases, io):
    case = cases["autarky_limit_multisector_CD"]
    given = case["inputs"]
    home = np.array(given["domestic_share"])
    pi = np.stack([np.stack([home, 1 - home]), np.stack([1 - home, home])])
    final, s = np.array(given["final_share"]), len(home)
    al = np.array(given["va_share"]) if io else np.ones(s)
    gam = np.array(given["io_share_k_in_j"]) if io else np.zeros((s, s))
    baseline = make_baseline(
        pi, given["theta"], np.stack([al] * 2), np.stack([gam] * 2), np.stack([final] * 2), np.ones(2)
    )
    closed = np.zeros((2, 2, s))
    closed[[0, 1], [0, 1]] = 1
    solution = solve_trade(baseline, TradeShock(access=closed), HELD)
    expected = case["expected"]["real_income_hat_io" if io else "real_income_hat_no_io"]
    np.testing.assert_allclose(solution.real_income_change, expected, rtol=EXACT)
    if io:
        prices = np.log(solution.price_change[0] / solution.wage_change[0])
        np.testing.assert_allclose(prices, case["expected"]["log_price_over_wage"], rtol=1e-9)


def test_small_open_economy(cases):
    """The case has measure zero; here the home economy is 1e-8 of the world, so agreement is to about 1e-6."""
    case = cases["small_open_economy_armington"]
    m, theta, size = case["inputs"]["import_share"], case["inputs"]["theta"], 1e-8
    trade = np.array([[(1 - m) * size, m * size], [m * size, 1 - m * size]])
    for row in case["expected"]:
        cost = np.ones((2, 2, 1))
        cost[1, 0] = float(row["import_tau_hat"])
        solution = solve_trade(gravity_baseline(trade, theta), TradeShock(trade_cost_change=cost), HELD)
        assert solution.wage_change[0] == pytest.approx(row["wage_hat"], rel=3e-6)
        assert solution.consumer_price_change[0] == pytest.approx(row["price_hat"], rel=3e-6)
        assert solution.real_income_change[0] == pytest.approx(row["real_income_hat"], rel=3e-6)


def _closed(al, gam, final, efficiency, settings):
    """One closed economy; efficiency A of a sector lowers the price of its good to every buyer by A."""
    s = len(final)
    one = np.ones((1, 1, s))
    baseline = make_baseline(one, np.ones(s), al[None], gam[None], final[None], np.ones(1))
    return solve_trade(baseline, TradeShock(trade_cost_change=one / efficiency), settings)


def test_cobb_douglas_network_is_hulten(cases):
    case = cases["cobb_douglas_network_hulten"]
    cost = np.array(case["inputs"]["io_cost_share_k_in_j"])
    inputs = cost.sum(axis=0)
    solution = _closed(
        1 - inputs, cost / inputs, np.array(case["inputs"]["final_share"]), np.exp(case["inputs"]["dlogA"]), HELD
    )
    assert np.log(solution.real_income_change[0]) == pytest.approx(case["expected"]["dlog_real_gdp"], rel=EXACT)


def test_roundabout(cases):
    """A raises the efficiency of the own input; here all buyers of the good gain it, so unit cost is compared."""
    case = cases["roundabout_CES"]
    al = np.array([case["inputs"]["va_share"]])
    for row in case["expected"]:
        settings = TradeSettings(eps=row["eps"], tolerance=1e-13)
        solution = _closed(al, np.ones((1, 1)), np.ones(1), row["A"], settings)
        assert 1 / solution.unit_cost_change[0, 0] == pytest.approx(row["real_wage_hat"], rel=EXACT)


@pytest.mark.parametrize(("kap", "name"), [(np.inf, "mobile"), (1.0, "immobile")])
def test_horizontal_economy(cases, kap, name):
    case = cases["horizontal_economy_CES"]
    shares, A = np.array(case["inputs"]["shares"]), np.array(case["inputs"]["A"])
    s = len(A)
    for row in case["expected"]:
        settings = TradeSettings(sC=row["sigma"], kap=kap, tolerance=1e-12)
        solution = _closed(np.ones(s), np.zeros((s, s)), shares, A, settings)
        expected = row[f"real_gdp_hat_{name}_labour"]
        assert solution.real_income_change[0] == pytest.approx(expected, rel=EXACT)


def test_energy_cutoff(cases):
    """Aggregate CES of energy and the rest: factors fixed in two sectors, energy's efficiency down by the cut."""
    for row in cases["energy_cutoff_aggregate_CES"]["expected"]:
        settings = TradeSettings(sC=row["sigma"], kap=1.0, tolerance=1e-12)
        shares = np.array([row["share"], 1 - row["share"]])
        solution = _closed(np.ones(2), np.zeros((2, 2)), shares, np.array([1 - row["cut"], 1.0]), settings)
        assert solution.real_income_change[0] == pytest.approx(row["output_hat"], rel=EXACT)
        price = solution.price_change[0, 0] / solution.consumer_price_change[0]
        assert price == pytest.approx(row["price_of_input_relative"], rel=1e-8)


def test_three_countries_with_imbalances(cases):
    case = cases["three_country_armington_fixed_imbalances"]
    theta = case["inputs"]["theta"]
    baseline = gravity_baseline(np.array(case["inputs"]["X_exporter_importer"], float), theta)
    solved = 0
    for row in case["expected"]:
        if "wage_hat" not in row:
            continue
        solution = solve_trade(baseline, wedge(np.array(row["phi"])[:, :, None], [theta]), HELD)
        np.testing.assert_allclose(solution.wage_change, row["wage_hat"], rtol=EXACT)
        np.testing.assert_allclose(solution.consumer_price_change, row["price_hat"], rtol=EXACT)
        np.testing.assert_allclose(solution.real_expenditure_change, row["real_expenditure_hat"], rtol=EXACT)
        solved += 1
    assert solved == 4


def test_autarky_with_a_held_imbalance_is_refused(cases):
    case = cases["three_country_armington_fixed_imbalances"]
    baseline = gravity_baseline(np.array(case["inputs"]["X_exporter_importer"], float), case["inputs"]["theta"])
    alone = np.ones((3, 3, 1))
    alone[2, :2] = alone[:2, 2] = 0
    with pytest.raises(Infeasible, match="cannot trade with anyone outside"):
        solve_trade(baseline, TradeShock(access=alone), HELD)
    solution = solve_trade(baseline, TradeShock(access=alone))
    assert solution.deficit[2] == 0.0
    assert solution.trade_kept[2] == 0.0
