"""NAFTA's tariff cuts: Caliendo and Parro (2015), the authors' data and code, and their Table 2 as published."""

import numpy as np
import pandas as pd
import pytest

from isthmus.trade import TradeBaseline, TradeSettings, TradeShock, caliendo_parro_welfare, solve_trade

#: Published total welfare effect in percent (Mexico, Canada, USA), two decimals.
PUBLISHED = {
    "nafta": (1.31, -0.06, 0.08),
    "no_materials": (0.50, -0.03, 0.03),
    "no_io": (0.66, -0.04, 0.04),
    "one_sector": (0.41, -0.08, 0.06),
}
THREE = ["Mexico", "Canada", "USA"]


def _load(folder):
    given = np.load(folder / "inputs.npz")
    cube = lambda name: given[name].transpose(2, 1, 0)  # noqa: E731
    pi, X0 = cube("pi"), given["X0"]
    output = (pi * X0.T / cube("tau")).sum(axis=1)
    n = len(given["VA"])
    baseline = TradeBaseline(
        pi, given["theta"], given["va_share"].T, given["io"], given["alpha"].T, output, given["I0"],
        -(given["surplus"] - given["surplus"].mean()), np.zeros((n, n)), tariff=cube("tau") - 1,
    )  # fmt: skip
    return baseline, TradeShock(tariff=cube("taup") - 1)


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_nafta(oracle, name):
    folder = oracle(f"caliendo_parro_{name}")
    baseline, shock = _load(folder)
    want = pd.read_csv(folder / "expected.csv")
    solution = solve_trade(baseline, shock, TradeSettings(closure="held"))
    # The exact real income, here with the held imbalance as the oracle has it.
    np.testing.assert_allclose(solution.real_expenditure_change, want["real_income_hat_exact"], rtol=1e-6)
    np.testing.assert_allclose(solution.wage_change, want["wage_hat_exact"], rtol=1e-6)
    np.testing.assert_allclose(solution.consumer_price_change, want["price_index_hat_exact"], rtol=1e-6)
    real_wage = solution.wage_change / solution.consumer_price_change
    np.testing.assert_allclose(real_wage, want["real_wage_hat_authors"], rtol=1e-6)
    # The authors' first-order formula, from their code and as they print it.
    welfare = caliendo_parro_welfare(baseline, shock, solution)
    np.testing.assert_allclose(welfare.terms_of_trade, want["ToT_authors"], atol=5e-6)
    np.testing.assert_allclose(welfare.volume_of_trade, want["VoT_authors"], atol=5e-6)
    total = dict(zip(want["country"], 100 * welfare.total, strict=True))
    np.testing.assert_allclose([total[name] for name in THREE], PUBLISHED[name], atol=0.0051)


def test_no_change_of_tariffs_is_no_change(oracle):
    """The stored baseline holds to 7e-8 only, so hats are 1 to that."""
    baseline, _ = _load(oracle("caliendo_parro_nafta"))
    solution = solve_trade(baseline, TradeShock(tariff=baseline.tariff), TradeSettings(closure="held"))
    np.testing.assert_allclose(solution.real_income_change, 1.0, atol=2e-7)
