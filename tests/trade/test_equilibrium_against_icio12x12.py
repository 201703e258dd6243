"""Five shocks on OECD ICIO 2022 at 12 x 12, by Caliendo and Parro's own code and by another solver."""

import numpy as np
import pandas as pd
import pytest

from isthmus.trade import TradeSettings, solve_trade
from trade.trade_cases import make_baseline, wedge


@pytest.fixture(scope="module")
def case(oracle):
    folder = oracle("icio12x12")
    given = np.load(folder / "inputs.npz")
    shocks = np.load(folder / "scenarios.npz")
    baseline = make_baseline(
        given["pi"].transpose(2, 1, 0), given["theta"], given["va_share"].T, given["io"], given["alpha"].T,
        given["VA"] + given["deficit"],
    )  # fmt: skip
    np.testing.assert_allclose(baseline.value_added.sum(axis=1), given["VA"], rtol=1e-9)
    return baseline, shocks, pd.read_csv(folder / "expected.csv"), given["countries"]


@pytest.mark.parametrize("number", range(5))
def test_matches_both_solvers(case, number):
    baseline, shocks, expected, countries = case
    want = expected[expected.scenario == shocks["names"][number]].set_index("country").loc[countries]
    shock = wedge(shocks["phi"][number].transpose(2, 1, 0), baseline.theta)
    solution = solve_trade(baseline, shock, TradeSettings(closure="held", tolerance=1e-12))
    for suffix in ("", "_authors_code"):
        np.testing.assert_allclose(solution.wage_change, want["wage_hat" + suffix], rtol=1e-8)
        np.testing.assert_allclose(solution.real_expenditure_change, want["real_expenditure_hat" + suffix], rtol=1e-8)
