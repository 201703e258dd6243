"""Dependence profiles: reported figures kept as they are, the model's beside them; minerals and their ways."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.errors import QueryError
from isthmus.leverage.crossings import transit_shares
from isthmus.leverage.dependence import Dependence, dependence_profile
from isthmus.leverage.minerals import choose_minerals, mined, mineral_access, mineral_classes
from isthmus.report.dependence import latest, minerals_to_rows


@pytest.fixture(scope="module")
def armenia(eurasia: ist.World) -> tuple[Dependence, ...]:
    return dependence_profile(eurasia, "ARM")


def one(rows: tuple[Dependence, ...], item: str, year: int) -> Dependence:
    (found,) = [row for row in rows if (row.item, row.on, row.year) == (item, "RUS", year)]
    return found


def test_reported_and_modelled_stand_side_by_side(eurasia: ist.World, armenia: tuple[Dependence, ...]) -> None:
    """Armstat: 45.4 % of goods exports to Russia in 2022; the accounts are balanced to that."""
    row = one(armenia, "goods exports (all)", 2022)
    assert (row.share_percent, row.value, row.unit) == (45.4, 2462.78, "USD million")
    assert row.model_share_percent == pytest.approx(45.4, abs=1.0)
    assert row.hhi == pytest.approx(0.2314)
    assert row.model_hhi is not None and row.model_hhi >= (row.model_share_percent / 100) ** 2
    assert "Armstat" in row.source and row.basis == "reported"


def test_gas_remittances_arms_and_concession_are_told(armenia: tuple[Dependence, ...]) -> None:
    gas = one(armenia, "natural gas imports (incl. LPG)", 2022)
    assert gas.share_percent == 87.4
    assert gas.model_share_percent == pytest.approx(87.7, abs=0.5)
    assert gas.alternatives == "Iran (gas-for-power swap)" and "IRN" in gas.model_alternatives
    kinds = {row.kind for row in armenia}
    assert {"arms", "railway concession", "nuclear fuel", "wheat", "remittances", "tourism", "transit"} <= kinds
    concession = next(row for row in armenia if row.kind == "railway concession")
    assert concession.model_share_percent is None
    arms = latest(row for row in armenia if (row.item, row.on) == ("arms imports", "RUS"))
    assert [(row.year, row.share_percent) for row in arms] == [(2024, 10.0)]


def test_every_row_says_where_it_is_from(armenia: tuple[Dependence, ...]) -> None:
    assert all(row.source and row.basis and row.model_year == 2022 for row in armenia)
    assert any(row.basis == "modelled" for row in armenia)


def test_armenia_s_trade_crosses_georgia(armenia: tuple[Dependence, ...]) -> None:
    """Turkey's border is closed and Azerbaijan's almost: Georgia and Iran are the ways out, as reported."""
    crossed = {row.on: row for row in armenia if row.kind == "transit" and row.basis == "modelled"}
    assert crossed["GEO"].model_share_percent is not None
    assert crossed["GEO"].model_share_percent > 70
    assert "ARM" not in crossed
    assert crossed["GEO"].model_value == max(row.model_value or 0.0 for row in crossed.values())
    reported = next(row for row in armenia if row.item.startswith("transit of sea and road trade"))
    assert (reported.on, reported.model_share_percent) == ("GEO", crossed["GEO"].model_share_percent)


def test_transit_of_the_toy_by_hand(toy: ist.World) -> None:
    """The toy's Aria sells to Elia through what lies between; trade with a territory is no transit through it."""
    rows = {row.territory: row for row in transit_shares(toy, "EEE")}
    assert rows and all(0 <= row.export_percent <= 100.0001 and row.tonnes_mt > 0 for row in rows.values())
    alone = np.zeros_like(toy.accounts.tonnes)
    n, d = toy.economies.index("EEE"), toy.economies.index("DDD")
    alone[n, d], alone[d, n] = toy.accounts.tonnes[n, d], toy.accounts.tonnes[d, n]
    from dataclasses import replace

    world = replace(toy, accounts=replace(toy.accounts, tonnes=alone))
    assert "DDD" not in {row.territory for row in transit_shares(world, "EEE")}


def test_a_world_of_one_s_own_has_the_model_s_rows(toy: ist.World) -> None:
    rows = dependence_profile(toy, "CCC", "AAA")
    assert rows and all(row.basis == "modelled" for row in rows)
    sent = next(row for row in rows if row.kind == "remittances")
    assert (sent.model_share_percent, sent.model_value) == (100.0, 2.0)


