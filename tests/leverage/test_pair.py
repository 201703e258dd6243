"""Headline, coalition, grip: identities on the toy world."""

from __future__ import annotations

import numpy as np
import pytest

import isthmus as ist
from isthmus.appraisal.facts import capex_of
from isthmus.errors import QueryError
from isthmus.leverage import (
    Leverage,
    Terms,
    compute_against_all,
    compute_grips,
    compute_matrix,
    compute_over_time,
    corridors,
    list_instruments,
    make_stage,
)
from isthmus.scenario.changes import CloseLink, Embargo, OpenLink

BANS = Terms(kinds=("exports", "imports", "energy"))
LINE = ist.Scenario("line", "line", (OpenLink(links=("new-line",)),))


def test_all_bans_are_the_embargo(toy: ist.World) -> None:
    found = ist.compute_leverage(toy, "DDD", "CCC", terms=BANS)
    embargo = ist.solve(toy, ist.Scenario("e", "e", (Embargo(by=("DDD",), on=("CCC",)),)))
    income = dict(zip(toy.economies, embargo.real_income_change, strict=True))
    assert found.loss == pytest.approx(1 - income["CCC"], abs=1e-9)
    assert found.own_cost == pytest.approx(1 - income["DDD"], abs=1e-9)
    # An embargo hurts both ends alike from either side, so that the tables turned give the coercer's own cost.
    assert found.back_loss == pytest.approx(found.own_cost, abs=1e-9)
    matrix = compute_matrix(toy, ("CCC", "DDD"))
    assert matrix.loss[1, 0] == pytest.approx(found.loss, abs=1e-9)
    assert matrix.loss[0, 1] == pytest.approx(found.own_cost, abs=1e-9)


def test_transit_denial_hurts_the_target_by_itself(doria_on_celia: Leverage) -> None:
    at = [one.id for one in doria_on_celia.instruments].index("transit")
    # Celia sells to Elia over Doria: the way around is longer, none of it Doria's loss.
    assert doria_on_celia.frontier.singles[at].loss > 1e-4
    denied = doria_on_celia.denied
    assert denied is not None
    assert 0 <= denied.stranded_mt < denied.touched_mt
    assert denied.extra_usd_per_t > 0
    # Every way of Celia to Elia over Doria ends at the Doria-Elia border.
    assert denied.crossings[0].name == "Doria Elia"
    assert 0.5 < denied.crossings[0].share <= 1.0 + 1e-9
    assert doria_on_celia.name(at).startswith("denial of transit through DDD (Doria Elia")


def test_one_coercer_against_all_gives_what_pairs_give(toy: ist.World, doria_on_celia: Leverage) -> None:
    rows = {row.target: row for row in compute_against_all(toy, "DDD")}
    assert set(rows) == set(toy.economies) - {"DDD"}
    assert rows["CCC"].loss == pytest.approx(doria_on_celia.loss, abs=1e-8)
    assert rows["CCC"].own_cost == pytest.approx(doria_on_celia.own_cost, abs=1e-8)
    assert rows["CCC"].loss_without_transit < rows["CCC"].loss
    losses = [row.loss for row in compute_against_all(toy, "DDD")]
    assert losses == sorted(losses, reverse=True)


def test_a_coalition_takes_more_than_a_member_and_weighs_its_own_cost(toy: ist.World) -> None:
    both = ist.compute_leverage(toy, ("DDD", "EEE"), "CCC", terms=BANS)
    one = ist.compute_leverage(toy, "DDD", "CCC", terms=BANS)
    assert both.loss > one.loss
    assert both.coercer_income_usd_m > one.coercer_income_usd_m
    joint = ist.solve(toy, ist.Scenario("e", "e", (Embargo(by=("DDD", "EEE"), on=("CCC",)),)))
    lost = -joint.real_income.loc[["DDD", "EEE"], "usd_m"].sum()
    assert both.own_cost * both.coercer_income_usd_m == pytest.approx(lost, rel=1e-6)


