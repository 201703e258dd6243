"""Appraisals of the toy world's project: identities, and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.appraisal import Appraisal, Ask, appraise
from isthmus.appraisal.cashflow import present_value
from isthmus.appraisal.facts import capex_of, growth_to, read_assumptions
from isthmus.cli import main
from isthmus.scenario.changes import ChangeLink, OpenLink
from test_schema import SCHEMAS, hold

LAKE = ist.Scenario("lake", "lake", (ChangeLink(links=("lake-doria",), hours_factor=0.5),))


@pytest.fixture(scope="module")
def line(toy: ist.World) -> Appraisal:
    return appraise(toy, "new-line", Ask(opening=2003, points=(2000, 2010)))


def test_gains_are_those_of_the_scenario(toy: ist.World, line: Appraisal) -> None:
    result = ist.solve(toy, ist.Scenario("line", "line", (OpenLink(links=("new-line",)),)))
    assert line.solved[2000].income == pytest.approx(result.real_income["usd_m"].to_numpy(), abs=1e-6)
    assert line.solved[2000].income_latent == pytest.approx(
        result.real_income["usd_m_with_latent"].to_numpy(), abs=1e-6
    )
    assert line.solved[2000].tonnage_mt == pytest.approx(result.new_lines[0].mt.sum(), rel=1e-9)


def test_demand_growth_raises_gains(line: Appraisal) -> None:
    assert line.solved[2010].income_latent.sum() > line.solved[2000].income_latent.sum() > 0


def test_parts_add_up(line: Appraisal) -> None:
    balance = line.balance
    assert sum(line.by_economy.values()) == pytest.approx(balance.benefit_value, rel=1e-9)
    assert present_value(balance.net, line.plan.discount) == pytest.approx(balance.npv)
    assert line.delay[0] == (0, 0.0, 0.0)
    assert all(a[2] < b[2] for a, b in zip(line.delay, line.delay[1:], strict=False))
    if line.balance.irr.rate is None:
        assert line.balance.irr.why_not


def test_ranges_hold_the_middle_and_repeat(toy: ist.World, line: Appraisal) -> None:
    assert line.ranges is not None
    assert line.ranges.npv.low < line.balance.npv < line.ranges.npv.high
    assert line.ranges.bcr.low < (line.balance.bcr or 0.0) < line.ranges.bcr.high
    again = appraise(toy, "new-line", Ask(opening=2003, points=(2000, 2010)))
    assert again.ranges == line.ranges


def test_complementarity_is_joint_less_singles(toy: ist.World) -> None:
    found = appraise(toy, "new-line", Ask(opening=2003, points=(2000,), draws=0), beside=LAKE)
    both = found.together
    assert both is not None
    assert both.alone == pytest.approx(found.solved[2000].income_latent.sum(), abs=1e-6)
    joint = ist.solve(toy, ist.Scenario("j", "j", (OpenLink(links=("new-line",)), *LAKE.changes)))
    assert both.joint == pytest.approx(joint.real_income["usd_m_with_latent"].sum(), abs=1e-6)
    assert both.complementarity == pytest.approx(both.joint - both.alone - both.other)


def test_every_figure_has_a_source_and_a_range_around_it() -> None:
    for one in read_assumptions().values():
        assert one.low <= one.value <= one.high
        assert one.basis in {"assumption", "source", "estimate"}
        assert one.source


def test_shipped_projects_have_their_costs_and_neighbours(eurasia: ist.World) -> None:
    full = capex_of(eurasia, "tripp-rail-full")
    assert {one.link for one in capex_of(eurasia, "tripp-rail")} < {one.link for one in full}
    assert sum(one.usd_m or 0 for one in full) > 10 * 221
    # Meghri's own figure, as its ministry gave it.
    assert next(one.usd_m for one in full if one.link == "tripp-rail-meghri") == 221
    assert growth_to(eurasia, eurasia.year) == ()
    factors = {change.economy[0]: change.factor for change in growth_to(eurasia, 2032)}  # type: ignore[attr-defined]
    assert factors["ARM"] == pytest.approx(1.045**10)
    assert factors["DEU"] == pytest.approx(1.014**10)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new-lime",), "'new-lime' is no project of toy. Nearest: 'new-line'"),
        (("new-line", "--open", "1999"), "opening 1999 is not after 2001"),
        (("new-line", "--discount", "much"), "--discount: 'much' is no share"),
        (("new-line", "--points", "soon"), "are no years"),
    ],
)
def test_bad_questions_exit_with_2(words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(main, ["appraise", *words, "--world", "toy"])
    assert done.exit_code == 2
    assert said in done.stderr


def test_command_has_its_three_forms() -> None:
    words = ["appraise", "new-line", "--world", "toy", "--open", "2003", "--points", "2000", "--draws", "16"]
    table = CliRunner().invoke(main, words)
    assert table.exit_code == 0, table.stderr
    assert "NPV without latent trade" in table.stdout
    assert "No internal rate of return: no year has a net benefit" in table.stdout
    body = json.loads(CliRunner().invoke(main, [*words, "--format", "json"]).stdout)
    hold(body, json.loads((SCHEMAS / "appraise.json").read_text(encoding="utf-8")), "appraise")
    assert set(body["npv_usd_m"]) == {"value", "low", "high"}
    csv = CliRunner().invoke(main, [*words, "--format", "csv"]).stdout.splitlines()
    assert csv[0] == "year,benefit_usd_m,capex_usd_m,upkeep_usd_m,net_usd_m"
    assert len(csv) == 1 + (2003 + 30 - 2001)
    assert np.isfinite(float(csv[1].split(",")[1]))
