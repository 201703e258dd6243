"""Net present value inside runs of draws: draw 0 is the appraisal, others move with their gain and their costs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.appraisal import Ask, Prospect, appraise, find_prospect, read_assumptions, world_gain, worth_in_words
from isthmus.appraisal.worth import project_links
from isthmus.cli import main
from isthmus.scenario.changes import CloseLink, NotModelled, OpenLink
from isthmus.trust.draws import make_draw
from isthmus.trust.sweep import Ask as SweepAsk
from isthmus.trust.sweep import make_plan
from isthmus.trust.sweep.unit import solve_unit
from test_schema import SCHEMAS, hold

LINE = ist.Scenario("line", "line", (OpenLink(links=("new-line",)), NotModelled(description="a ribbon is cut")))
CENTRAL = {name: one.value for name, one in read_assumptions().items()}


@pytest.fixture(scope="module")
def prospect(toy: ist.World) -> Prospect:
    found = find_prospect(toy, LINE, Ask())
    assert found is not None
    return found


def test_the_central_draw_is_the_appraisal(toy: ist.World, prospect: Prospect) -> None:
    expected = appraise(toy, "new-line", Ask(draws=0)).balance
    found = prospect.balance(world_gain(ist.solve(toy, LINE)), CENTRAL)
    assert found.npv == pytest.approx(expected.npv, rel=1e-9)
    np.testing.assert_allclose(found.benefit, expected.benefit, rtol=1e-9)


def test_value_moves_with_gain_cost_and_growth(prospect: Prospect) -> None:
    here = prospect.balance(prospect.central, CENTRAL)
    more = prospect.balance(prospect.central + 1.0, CENTRAL)
    # One million more at the world's own demand is at least that in every later year at full use: demand grows.
    assert (prospect.scale >= 1.0).all()
    late = here.plan.ramp + (here.plan.opening - here.plan.present)
    np.testing.assert_allclose((more.benefit - here.benefit)[late:], prospect.scale[late:], rtol=1e-9)
    dear = prospect.balance(prospect.central, CENTRAL | {"capex_factor": 1.45})
    assert dear.cost_value == pytest.approx(1.45 * here.cost_value)
    fast = prospect.balance(prospect.central, CENTRAL | {"growth_shift": 1.0})
    years = np.minimum(np.array(here.plan.calendar), 2040) - prospect.growth.start
    np.testing.assert_allclose(fast.benefit, here.benefit * 1.01**years, rtol=1e-9)


def test_only_scenarios_made_of_projects_have_a_value(toy: ist.World, eurasia: ist.World) -> None:
    assert project_links(toy, LINE) == toy.network.projects["new-line"]
    shut = ist.Scenario("both", "both", (*LINE.changes, CloseLink(links=("strait",))))
    assert find_prospect(toy, shut, Ask()) is None
    assert worth_in_words(toy, shut, Ask()) == ""
    assert find_prospect(toy, LINE, Ask(opening=2001)) is None  # the network is of that year
    tripp = ist.read_scenario("tripp")
    words = worth_in_words(eurasia, tripp, Ask())
    assert "opening 2030, 30 years at 8 % real, discounted to 2025" in words
    assert "no figure for" in words
    assert set(eurasia.network.projects["tripp-rail-full"]) < set(project_links(eurasia, tripp))
    assert project_links(eurasia, ist.read_scenario("crossroads")) == ()


def test_a_unit_of_a_sweep_holds_the_value_of_its_own_draw(toy: ist.World, prospect: Prospect, tmp_path: Path) -> None:
    file = tmp_path / "line.toml"
    file.write_text('[[change]]\nkind = "open_link"\nlinks = ["new-line"]\n', encoding="utf-8")
    plan = make_plan(SweepAsk(scenarios=(str(file),), draws=2, route_draws=4, world="toy"))
    found = {}
    for draw in (0, 2):
        rows = {(row[4], row[5]): row[6] for row in solve_unit(plan, "2001-01-01", draw)}
        value = make_draw(toy, ist.Settings(), horizon="long", number=draw, seed=0).value
        gain = sum(v for (quantity, _), v in rows.items() if quantity == "real_income_latent_usd_m")
        own = {name: value[f"plan|{name}"] for name in ("capex_factor", "growth_shift", "upkeep", "ramp")}
        assert rows["npv_usd_m", "world"] == pytest.approx(prospect.balance(gain, own).npv, rel=1e-6)
        found[draw] = rows["npv_usd_m", "world"]
    assert found[0] == pytest.approx(appraise(toy, "new-line", Ask(draws=0)).balance.npv, rel=1e-6)
    assert found[0] != found[2]


def test_a_run_tells_its_value_with_a_band(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("line.toml").write_text('[[change]]\nkind = "open_link"\nlinks = ["new-line"]\n', encoding="utf-8")
    words = ["run", "line.toml", "--world", "toy", "--draws", "2", "--workers", "1", "--route-draws", "1"]
    done = CliRunner().invoke(main, [*words, "--format", "json"])
    assert done.exit_code == 0, done.output
    body = json.loads(done.stdout)
    hold(body, json.loads((SCHEMAS / "run.json").read_text(encoding="utf-8")), "run")
    band = body["uncertainty"]["bands"]["npv_usd_m"]["world"]
    assert band["low"] <= band["high"]
    assert body["uncertainty"]["worth"].startswith("Net present value: gains of the whole world")


def test_too_few_draws_for_sensitivity_are_refused_before_they_are_solved() -> None:
    for draws in ("0", "8"):
        done = CliRunner().invoke(main, ["run", "tripp", "--world", "toy", "--draws", draws, "--sensitivity"])
        assert done.exit_code == 2
        assert f"{draws} draws: sensitivity needs at least 64" in done.stderr
