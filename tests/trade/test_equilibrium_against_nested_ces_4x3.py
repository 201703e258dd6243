"""Nested CES with mobile, sluggish and fixed factors, solved by independent loops (tests/oracles/nested_ces_4x3)."""

import json

import numpy as np
import pytest

from isthmus.trade import TradeBaseline, TradeSettings, solve_trade
from trade.trade_cases import wedge


@pytest.fixture(scope="module")
def case(oracle):
    folder = oracle("nested_ces_4x3")
    given = json.loads((folder / "inputs.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    pi = np.moveaxis(np.array(given["pi_k_i_n"]), 0, 2)
    Y, VA, final = (np.array(given[name]).T for name in ("Y_k_n", "VA_k_n", "final_k_n"))
    use = np.moveaxis(np.array(given["use_k_j_n"]), 2, 0)
    E = final.sum(axis=1)
    inputs = use.sum(axis=1, keepdims=True)
    baseline = TradeBaseline(
        pi, np.array(given["theta"]), VA / Y, use / inputs, final / E[:, None], Y, E,
        np.array(given["deficit_n"]), np.zeros((given["N"], given["N"])),
    )  # fmt: skip
    return baseline, given, expected


@pytest.mark.parametrize("params", ["long_run_cd", "medium", "short_mobile", "short_fixed"])
@pytest.mark.parametrize(
    "scenario", ["embargo_0_1", "export_ban_sector0_0_to_2", "cost_of_0_plus30pct", "corridor_1_2_minus15pct"]
)
def test_matches_explicit_loops(case, params, scenario):
    baseline, given, expected = case
    chosen = dict(given["params"][params])
    chosen["kap"] = np.inf if chosen["kap"] is None else chosen["kap"]
    phi = np.moveaxis(np.array(given["phi_scenarios_k_i_n"][scenario]), 0, 2)
    settings = TradeSettings(**chosen, closure="held", tolerance=1e-11)
    solution = solve_trade(baseline, wedge(phi, given["theta"]), settings)
    want = expected[params][scenario]
    close = {"rtol": 1e-8, "atol": 0}
    np.testing.assert_allclose(solution.real_expenditure_change, want["real_expenditure_hat"], **close)
    np.testing.assert_allclose(solution.real_income_change, want["real_income_factor_hat"], **close)
    np.testing.assert_allclose(solution.consumer_price_change, want["price_index_hat"], **close)
    np.testing.assert_allclose(solution.unit_cost_change.T, want["cost_hat_sector_country"], **close)
    np.testing.assert_allclose((solution.output / baseline.output).T, want["output_hat_sector_country"], **close)
    wage = solution.wage_change if np.isinf(settings.kap) else solution.factor_price_change.T
    np.testing.assert_allclose(wage, want["wage_hat"], **close)