@pytest.mark.parametrize(
    ("economy", "on", "said"),
    [
        ("ARN", None, "unknown economy 'ARN'"),
        ("ARM", "RUZ", "unknown partner 'RUZ'"),
        ("ARM", "ARM", "does not depend on itself"),
    ],
)
def test_unknown_names_are_told(eurasia: ist.World, economy: str, on: str | None, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        dependence_profile(eurasia, economy, on)


def test_every_mineral_has_a_class_and_units_are_tonnes() -> None:
    assert {row.mineral for row in mined()} <= set(mineral_classes())
    kazakh = next(row for row in mined() if (row.economy, row.mineral) == ("KAZ", "uranium (U3O8)"))
    assert 15e3 < kazakh.tonnes < 40e3
    rhenium = [row for row in mined() if row.mineral == "rhenium"]
    assert all(row.tonnes < 100 for row in rhenium)
    assert choose_minerals(["uran"]) == ("uranium (U3O8)",)
    with pytest.raises(QueryError, match="unknown mineral 'unobtainium'"):
        choose_minerals(["unobtainium"])


def test_kazakh_uranium_leaves_by_russia_and_can_go_round(eurasia: ist.World) -> None:
    rows = {row.mined.economy: row for row in mineral_access(eurasia, minerals=["uranium"])}
    kazakh = rows["KAZ"]
    assert kazakh.way is not None and "RUS" in kazakh.way.territories
    assert kazakh.way_avoiding is not None and "RUS" not in kazakh.way_avoiding.territories
    assert kazakh.way_avoiding.cost_usd_per_t > kazakh.way.cost_usd_per_t
    assert kazakh.before.percent == pytest.approx(100.0)
    assert kazakh.before.avoiding_percent == pytest.approx(100.0)
    assert rows["RUS"].way_avoiding is None
    assert rows["RUS"].before.avoiding_percent == 0.0


def test_a_narrow_caspian_binds_and_wider_ports_carry_more(eurasia: ist.World) -> None:
    """Round Russia, Iran, China, Turkmenistan and Afghanistan there are Aktau and Kuryk, here nearly full."""
    after = ist.apply_scenario(eurasia, ist.read_scenario("middle-corridor-2030")).world
    used = np.zeros(len(eurasia.network.link_ids))
    for port, mt in (("port-aktau", 14.5), ("port-kuryk", 5.5)):
        used[np.isin(eurasia.network.link_ids, [port, f"{port}~road"])] = mt
    for ferry, mt in (("ferry-alat-aktau", 3.0), ("ferry-alat-kuryk", 5.5)):
        used[eurasia.network.link_ids.index(ferry)] = mt
    rows = mineral_access(
        eurasia, avoid=("RUS", "IRN", "CHN", "TKM", "AFG"), minerals=["coking coal"], after=after, used_mt=used
    )
    (row,) = (row for row in rows if row.mined.economy == "KAZ")
    assert row.after is not None
    assert row.before.avoiding_percent == pytest.approx(100 * 2.0 / 7.25102, rel=1e-3)  # four quays, 0.5 Mt each
    assert set(row.before.full) >= {"port-aktau", "port-kuryk"}
    assert row.after.avoiding_percent > 2 * row.before.avoiding_percent
    assert row.before.percent == pytest.approx(100.0)
    (told,) = minerals_to_rows([row])
    assert told["reach_avoiding_percent"] == row.before.avoiding_percent


def test_unknown_buyers_and_territories_are_told(eurasia: ist.World) -> None:
    with pytest.raises(QueryError, match="unknown territory 'XXX'"):
        mineral_access(eurasia, minerals=["chromium"], avoid=("XXX",))
    with pytest.raises(QueryError, match="unknown buyer 'EUX'"):
        mineral_access(eurasia, minerals=["chromium"], buyer="EUX")


def test_the_command_prints_tables_and_tells_what_is_missing() -> None:
    run = CliRunner()
    table = run.invoke(main, ["dependence", "CCC", "--on", "AAA", "--world", "toy"])
    assert table.exit_code == 0 and "remittances" in table.output
    csv = run.invoke(main, ["dependence", "CCC", "--world", "toy", "--format", "csv"]).output
    assert csv.startswith("economy,on,kind")
    assert run.invoke(main, ["dependence"]).exit_code == 2
    assert run.invoke(main, ["dependence", "ARM", "--minerals"]).exit_code == 2
    told = run.invoke(main, ["dependence", "--minerals", "--mineral", "chromium", "--format", "json"])
    data = json.loads(told.stdout)
    assert data["buyer"] == "EUU" and {row["economy"] for row in data["minerals"]} >= {"KAZ", "TUR"}
