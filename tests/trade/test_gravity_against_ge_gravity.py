"""One-sector gravity with imbalances: R package GEGravity 1.0.0 and its author's Stata results (year 2000)."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from isthmus.trade import TradeSettings, solve_trade
from trade.trade_cases import gravity_baseline, wedge

THETA = 4.0
HELD = TradeSettings(closure="held")


@pytest.fixture(scope="module")
def data(oracle):
    folder = oracle("ge_gravity_eu2000")
    inputs = pd.read_csv(folder / "inputs.csv")
    names = sorted(inputs.exporter.unique())
    square = lambda table, value: table.pivot(index="exporter", columns="importer", values=value).loc[names, names]  # noqa: E731
    return folder, inputs, names, square


@pytest.mark.parametrize("name", ["eu_additive", "deu_fra_embargo_additive", "usa_cost_plus10pct_additive"])
def test_matches_r_package(data, name):
    folder, inputs, names, square = data
    baseline = gravity_baseline(square(inputs, "trade").to_numpy(), THETA)
    phi = np.exp(square(inputs, f"beta_{name}").to_numpy())
    solution = solve_trade(baseline, wedge(phi[:, :, None], [THETA]), HELD)
    want = pd.read_csv(folder / "expected_country.csv").query("scenario == @name").set_index("exporter").loc[names]
    np.testing.assert_allclose(solution.real_expenditure_change, want.welfare, rtol=1e-6)
    np.testing.assert_allclose(solution.real_income_change, want.real_wage, rtol=1e-6)
    np.testing.assert_allclose(solution.wage_change, want.nom_wage, rtol=1e-6)
    np.testing.assert_allclose(solution.consumer_price_change, want.price_index, rtol=1e-6)
    trade = square(pd.read_csv(folder / "expected_trade.csv").query("scenario == @name"), "new_trade").to_numpy()
    np.testing.assert_allclose(solution.flow[:, :, 0], trade, rtol=1e-5, atol=1e-5 * trade.min(axis=0)[None].max())


def test_matches_r_package_where_deficits_follow_wages(data):
    """Closure `multiplicative` of the package: spending is a fixed multiple of income. Deficits are given, so iterate.

    Spending is scaled to world output, as the package scales trade after each step.
    """
    folder, inputs, names, square = data
    baseline = gravity_baseline(square(inputs, "trade").to_numpy(), THETA)
    phi = np.exp(square(inputs, "beta_eu_multiplicative").to_numpy())
    shock, solution = wedge(phi[:, :, None], [THETA]), None
    ratio = baseline.expenditure / baseline.output[:, 0]
    deficit = baseline.deficit
    for _ in range(60):
        solution = solve_trade(baseline, replace(shock, deficit=deficit), HELD, start=solution)
        spending = ratio * solution.output[:, 0]
        moved = spending * solution.output.sum() / spending.sum() - solution.output[:, 0]
        moved -= moved.mean()
        if np.abs(moved - deficit).max() < 1e-12 * solution.output.sum():
            break
        deficit = moved
    want = pd.read_csv(folder / "expected_country.csv").query("scenario == 'eu_multiplicative'")
    want = want.set_index("exporter").loc[names]
    np.testing.assert_allclose(solution.wage_change, want.nom_wage, rtol=1e-6)
    np.testing.assert_allclose(solution.consumer_price_change, want.price_index, rtol=1e-6)
    np.testing.assert_allclose(solution.real_income_change, want.real_wage, rtol=1e-6)
    np.testing.assert_allclose(solution.real_income_change, want.welfare, rtol=1e-6)  # spending follows income


def test_matches_stata(data):
    folder, inputs, names, square = data
    baseline = gravity_baseline(square(inputs, "trade").to_numpy(), THETA)
    solution = solve_trade(
        baseline, wedge(np.exp(square(inputs, "beta_eu_additive").to_numpy())[:, :, None], [THETA]), HELD
    )
    table = pd.read_csv(folder / "stata_results.csv")
    want = table.drop_duplicates("exporter").set_index("exporter").loc[names]
    np.testing.assert_allclose(solution.real_expenditure_change, want.w_eu, rtol=1e-6)
    np.testing.assert_allclose(solution.flow[:, :, 0], square(table, "X_eu"), rtol=1e-5)
