"""The shipped accounts hold: identities, the totals that sources give, partners, tonnes.

Each expected number names its source. The slow tests build the accounts again from the packages.
"""

from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus.build.accounts import build_accounts
from isthmus.build.tables import write_tables

WORLD = Path(str(resources.files("isthmus"))) / "worlds" / "eurasia-2022"
FACTS = Path(str(resources.files("isthmus"))) / "build" / "facts"
TABLES = ("economies", "sectors", "flows", "inputs", "production", "final_use", "remittances")
ADDED = ["ARM", "AZE", "GEO", "IRN", "UZB", "TKM", "KGZ", "TJK", "MNG", "MDA", "IRQ", "AFG", "SRB"]


@cache
def read(name: str) -> pd.DataFrame:
    return pd.read_parquet(WORLD / f"{name}.parquet")


@cache
def goods() -> list[str]:
    codes = read("sectors")["sector"].tolist()
    return [code for code in codes[: codes.index("D") + 1] if code != "B09"]


def trade(*, origin: str | None = None, destination: str | None = None, only_goods: bool = True) -> float:
    """Cross-border value in USD million."""
    f = read("flows")
    keep = f["origin"] != f["destination"]
    if only_goods:
        keep &= f["sector"].isin(goods())
    if origin:
        keep &= f["origin"] == origin
    if destination:
        keep &= f["destination"] == destination
    return float(f.loc[keep, "value_usd_m"].sum())


def gap(left: pd.Series, right: pd.Series) -> float:
    a, b = left.align(right, fill_value=0.0)
    scale = np.maximum(a.abs(), b.abs())
    return float(((a - b).abs() / scale.where(scale > 0, 1.0)).max())


def test_axes_are_80_economies_of_icio_13_added_the_rest_and_51_sectors() -> None:
    economies, sectors = read("economies"), read("sectors")
    assert economies["kind"].value_counts().to_dict() == {"icio": 80, "added": 13, "row": 1}
    assert economies["economy"].iloc[-1] == "ROW"
    assert len(sectors) == 51
    assert {"B06O", "B06G"} < set(sectors["sector"])


def test_every_identity_holds_to_one_part_in_a_billion() -> None:
    flows, inputs, production = read("flows"), read("inputs"), read("production")
    final = read("final_use").set_index(["economy", "sector"])["value_usd_m"]
    by_node = production.set_index(["economy", "sector"])
    names = ["economy", "sector"]
    sales = flows.groupby(["origin", "sector"])["value_usd_m"].sum().rename_axis(names)
    assert gap(sales, by_node["output_usd_m"]) < 1e-9
    bought = flows.groupby(["destination", "sector"])["value_usd_m"].sum().rename_axis(names)
    used = inputs.groupby(["economy", "input"])["value_usd_m"].sum().rename_axis(names).add(final, fill_value=0.0)
    assert gap(bought, used) < 1e-9
    cost = inputs.groupby(["economy", "user"])["value_usd_m"].sum().rename_axis(names)
    assert gap(cost.add(by_node["value_added_usd_m"], fill_value=0.0), by_node["output_usd_m"]) < 1e-9
    income = by_node["value_added_usd_m"].sum()
    assert abs(final.sum() - income) / income < 1e-9


def test_no_cell_is_negative_and_none_is_dust() -> None:
    flows = read("flows")
    for name, column in (("flows", "value_usd_m"), ("flows", "tonnes"), ("inputs", "value_usd_m")):
        assert (read(name)[column] >= 0).all()
    for column in ("output_usd_m", "value_added_usd_m"):
        assert (read("production")[column] >= 0).all()
    # Under 1e-6 of its buyer's and 1e-3 of its seller's total a cell must be an exact zero.
    buyer = flows.groupby(["destination", "sector"])["value_usd_m"].transform("sum")
    seller = flows.groupby(["origin", "sector"])["value_usd_m"].transform("sum")
    dust = (flows["value_usd_m"] < 0.99e-6 * buyer) & (flows["value_usd_m"] < 0.99e-3 * seller)
    assert int((dust & (flows["value_usd_m"] > 0)).sum()) == 0
    assert (read("production")["output_usd_m"] >= 0.9e-3).all()


