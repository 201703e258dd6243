"""Bans by product, tariffs, energy prices, transfers, migrants, demand: what each puts on trade."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import isthmus as ist
from documents import DOCS, fenced, run_commands
from isthmus.errors import ScenarioError
from isthmus.scenario import Applied
from isthmus.scenario.changes import (
    Change,
    CutTransfers,
    Embargo,
    EnergyPrice,
    ExpelMigrants,
    ExportBan,
    ImportBan,
    OpenLink,
    SetDemand,
    SetParameter,
    SetTariff,
)
from isthmus.trade import spread_tax


def scenario(*changes: Change) -> ist.Scenario:
    return ist.Scenario(name="s", title="s", changes=changes)


def apply(world: ist.World, *changes: Change) -> Applied:
    return ist.apply_scenario(world, scenario(*changes))


def cell(world: ist.World, origin: str, destination: str, sector: str) -> tuple[int, int, int]:
    return world.economies.index(origin), world.economies.index(destination), world.sectors.codes.index(sector)


def part(product: str, share: float, **more: float) -> ImportBan:
    return ImportBan(by=("AAA",), on=("CCC",), sectors=("FOOD",), products=(product,), product_share=share, **more)


def test_shares_of_different_products_add_up_and_the_same_counts_once(toy: ist.World) -> None:
    at = cell(toy, "CCC", "AAA", "FOOD")
    access = apply(toy, part("cheese", 0.25), part("wine", 0.5), part("cheese", 0.25, severity=0.5)).wedges.access
    assert access is not None
    assert access[at] == pytest.approx(0.25)
    assert (access != 1.0).sum() == 1


def test_a_value_with_its_year_is_a_share_of_the_flow(toy: ist.World) -> None:
    at = cell(toy, "CCC", "AAA", "FOOD")
    flow = float(toy.accounts.flow[at])
    ban = ImportBan(by=("AAA",), on=("CCC",), sectors=("FOOD",), trade_usd_m=flow / 4, year=1999, source="customs")
    applied = apply(toy, ban)
    assert applied.wedges.access is not None
    assert applied.wedges.access[at] == pytest.approx(0.75)
    assert "of 1999" in applied.effects[0].before
    more = ImportBan(by=("AAA",), on=("CCC",), sectors=("FOOD",), trade_usd_m=flow * 4, year=1999, source="customs")
    assert "more than the flow" in apply(toy, more).warnings[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (ImportBan(by=("AAA",), on=("CCC",), products=("wine",)), "'wine' has no share of the flow from CCC to AAA"),
        (
            Embargo(by=("AAA",), on=("CCC",), sectors=("FOOD",), trade_usd_m=1.0, year=2000, source="x"),
            "the value of one flow, but 2 are named",
        ),
        (SetParameter(name="theta.FOD", value=3.0), "unknown sector 'FOD'. Nearest: 'FOOD'"),
        (CutTransfers(by=("AAA",), on=("AAA",)), "same economy"),
    ],
)
def test_what_cannot_be_applied_is_told(toy: ist.World, change: Change, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        apply(toy, change)


def test_products_of_the_table_find_their_share(eurasia: ist.World) -> None:
    """Dairy is 6.2 % of Armenian C10T12 sales to Russia in 2022 (data/product_trade.csv)."""
    applied = apply(eurasia, ImportBan(by=("RUS",), on=("ARM",), products=("dairy",)))
    assert applied.wedges.access is not None
    assert applied.wedges.access[cell(eurasia, "ARM", "RUS", "C10T12")] == pytest.approx(1 - 0.062)
    gas = apply(eurasia, ExportBan(by=("RUS",), on=("ARM",), products=("gas",))).wedges.access
    assert gas is not None
    assert gas[cell(eurasia, "RUS", "ARM", "B06G")] == 0.0


def test_a_product_without_a_share_lists_what_is_known(eurasia: ist.World) -> None:
    """Kazakh wheat in Russia is known for 2016 and without a value."""
    with pytest.raises(ScenarioError, match=r"Known of it: 2016 of A01\. Products with figures for this pair: wheat"):
        apply(eurasia, ImportBan(by=("RUS",), on=("KAZ",), products=("wheat",)))


def test_a_tariff_on_a_product_leaves_the_earlier_rate_on_the_rest(toy: ist.World) -> None:
    at = cell(toy, "CCC", "AAA", "FOOD")
    all_of_it = SetTariff(by=("AAA",), on=("CCC",), sectors=("FOOD",), rate=0.1)
    some = SetTariff(by=("AAA",), on=("CCC",), sectors=("FOOD",), products=("wine",), product_share=0.5, rate=0.3)
    wedges = apply(toy, all_of_it, some).wedges
    assert wedges.tariff is not None and wedges.tariff_cover is not None
    assert (wedges.tariff[at], wedges.tariff_cover[at]) == (pytest.approx(0.2), 1.0)
    last = apply(toy, some, all_of_it).wedges
    assert last.tariff is not None
    assert last.tariff[at] == pytest.approx(0.1)


@given(st.floats(-0.5, 3), st.floats(0.01, 1), st.floats(0.3, 12))
def test_a_tax_on_a_part_keeps_spending_and_revenue_of_the_parts(rate: float, share: float, theta: float) -> None:
    tax, access = spread_tax(np.full((1, 1, 1), rate), np.full((1, 1, 1), share), np.array([theta]))
    taxed = share * (1 + rate) ** -theta
    phi = 1 - share + taxed
    assert access[0, 0, 0] * (1 + tax[0, 0, 0]) ** -theta == pytest.approx(phi, rel=1e-9)
    assert 0 < access[0, 0, 0] <= 1
    revenue = taxed / phi * rate / (1 + rate)
    assert tax[0, 0, 0] / (1 + tax[0, 0, 0]) == pytest.approx(revenue, rel=1e-9, abs=1e-12)


def test_dearer_energy_costs_the_buyer_and_pays_the_seller(toy: ist.World) -> None:
    """A small tax on exports is revenue of the exporter, equation (8), and a price of the buyer, equation (3)."""
    energy = [toy.sectors.codes.index(k) for k in ("FUEL", "CRUDE", "GAS")]
    sold = toy.accounts.flow[:, :, energy].sum(axis=2)
    np.fill_diagonal(sold, 0.0)
    i, n = np.unravel_index(int(sold.argmax()), sold.shape)
    dear = EnergyPrice(by=(toy.economies[i],), on=(toy.economies[n],), factor=1.02)
    tax = apply(toy, dear).wedges.export_tax
    assert tax is not None
    assert set(np.argwhere(tax)[:, 2].tolist()) == set(energy)
    result = ist.solve(toy, scenario(dear))
    assert result.real_income_change[n] < 1.0 < result.real_income_change[i]


def test_a_tariff_pays_the_importer_and_an_embargo_is_its_limit(toy: ist.World) -> None:
    a, c = toy.economies.index("AAA"), toy.economies.index("CCC")
    small = ist.solve(toy, scenario(SetTariff(by=("AAA",), on=("CCC",), rate=0.02)))
    assert small.real_income_change[c] < 1.0 < small.real_income_change[a]
    huge = ist.solve(toy, scenario(SetTariff(by=("AAA",), on=("CCC",), rate=1e6)))
    ban = ist.solve(toy, scenario(ImportBan(by=("AAA",), on=("CCC",))))
    assert huge.real_income_change[c] == pytest.approx(ban.real_income_change[c], abs=2e-3)


def test_cut_transfers_move_income_from_recipient_to_payer(toy: ist.World) -> None:
    applied = apply(toy, CutTransfers(by=("AAA",), on=("CCC",), share=0.5), CutTransfers(by=("AAA",), on=("CCC",)))
    assert [(e.before, e.after) for e in applied.effects] == [
        ("2.0 USD m of 2000", "1.0 USD m"),
        ("1.0 USD m of 2000", "0.0 USD m"),
    ]
    result = ist.solve(toy, scenario(CutTransfers(by=("AAA",), on=("CCC",))))
    a, c = toy.economies.index("AAA"), toy.economies.index("CCC")
    assert result.real_income_change[c] < 1.0 < result.real_income_change[a]
    assert "no remittances from BBB to CCC" in apply(toy, CutTransfers(by=("BBB",), on=("CCC",))).warnings[0]


def test_expelled_migrants_move_labour_and_end_remittances(toy: ist.World) -> None:
    """Aria sends 2 USD m to Celia: earnings 5 at a remitted share of 0.4."""
    applied = apply(toy, SetParameter(name="remitted_share", value=0.4), ExpelMigrants(by=("AAA",), on=("CCC",)))
    wedges = applied.wedges
    a, c = toy.economies.index("AAA"), toy.economies.index("CCC")
    added = toy.accounts.value_added.sum(axis=1)
    people = toy.facts["economies"].set_index("economy")["population"]
    ratio = min(1.0, (added[c] / people["CCC"]) / (added[a] / people["AAA"]))
    assert wedges.endowment is not None and wedges.remittances is not None
    assert wedges.endowment[a] == pytest.approx(1 - 5 / added[a])
    assert wedges.endowment[c] == pytest.approx(1 + 5 * ratio / added[c])
    assert wedges.remittances[a, c] == 0.0
    assert "assumption" in applied.warnings[0]


def test_a_parameter_holds_before_and_after(toy: ist.World) -> None:
    applied = apply(
        toy, SetParameter(name="theta_factor", value=2.0), SetParameter(name="value_of_time.bulk", value=9.0)
    )
    for world in (applied.before, applied.world):
        np.testing.assert_allclose(world.sectors.theta_long, 2.0 * toy.sectors.theta_long)
        assert world.network.value_of_time[0] == 9.0
        assert world.sha256 != toy.sha256
    ban = Embargo(by=("AAA",), on=("CCC",))
    soft = ist.solve(toy, scenario(ban, SetParameter(name="theta_factor", value=2.0)))
    hard = ist.solve(toy, scenario(ban))
    c = toy.economies.index("CCC")
    assert hard.real_income_change[c] < soft.real_income_change[c] < 1.0
    nothing = ist.solve(toy, scenario(SetParameter(name="theta_factor", value=2.0)))
    assert (nothing.real_income_change == 1.0).all()


def test_grown_demand_is_a_baseline_of_its_own(toy: ist.World) -> None:
    """Accounts of the grown world balance, tonnes grow with it, and growth alone is no effect of a scenario."""
    from isthmus.solve.growth import grow_world

    demand = np.ones_like(toy.accounts.output)
    n, k = toy.economies.index("AAA"), toy.sectors.codes.index("MACH")
    demand[n] = 1.5
    demand[n, k] = 3.0
    accounts = grow_world(toy, demand).accounts
    np.testing.assert_allclose(accounts.flow.sum(axis=1), accounts.output, rtol=1e-7)
    spent = accounts.final_use + accounts.inputs.sum(axis=2)
    np.testing.assert_allclose(accounts.flow.sum(axis=0), spent, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(accounts.inputs.sum(axis=1) + accounts.value_added, accounts.output, rtol=1e-7)
    bought = accounts.final_use[n] / toy.accounts.final_use[n]
    assert bought[k] / bought[k - 1] == pytest.approx(2.0, rel=1e-9)
    assert accounts.tonnes[:, n].sum() > 1.3 * toy.accounts.tonnes[:, n].sum()
    result = ist.solve(toy, scenario(SetDemand(economy=("AAA",), factor=1.5)))
    assert (result.real_income_change == 1.0).all()
    assert result.flows.before_t.sum() > ist.solve(toy, scenario()).flows.before_t.sum()


def test_demand_of_one_leaves_the_world_unchanged(toy: ist.World) -> None:
    from isthmus.solve.growth import grow_world

    accounts = grow_world(toy, np.ones_like(toy.accounts.output)).accounts
    np.testing.assert_allclose(accounts.flow, toy.accounts.flow, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(accounts.tonnes, toy.accounts.tonnes, rtol=1e-8)


def test_a_tariff_holds_for_trade_that_an_opened_border_sets_free(toy: ist.World) -> None:
    opened = OpenLink(links=("new-line",))
    free = ist.solve(toy, scenario(opened)).latent
    taxed = ist.solve(toy, scenario(opened, SetTariff(by=("CCC",), on=("BBB",), rate=0.5))).latent
    assert free is not None and taxed is not None
    at = free.pairs.index(("BBB", "CCC"))
    assert 0 < taxed.trade_usd_m[at] < 0.7 * free.trade_usd_m[at]


def test_the_how_to_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "how-to" / "write-a-scenario.md").read_text(encoding="utf-8")
    (body,) = fenced(text, "toml")
    (tmp_path / "squeeze.toml").write_text(body, encoding="utf-8")
    assert run_commands(text) == 3
