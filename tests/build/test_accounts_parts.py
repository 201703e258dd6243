"""Parts of the accounts builder on small inputs: projections, splits, latent trade, and what they refuse."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus.build.accounts import estimate_latent, refill_latent
from isthmus.build.accounts import national as national_module
from isthmus.build.accounts.axes import AT, GOODS, GROUPS, SECTORS, K
from isthmus.build.accounts.close import _scale as scale_to_margins
from isthmus.build.accounts.energy_split import _fit_two_columns
from isthmus.build.accounts.icio import read_icio_csv
from isthmus.build.accounts.latent import NEIGHBOURS_OPEN, SUPPRESSED
from isthmus.build.accounts.sectors import make_sectors
from isthmus.errors import BuildError

ECONOMIES = tuple(sorted({code for pair in (*SUPPRESSED, *NEIGHBOURS_OPEN) for code in pair}))


def random_trade(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Flows and distances of the region, at random, with ARM-AZE closed."""
    rng = np.random.default_rng(seed)
    n = len(ECONOMIES)
    flow = rng.lognormal(2.0, 1.0, (n, n, K))
    distance = rng.uniform(300.0, 3000.0, (n, n))
    a, b = ECONOMIES.index("ARM"), ECONOMIES.index("AZE")
    flow[a, b] = flow[b, a] = 0.0
    return flow, distance + distance.T


def test_the_axis_has_51_sectors_and_groups_name_only_them() -> None:
    assert len(set(SECTORS)) == K == 51
    assert not GOODS[AT["B09"]]
    assert GOODS[AT["D"]]
    assert {code for weights in GROUPS.values() for code in weights} <= set(SECTORS)


def test_latent_trade_does_not_depend_on_the_unit_of_distance() -> None:
    flow, distance = random_trade()
    in_km, in_miles = (estimate_latent(flow, unit * distance, ECONOMIES) for unit in (1.0, 0.621))
    np.testing.assert_allclose(in_km, in_miles, atol=2e-3)  # rounded to 0.001 million
    pairs = {(ECONOMIES[i], ECONOMIES[n]) for i, n in np.argwhere(in_km.sum(axis=2) > 0)}
    assert pairs == set(SUPPRESSED)
    assert in_km[:, :, ~GOODS].sum() == 0


def test_latent_trade_falls_with_the_distance_of_the_pair() -> None:
    flow, distance = random_trade()
    far = distance.copy()
    i, n = ECONOMIES.index("ARM"), ECONOMIES.index("AZE")
    far[i, n] *= 3.0
    near, less = estimate_latent(flow, distance, ECONOMIES)[i, n], estimate_latent(flow, far, ECONOMIES)[i, n]
    assert (less <= near).all()
    assert less.sum() < near.sum()


def test_refilled_tables_hold_the_new_latent_values() -> None:
    flow, distance = random_trade()
    i, n, k = np.nonzero(flow)
    rows = pd.DataFrame(
        {
            "origin": [ECONOMIES[t] for t in i],
            "destination": [ECONOMIES[t] for t in n],
            "sector": [SECTORS[t] for t in k],
            "value_usd_m": flow[i, n, k],
            "tonnes": 0.0,
            "latent_usd_m": 0.0,
            "basis": "balanced",
        }
    )
    tables = {"economies": pd.DataFrame({"economy": ECONOMIES}), "flows": rows}
    out = refill_latent(tables, distance)["flows"]
    assert out["latent_usd_m"].sum() == pytest.approx(estimate_latent(flow, distance, ECONOMIES).sum())
    assert not out.duplicated(["origin", "destination", "sector"]).any()
    assert (out.loc[out["value_usd_m"] == 0, "basis"] == "estimated").all()


def test_a_balance_with_fixed_parts_is_one_quadratic() -> None:
    rng = np.random.default_rng(1)
    out, into, fixed_out, fixed_in = rng.uniform(0.1, 10.0, (4, 50))
    p = national_module._scale(out, into, fixed_out, fixed_in)
    np.testing.assert_allclose(p * into + fixed_in, out / p + fixed_out, rtol=1e-12)


