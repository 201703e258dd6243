"""Answers that hang on the choke price are ranges: their ends against whole solves at these prices."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

import isthmus as ist
from isthmus.cli import main
from isthmus.leverage import (
    Leverage,
    Terms,
    compute_against_all,
    compute_grips,
    compute_matrix,
    compute_over_time,
    losses,
    matrix,
)  # fmt: skip
from isthmus.report.leverage import print_matrix
from isthmus.report.leverage_json import choke_warnings, matrix_to_json
from isthmus.scenario.changes import Embargo, ExportBan, OpenLink, SetParameter
from isthmus.solve import CHOKES, hangs_on_choke
from isthmus.trade import SHORT, TradeBatch

ALL = ("AAA", "BBB", "DDD", "EEE", "ROW")
STOP = ExportBan(by=ALL, on=("CCC",), sectors=("GAS",))
ENERGY = Terms(kinds=("energy",), horizon="short")
GAS_STOP = (
    '[[change]]\nkind = "export_ban"\nby = ["AAA", "BBB", "DDD", "EEE", "ROW"]\non = ["CCC"]\nsectors = ["GAS"]\n'
)


@pytest.fixture(scope="module")
def stopped(toy: ist.World) -> ist.Result:
    return ist.solve(toy, ist.Scenario("stop", "stop", (STOP,), horizon="short"))


@pytest.fixture(scope="module")
def squeezed(toy: ist.World) -> Leverage:
    return ist.compute_leverage(toy, ALL, "CCC", terms=ENERGY)


def at_choke(choke: float) -> Terms:
    return replace(ENERGY, settings=ist.Settings(trade=replace(SHORT, choke=choke)))


@pytest.mark.parametrize("choke", CHOKES)
def test_ends_of_a_gas_stop_are_solves_at_these_chokes(toy: ist.World, stopped: ist.Result, choke: float) -> None:
    changes = (SetParameter(name="choke", value=choke), STOP)
    alone = ist.solve(toy, ist.Scenario("stop", "stop", changes, horizon="short")).real_income["percent"]
    assert stopped.chokes is not None
    for economy, row in stopped.chokes.iterrows():
        assert row[f"percent_at_{choke:g}"] == pytest.approx(alone[economy], abs=1e-6)
        assert row["percent"] == pytest.approx(stopped.real_income.loc[economy, "percent"])


def test_a_gas_stop_warns_with_both_ends_before_all_else(stopped: ist.Result) -> None:
    assert stopped.chokes is not None
    row = stopped.chokes.loc["CCC"]
    assert row["percent_at_30"] < row["percent"] < row["percent_at_5"] < 0
    said = stopped.warnings[0]
    assert said.startswith("read as a range, not as one figure")
    assert f"CCC {row['percent']:+.2f} % ({row['percent_at_5']:+.2f} % to {row['percent_at_30']:+.2f} %)" in said


def test_no_range_where_nothing_is_met_at_the_choke_price_or_there_is_none(toy: ist.World) -> None:
    mild = ist.solve(toy, ist.Scenario("e", "e", (Embargo(by=("DDD",), on=("CCC",)),), horizon="short"))
    assert mild.chokes is None
    lean = ist.Settings(compare_chokes=False)
    unasked = ist.solve(toy, ist.Scenario("s", "s", (STOP,), horizon="short"), settings=lean)
    assert unasked.chokes is None
    assert not any("range" in text for text in (*mild.warnings, *unasked.warnings))


def test_what_hangs_moves_by_a_tenth_or_has_no_equilibrium_at_an_end() -> None:
    own, low = np.array([0.10, 0.10, 0.10, 1e-4]), np.array([0.095, 0.08, 0.099, 5e-5])
    high = np.array([0.104, 0.12, np.nan, 4e-4])
    assert hangs_on_choke(own, low, high).tolist() == [False, True, True, False]


@pytest.mark.parametrize("end", [0, 1])
def test_ends_of_leverage_are_leverage_at_these_chokes(toy: ist.World, squeezed: Leverage, end: int) -> None:
    whole = squeezed.at_chokes(squeezed.frontier.whole)
    assert whole is not None
    other = ist.compute_leverage(toy, ALL, "CCC", terms=at_choke(CHOKES[end]))
    assert whole[end].loss == pytest.approx(other.loss, abs=1e-8)
    assert whole[end].cost == pytest.approx(other.own_cost, abs=1e-8)
    gas = [one.id for one in squeezed.instruments].index("export:GAS")
    alone = squeezed.at_chokes(squeezed.frontier.singles[gas])
    assert alone is not None
    assert alone[end].loss == pytest.approx(other.frontier.singles[gas].loss, abs=1e-8)
    (row,) = compute_over_time(toy, ALL, "CCC", ("2001-01-01",), ENERGY)
    assert row.at_chokes[end] == pytest.approx(other.loss, abs=1e-8)


def test_grips_hold_the_ends_of_both_sides(toy: ist.World) -> None:
    line = ist.Scenario("line", "line", (OpenLink(links=("new-line",)),))
    (grip,) = compute_grips(toy, [(ALL, "CCC")], [line], ENERGY)
    for end, choke in enumerate(CHOKES):
        (other,) = compute_grips(toy, [(ALL, "CCC")], [line], at_choke(choke))
        assert grip.before.at_chokes[end] == pytest.approx(other.before.target, abs=1e-8)
        assert grip.after.at_chokes[end] == pytest.approx(other.after.target, abs=1e-8)


def test_leverage_warns_and_marks_its_sets(squeezed: Leverage, toy: ist.World) -> None:
    (said,) = choke_warnings(squeezed)
    low, high = squeezed.at_chokes(squeezed.frontier.whole) or (None, None)
    assert low is not None
    assert high is not None
    assert f"take {100 * low.loss:.3f} % and {100 * high.loss:.3f} % from CCC" in said
    calm = ist.compute_leverage(toy, "DDD", "CCC", terms=ENERGY)
    assert calm.chokes == {}
    assert choke_warnings(calm) == []


def test_all_targets_tell_only_what_hangs(toy: ist.World, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = compute_against_all(toy, "DDD", Terms(kinds=("exports", "energy"), horizon="short"))
    assert all(row.at_chokes == () for row in rows)  # the rest of the world sells gas too
    monkeypatch.setattr(losses, "hangs_on_choke", lambda own, low, high: np.ones(len(own), dtype=bool))
    known = [row for row in compute_against_all(toy, "DDD", Terms(kinds=("energy",), horizon="short")) if row.at_chokes]
    assert not known  # nothing is met at the choke price: not even tried


def test_the_commands_tell_the_range(tmp_path: Path) -> None:
    file = tmp_path / "stop.toml"
    file.write_text(GAS_STOP, encoding="utf-8")
    done = CliRunner().invoke(main, ["run", str(file), "--world", "toy", "--horizon", "short", "--format", "json"])
    body = json.loads(done.stdout)
    assert body["chokes"]["CCC"]["percent_at_30"] < body["real_income"]["CCC"]["percent"]
    words = ["leverage", "--world", "toy", "--coalition", ",".join(ALL), "--target", "CCC", "--instruments", "energy"]
    text = CliRunner().invoke(main, [*words, "--horizon", "short"]).stdout
    assert "read as a range, not as one figure" in text
    told = json.loads(CliRunner().invoke(main, [*words, "--horizon", "short", "--format", "json"]).stdout)
    (whole, *_) = told["choke_range"]
    assert whole["loss_percent_at_5"] < told["loss_percent"] < whole["loss_percent_at_30"]
    assert told["warnings"]


def test_a_matrix_holds_ends_of_large_losses(toy: ist.World, monkeypatch: pytest.MonkeyPatch) -> None:
    # On the toy world no pair cuts a good's every source; taken to hang, ends are still solves at these chokes.
    monkeypatch.setattr(matrix, "LEAST_MET", -1.0)
    monkeypatch.setattr(losses, "hangs_on_choke", lambda own, low, high: np.ones(len(own), dtype=bool))
    found = compute_matrix(toy, ("CCC", "DDD", "EEE"), Terms(horizon="short"))
    assert set(found.at_chokes) == {(x, y) for x, y in np.argwhere(found.loss >= 5e-3)}
    assert found.at_chokes
    for end, choke in enumerate(CHOKES):
        other = compute_matrix(toy, ("CCC", "DDD", "EEE"), at_choke(choke))
        for (x, y), ends in found.at_chokes.items():
            assert ends[end] == pytest.approx(other.loss[x, y], abs=1e-8)


def test_a_pair_without_an_equilibrium_leaves_a_gap_that_says_why(
    toy: ist.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = matrix.solve_trade_batch

    def fail_first(*words: Any, **more: Any) -> TradeBatch:
        batch = real(*words, **more)
        income = batch.real_income_change.copy()
        income[0] = np.nan
        return replace(batch, real_income_change=income, failure=("no fixed point", *batch.failure[1:]))

    monkeypatch.setattr(matrix, "solve_trade_batch", fail_first)
    found = compute_matrix(toy, ("AAA", "BBB", "CCC"))
    assert found.unsolved == (("AAA", "BBB", "no fixed point"),)
    assert np.isnan(found.loss[0, 1]) and np.isnan(found.loss[1, 0])
    assert np.isfinite(found.loss[0, 2])
    body = matrix_to_json(found)
    assert body["unsolved"] == [{"between": ["AAA", "BBB"], "why": "no fixed point"}]
    console = Console(width=200, record=True, file=io.StringIO())
    print_matrix(found, console)
    text = console.export_text()
    assert "no equilibrium" in text
    assert "No equilibrium between AAA and BBB: no fixed point" in text