def test_armenia_holds_its_reported_trade() -> None:
    # Statistical Committee: goods exports 5,419.1; balance of payments: imports 7,577.1 FOB (economies.csv).
    assert trade(origin="ARM") == pytest.approx(5419.1, rel=5e-3)
    assert trade(destination="ARM") == pytest.approx(7577.1, rel=5e-3)
    # Shares by origin and destination: Statistical Committee (partners.csv), 45.45 % and 30.05 %.
    assert trade(origin="ARM", destination="RUS") / trade(origin="ARM") == pytest.approx(0.454, abs=0.01)
    assert trade(origin="RUS", destination="ARM") / trade(destination="ARM") == pytest.approx(0.300, abs=0.01)
    about = read("economies").set_index("economy").loc["ARM"]
    assert about["transit_usd_m"] == 730
    assert about["goods_imports_cif_usd_m"] == pytest.approx(8775.9)  # memo, CIF


def test_armenian_gas_comes_from_russia_and_iran() -> None:
    f = read("flows")
    gas = f[(f["destination"] == "ARM") & (f["sector"] == "B06G")].set_index("origin")["value_usd_m"]
    # BACI 2022: Russia 443.2 of 505.4, 87.7 % (dependencies of the facts).
    assert gas["RUS"] / gas.sum() == pytest.approx(0.877, abs=0.01)
    assert set(gas[gas > 0].index) == {"RUS", "IRN"}


#: Goods in USD million: exports, imports FOB. economies.csv; GEO less 440 on the way to Armenia.
REPORTED_GOODS = {
    "ARM": (5419.1, 7577.1),
    "AZE": (38100.0, 14540.0 * 0.9),
    "GEO": (5600.0 - 440.0, 13450.0 * 0.9 - 440.0),
    "TJK": (2100.0, 5200.0 * 0.9),
    "SRB": (29060.0, 41070.0 * 0.9),
    "UZB": (15350.0, None),
    "IRN": (None, 59700.0 * 0.9),
}


@pytest.mark.parametrize("iso", sorted(REPORTED_GOODS))
def test_added_economies_hold_reported_goods(iso: str) -> None:
    exports, imports = REPORTED_GOODS[iso]
    if exports:
        assert trade(origin=iso) == pytest.approx(exports, rel=5e-3)
    if imports:
        assert trade(destination=iso) == pytest.approx(imports, rel=5e-3)


@pytest.mark.parametrize("iso", [iso for iso in ADDED if iso not in ("ARM", "AFG", "TJK")])
def test_added_economies_hold_totals_of_goods_and_services(iso: str) -> None:
    # CIA World Factbook, balance of payments (economies.csv). Armenia follows goods and services one by
    # one; Afghanistan has no total; Tajikistan's customs exports exceed its balance of payments.
    given = pd.read_csv(FACTS / "economies.csv").set_index("iso3").loc[iso]
    dropped = 440.0 if iso == "GEO" else 0.0
    exports = given["exports_goods_services_total_usd_million"] - dropped
    imports = given["imports_goods_services_total_usd_million"] - dropped
    assert trade(origin=iso, only_goods=False) == pytest.approx(exports, rel=5e-3)
    assert trade(destination=iso, only_goods=False) == pytest.approx(imports, rel=5e-3)


@pytest.mark.parametrize("iso", ADDED)
def test_added_economies_hold_their_gdp(iso: str) -> None:
    given = pd.read_csv(FACTS / "economies.csv").set_index("iso3").loc[iso]  # World Bank
    p = read("production")
    added = p.loc[p["economy"] == iso, "value_added_usd_m"].sum()
    assert added == pytest.approx(given["gdp_usd_million"], rel=5e-3)