def test_gas_by_user_meets_the_economys_total() -> None:
    users = np.array([[10.0, 5.0, 0.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
    want = users * np.array([0.04, 0.97, 0.5, 0.9])
    total = np.array([9.0, 0.0])
    gas = _fit_two_columns(want, users, total)
    np.testing.assert_allclose(gas.sum(axis=1), total, atol=1e-9)
    assert (gas >= 0).all() and (gas <= users + 1e-12).all()
    assert gas[0, 1] / 5.0 > gas[0, 0] / 10.0  # the refinery takes the least gas


def test_contradicting_national_totals_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(national_module, "_SWEEPS", 2)  # stopped long before totals could be met
    rng = np.random.default_rng(3)
    start = (rng.uniform(0.1, 9.0, (K, K)), *(rng.uniform(0.1, 9.0, K) for _ in range(3)))
    with pytest.raises(BuildError, match=r"national accounts of ARM do not close.*added_totals\.csv"):
        national_module._balance("ARM", start, np.full(K, 9.0), np.full(K, 30.0), np.array([0.1, 0.3, 0.6]))


def test_an_economy_without_gdp_shares_is_refused() -> None:
    with pytest.raises(BuildError, match="XXX has no shares of 2022"):
        national_module._shares("XXX")


def test_a_partner_share_without_flow_is_refused() -> None:
    flow = np.ones((2, 2, K))
    flow[0, 1] = 0.0
    free = np.ones((2, 2), dtype=bool)
    with pytest.raises(BuildError, match=r"partner_shares\.csv: row with share 0\.3 has no flow"):
        scale_to_margins(flow, np.zeros_like(flow), free, flow.sum(axis=1), flow.sum(axis=0), [(0, 1, [0], 0.3)])


def test_margins_and_partner_share_hold_together() -> None:
    rng = np.random.default_rng(2)
    flow = rng.uniform(1.0, 2.0, (4, 4, K))
    sales, purchases = flow.sum(axis=1), flow.sum(axis=0)
    free = np.ones((4, 4), dtype=bool)
    gap = scale_to_margins(flow, np.zeros_like(flow), free, sales, purchases, [(0, 1, [3, 4], 0.5)])
    assert gap < 1e-6
    np.testing.assert_allclose(flow.sum(axis=1), sales, rtol=1e-6)
    np.testing.assert_allclose(flow.sum(axis=0), purchases, rtol=1e-12)
    bought = flow[:, 1, [3, 4]].sum(axis=1)
    assert bought[0] / (bought.sum() - bought[1]) == pytest.approx(0.5, abs=1e-5)


def test_sectors_follow_their_sources() -> None:
    table = make_sectors().set_index("sector")
    # Caliendo and Parro 2015, table 1: agriculture 8.11 (s.e. 1.86); shrunk by precision to 4.55.
    own, prior = 1 / 1.862**2, 1 / 3.0**2
    assert table.loc["A01", "theta_long"] == pytest.approx((own * 8.11 + prior * 4.55) / (own + prior), abs=0.01)
    assert table.loc["C19", "commodity_class"] == "products"
    assert table.loc["B06O", "commodity_class"] == "liquid"
    assert table.loc["B06G", "commodity_class"] == "gas"
    assert np.isnan(table.loc["D", "unit_value_usd_per_t"])
    assert table["source"].str.len().min() > 20


@pytest.mark.slow
def test_a_foreign_file_is_refused_as_icio(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("label,AGO_A01\nAGO_A01,1.0\n")
    with pytest.raises(BuildError, match=r"labels are missing, first 'AGO_A02'"):
        read_icio_csv(path)
    with pytest.raises(BuildError, match="cannot be read"):
        read_icio_csv(tmp_path / "none.csv")
