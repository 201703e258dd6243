"""Routing and trade together, on the toy world (fast) and the shipped one (zero shock and the library)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import isthmus as ist
from isthmus.errors import ScenarioError
from isthmus.report import result_to_json
from isthmus.scenario.changes import (
    Change,
    ChangeLink,
    CloseBorder,
    CloseLink,
    DenyTransit,
    Embargo,
    NotModelled,
    OpenLink,
)


def scenario(*changes: Change) -> ist.Scenario:
    return ist.Scenario(name="test", title="test", changes=changes)


NOTHING = scenario(NotModelled(description="nothing changes"))


def test_no_change_gives_exactly_one(toy: ist.World) -> None:
    result = ist.solve(toy, NOTHING)
    assert (result.real_income_change == 1.0).all()
    assert (result.trade_cost_change == 1.0).all()
    assert (result.quantity_change == 1.0).all()
    assert (result.flows.after_t == result.flows.before_t).all()
    assert result.not_modelled == ("nothing changes",)


@pytest.mark.slow
def test_no_change_gives_exactly_one_on_the_shipped_world(eurasia: ist.World) -> None:
    result = ist.solve(eurasia, NOTHING, settings=ist.Settings(routing=ist.RoutingSettings(draws=1), queues="off"))
    assert (result.real_income_change == 1.0).all()
    assert (result.trade_cost_change == 1.0).all()
    assert (result.flows.after_t == result.flows.before_t).all()


def test_an_opened_line_carries_freight_of_its_neighbours(toy: ist.World) -> None:
    result = ist.solve(toy, scenario(OpenLink(links=("new-line",))))
    line = result.new_lines[0]
    assert line.id == "boria-celia-rail"
    assert line.mt.sum() > 0.01
    domestic, regional, transit = line.mt.sum(axis=0)
    # Boria denies its rails to trips of Celia, so that transit of others between west and east is what comes.
    assert transit > regional > 0
    assert domestic == 0
    assert result.latent is not None
    assert set(result.latent.pairs) == {("BBB", "CCC"), ("CCC", "BBB")}
    both = result.real_income.loc[["BBB", "CCC"]]
    assert (both["percent_with_latent"] > both["percent"]).all()


def test_opening_a_line_never_raises_a_trade_cost_much(toy: ist.World) -> None:
    """New gates may raise a logsum a little; the mean over pairs falls."""
    result = ist.solve(toy, scenario(OpenLink(links=("new-line",))))
    assert result.trade_cost_change.max() < 1.0 + 1e-3
    assert result.trade_cost_change.mean() < 1.0


def test_a_closed_strait_cuts_the_rest_of_the_world_off(toy: ist.World) -> None:
    result = ist.solve(toy, scenario(CloseLink(links=("strait",))))
    row = toy.economies.index("ROW")
    goods = [k for k, klass in enumerate(toy.sectors.commodity_class) if klass in {"bulk", "container"}]
    assert np.isinf(result.trade_cost_change[0, row, goods]).all()
    assert result.stranded
    assert (result.real_income_change < 1.0).all()
    assert result.corridor_table.set_index("id").loc["strait", "after_mt"] == 0.0


def test_embargo_is_exact_and_hurts_the_smaller_more(toy: ist.World) -> None:
    result = ist.solve(toy, scenario(Embargo(by=("AAA",), on=("CCC",))))
    a, c = toy.economies.index("AAA"), toy.economies.index("CCC")
    assert (result.flow_after[a, c] == 0.0).all()
    assert (result.flow_after[c, a] == 0.0).all()
    assert result.real_income_change[c] < result.real_income_change[a] < 1.0


def test_an_embargo_holds_for_latent_trade_too(toy: ist.World) -> None:
    result = ist.solve(toy, scenario(OpenLink(links=("new-line",)), Embargo(by=("BBB",), on=("CCC",))))
    assert result.latent is not None
    assert not result.latent.trade_usd_m.any()
    both = result.real_income.loc[["BBB", "CCC"]]
    np.testing.assert_allclose(both["percent_with_latent"], both["percent"], atol=1e-7)


def test_denied_transit_costs_the_denied_most(toy: ist.World) -> None:
    result = ist.solve(toy, scenario(DenyTransit(by="BBB", against=("CCC",))))
    assert toy.economies[int(np.argmin(result.real_income_change))] == "CCC"


def test_closing_a_border_equals_closing_its_crossings(toy: ist.World) -> None:
    border = ist.solve(toy, scenario(CloseBorder(between=("CCC", "DDD"))))
    links = ist.solve(toy, scenario(CloseLink(links=("celia-doria-road", "celia-doria-rail"))))
    assert (border.real_income_change == links.real_income_change).all()


def test_a_cheaper_link_below_the_floor_keeps_the_base_comparable(toy: ist.World) -> None:
    """Costs below the superset floor re-scale both states (DESIGN.md section 4, step 3)."""
    cheap = ist.solve(toy, scenario(ChangeLink(links=("doria-elia-road",), cost_factor=0.2, hours_factor=0.2)))
    assert cheap.real_income_change[toy.economies.index("EEE")] > 1.0


def test_threads_do_not_change_the_result(toy: ist.World) -> None:
    def run(threads: int) -> ist.Result:
        settings = ist.Settings(routing=ist.RoutingSettings(threads=threads))
        return ist.solve(toy, scenario(CloseLink(links=("lake-ferry",))), settings=settings)

    one, three = run(1), run(3)
    assert (one.real_income_change == three.real_income_change).all()
    assert (one.flows.after_t == three.flows.after_t).all()


def test_tonnes_are_conserved_between_economies_and_zones(toy: ist.World) -> None:
    from isthmus.routing import class_tonnes, solve_routing, split_zones, spread_demand

    routing = solve_routing(toy.network, toy.economies, ist.RoutingSettings(draws=1))
    split = split_zones(toy.network.zones, routing.cost)
    tonnes = class_tonnes(toy.accounts.tonnes, toy.sectors)
    demand = spread_demand(split, toy.network.zones, tonnes)
    zone = toy.network.zones.economy
    total = np.zeros_like(tonnes)
    for w in range(tonnes.shape[0]):
        np.add.at(total[w], (zone[:, None], zone[None, :]), demand[w])
    off = ~np.eye(tonnes.shape[1], dtype=bool)
    routed = total[:, off] > 0
    np.testing.assert_allclose(total[:, off][routed], tonnes[:, off][routed], rtol=1e-12)


def test_months_hurt_more_than_years_and_the_caller_wins_over_the_file(toy: ist.World) -> None:
    ban = scenario(Embargo(by=("AAA",), on=("CCC",)))
    years = ist.solve(toy, ban)
    months = ist.solve(toy, replace(ban, horizon="short"))
    c = toy.economies.index("CCC")
    assert months.horizon == "short"
    assert months.real_income_change[c] < years.real_income_change[c]
    again = ist.solve(toy, replace(ban, horizon="short"), horizon="long")
    assert again.horizon == "long"
    assert (again.real_income_change == years.real_income_change).all()


def test_an_unknown_horizon_is_named(toy: ist.World) -> None:
    with pytest.raises(ScenarioError, match=r"horizon is 'shrt'\. Nearest: 'short'"):
        ist.solve(toy, NOTHING, horizon="shrt")


def test_a_stale_or_broken_cache_is_computed_again(
    toy: ist.World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path))
    first = ist.solve(toy, NOTHING)
    files = list((tmp_path / "solved").glob("*.npz"))
    assert len(files) == 1
    files[0].write_bytes(b"not an archive")
    again = ist.solve(toy, NOTHING)
    assert (first.flows.before_t == again.flows.before_t).all()
    other = replace(toy, sha256="0" * 64)
    ist.solve(other, NOTHING)
    assert len(list((tmp_path / "solved").glob("*.npz"))) == 2


def test_the_toy_headline_is_as_recorded(toy: ist.World, pytestconfig: pytest.Config) -> None:
    """Golden: redraw by deleting the file and running once; the numbers follow from build/toy.py."""
    result = ist.solve(toy, scenario(OpenLink(links=("new-line",))))
    told = {e: round(float(p), 5) for e, p in result.real_income["percent"].items()}
    path = Path(__file__).parent / "golden" / "toy_new_line.json"
    if not path.exists():
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    recorded = json.loads(path.read_text(encoding="utf-8"))
    assert told == pytest.approx(recorded, abs=2e-5)


def test_json_is_complete_and_finite(toy: ist.World) -> None:
    result = ist.solve(toy, scenario(OpenLink(links=("new-line",))))
    data = result_to_json(result)
    text = json.dumps(data, allow_nan=False)
    schema = json.loads((Path(ist.__file__).parent / "schema" / "run.json").read_text(encoding="utf-8"))
    assert set(schema["required"]) == set(data)
    assert "real_income" in text
