"""One-sector gravity of 30 economies: the full endowment equilibrium, and what gegravity 0.3 prints."""

import json

import numpy as np
import pandas as pd
import pytest

from isthmus.trade import TradeSettings, solve_trade
from trade.trade_cases import gravity_baseline, wedge


@pytest.fixture(scope="module")
def case(oracle):
    folder = oracle("gegravity_n30")
    meta = json.loads((folder / "meta.json").read_text())
    table = pd.read_csv(folder / "baseline.csv").pivot(index="exporter", columns="importer", values="trade")
    return folder, gravity_baseline(table.to_numpy(), meta["sigma"] - 1), meta["sigma"] - 1, table.index


@pytest.mark.parametrize("name", ["pta", "border_C03", "near_embargo"])
def test_matches_full_equilibrium(case, name):
    folder, baseline, theta, names = case
    phi = pd.read_csv(folder / f"phi_{name}.csv", index_col=0).loc[names, names].to_numpy()
    solution = solve_trade(baseline, wedge(phi[:, :, None], [theta]), TradeSettings(tolerance=1e-12))
    want = pd.read_csv(folder / "expected.csv").query("experiment == @name").set_index("country").loc[names]
    np.testing.assert_allclose(solution.wage_change, want.w_hat, rtol=1e-9)
    np.testing.assert_allclose(solution.consumer_price_change, want.P_hat, rtol=1e-9)
    np.testing.assert_allclose(solution.real_income_change, want.real_income_hat, rtol=1e-9)
    home = np.diagonal(solution.flow[:, :, 0]) / solution.purchases[:, 0]
    np.testing.assert_allclose(home, want.domestic_share_new, rtol=1e-9)


@pytest.mark.parametrize("name", ["pta", "border_C03", "near_embargo"])
def test_gegravity_keeps_baseline_shares(case, name):
    """gegravity's own answer follows from multilateral resistances at baseline output and spending shares."""
    folder, baseline, theta, names = case
    phi = pd.read_csv(folder / f"phi_{name}.csv", index_col=0).loc[names, names].to_numpy()
    want = pd.read_csv(folder / "expected.csv").query("experiment == @name").set_index("country").loc[names]
    # In hats, with pi the baseline shares: p^-th enters both sides only through sum_n pi phi E / P.
    p, pi, Y, E = np.ones(len(names)), baseline.expenditure_share[:, :, 0], baseline.output[:, 0], baseline.expenditure
    weight = np.ones(len(names))
    for _ in range(5000):
        inward = weight @ (pi * phi)
        outward = (pi * phi) @ (E / inward) / Y
        weight = weight * (1 / (outward * weight)) ** 0.5
    p = weight ** (-1 / theta)
    inward = (weight @ (pi * phi)) ** (-1 / theta)
    p = p / inward[0]
    np.testing.assert_allclose(p, want.gegravity_price_hat, rtol=1e-9)
    np.testing.assert_allclose(p / (inward / inward[0]), want.gegravity_real_income_hat, rtol=1e-9)