def test_kazakh_crude_in_tonnes_is_baci() -> None:
    expected = pd.read_csv(Path(__file__).parent / "kazakh_crude_2022.csv").set_index("destination")["tonnes"]
    f = read("flows")
    crude = f[(f["origin"] == "KAZ") & (f["sector"] == "B06O") & (f["destination"] != "KAZ")]
    have = crude.set_index("destination")["tonnes"]
    have = have[have > 0]
    assert set(have.index) == set(expected.index)
    assert (have.sort_index() - expected.sort_index()).abs().max() <= 1.0
    assert have.sum() == pytest.approx(59.56e6, rel=1e-3)


def test_kazakh_imports_follow_national_shares() -> None:
    total = trade(destination="KAZ")
    # Bureau of National Statistics: China 21.9 %; Russia between 29 and 43 % (partner_shares.csv).
    assert trade(origin="CHN", destination="KAZ") / total == pytest.approx(0.219, abs=0.005)
    assert trade(origin="RUS", destination="KAZ") / total == pytest.approx(0.35, abs=0.005)


def test_closed_pairs_trade_nothing_but_carry_a_marked_latent_value() -> None:
    f = read("flows")
    pair = f["origin"].isin(["ARM", "AZE"]) & f["destination"].isin(["ARM", "AZE"]) & (f["origin"] != f["destination"])
    assert (f.loc[pair, "value_usd_m"] == 0).all()
    assert (f.loc[pair, "basis"] == "estimated").all()
    latent = f[f["latent_usd_m"] > 0]
    pairs = set(zip(latent["origin"], latent["destination"], strict=True))
    assert pairs == {("ARM", "AZE"), ("AZE", "ARM"), ("ARM", "TUR"), ("TUR", "ARM")}


def test_tonnes_sit_on_freight_only_and_are_of_the_right_size() -> None:
    f, sectors = read("flows"), read("sectors").set_index("sector")
    kind = f["sector"].map(sectors["commodity_class"])
    assert (f.loc[kind == "none", "tonnes"] == 0).all()
    assert (f.loc[f["value_usd_m"] == 0, "tonnes"] == 0).all()
    abroad = f[f["origin"] != f["destination"]].groupby("sector")["tonnes"].sum() / 1e6
    # World trade of 2022 in Mt: crude 2.1-2.3 bn t and coal 1.3-1.4 bn t (BACI), gas some 0.7 bn t.
    assert 2000 < abroad["B06O"] < 2500
    assert 1200 < abroad["B05"] < 1600
    assert 500 < abroad["B06G"] < 900


def test_elasticities_are_in_range_and_short_ones_no_larger() -> None:
    s = read("sectors")
    assert s["theta_long"].between(1.5, 12.0).all()
    assert (s["theta_short"] <= s["theta_long"]).all()
    for name in ("theta_long", "theta_short"):
        assert (s[f"{name}_low"] <= s[name]).all() and (s[name] <= s[f"{name}_high"]).all()
    assert s.set_index("sector").loc["A01", "theta_long"] == pytest.approx(7.12, abs=0.01)  # 8.11 shrunk to 4.55


def test_remittances_of_armenia_come_mostly_from_russia() -> None:
    r = read("remittances")
    arm = r[r["recipient"] == "ARM"].set_index("payer")["value_usd_m"]
    assert arm.sum() == pytest.approx(1998.1, rel=1e-3)  # Central Bank of Armenia (economies.csv)
    assert arm["RUS"] / arm.sum() == pytest.approx(0.699, abs=0.001)


@pytest.mark.slow
def test_a_rebuild_gives_the_same_bytes(tmp_path: Path) -> None:
    lines: list[str] = []
    tables = build_accounts(lines.append)
    assert set(tables) == set(TABLES)
    assert len(lines) >= 6
    for name, path in write_tables(tables, tmp_path).items():
        assert path.read_bytes() == (WORLD / f"{name}.parquet").read_bytes(), name