def test_grip_is_against_the_world_with_the_measure(toy: ist.World, doria_on_celia: Leverage) -> None:
    (grip,) = compute_grips(toy, [("DDD", "CCC")], [LINE])
    assert grip.before.target == pytest.approx(doria_on_celia.loss, abs=1e-9)
    stage = make_stage(toy, LINE, Terms())
    assert ist.compute_leverage(toy, "DDD", "CCC", scenario=LINE, terms=BANS, stage=stage).measure == "line"
    assert compute_grips(toy, [("DDD", "CCC")], [LINE], stages={"line": stage}) == (grip,)
    under = ist.compute_leverage(toy, "DDD", "CCC", scenario=LINE)
    assert grip.after.target == pytest.approx(under.loss, abs=1e-9)
    assert grip.after.coercer == pytest.approx(under.own_cost, abs=1e-9)
    # W(m + a) / W(m), from two scenarios solved on their own.
    chosen = [change for one in under.instruments for change in one.changes]
    target = toy.economies.index("CCC")
    alone = ist.solve(toy, LINE).real_income_change[target]
    joint = ist.solve(toy, ist.Scenario("j", "j", (*LINE.changes, *chosen))).real_income_change[target]
    assert grip.after.target == pytest.approx(1 - joint / alone, abs=1e-8)
    assert grip.gain == pytest.approx(alone - 1, abs=1e-9)
    assert grip.after_latent is not None
    # The same figures as an appraisal of the project has.
    assert grip.capex_usd_m == sum(one.usd_m or 0.0 for one in capex_of(toy, "new-line")) == 300.0
    assert grip.links == grip.links_with_capex == 1


def test_a_measure_that_changes_nothing_leaves_the_grip(toy: ist.World) -> None:
    closed = ist.Scenario("shut", "shut", (CloseLink(links=("boria-celia-rail",)),))  # closed already
    (grip,) = compute_grips(toy, [("DDD", "CCC")], [closed])
    assert grip.points_removed == pytest.approx(0.0, abs=1e-9)
    assert grip.after_latent is None
    assert grip.points_per_usd_bn is None


def test_days_change_the_network_alone(toy: ist.World) -> None:
    rows = compute_over_time(toy, ("DDD",), "CCC", ("2001-01-01", "2001-06-30"))
    assert [row.as_of for row in rows] == ["2001-01-01", "2001-06-30"]
    assert rows[0].loss_without_transit == pytest.approx(rows[1].loss_without_transit, abs=1e-9)


def test_matrix_has_no_negative_grip_on_the_toy_world(toy: ist.World) -> None:
    matrix = compute_matrix(toy)
    assert (np.diag(matrix.loss) == 0).all()
    assert (matrix.loss[~np.eye(len(toy.economies), dtype=bool)] > 0).all()


def test_corridors_only_open_or_improve() -> None:
    names = {scenario.name for scenario in corridors()}
    assert {"tripp", "crossroads", "turkey-border"} <= names
    assert not {"lars-closed", "russia-armenia-embargo", "suez-closed"} & names


@pytest.mark.parametrize(
    ("coercers", "target", "kinds", "said"),
    [
        (("DDX",), "CCC", ("exports",), "'DDX' is no economy of toy. Nearest: 'DDD'"),
        (("DDD",), "DDD", ("exports",), "DDD is coercer and target"),
        (("DDD",), "CCC", ("export",), "instruments: 'export' is unknown. Nearest: 'exports'"),
        (("DDD",), "ROW", ("transfers",), "has nothing to withhold from ROW by transfers"),
    ],
)
def test_bad_questions_are_told(
    toy: ist.World, coercers: tuple[str, ...], target: str, kinds: tuple[str, ...], said: str
) -> None:
    with pytest.raises(QueryError, match=said):
        list_instruments(toy, coercers, target, kinds)
