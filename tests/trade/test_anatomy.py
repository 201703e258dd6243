"""`run`: certificates, closures beside each other, and where a change comes from."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.errors import InputError
from isthmus.scenario.changes import Embargo, OpenLink
from isthmus.solve.anatomy import disagreement
from isthmus.trade import COMPONENTS


@pytest.fixture(scope="module")
def ban() -> ist.Scenario:
    return ist.Scenario(name="ban", title="ban", changes=(Embargo(by=("AAA",), on=("CCC",)),))


@pytest.fixture(scope="module")
def result(toy: ist.World, ban: ist.Scenario) -> ist.Result:
    return ist.solve(toy, ban, settings=ist.Settings(decompose=True))


def test_every_result_carries_its_certificate(result: ist.Result) -> None:
    assert result.converged and result.residual <= 1e-8
    assert result.iterations > 1
    assert result.method == "anderson"
    assert result.closure == "scaled"


def test_parts_add_up_to_the_exact_change(result: ist.Result) -> None:
    parts = result.decomposition
    assert parts is not None
    np.testing.assert_allclose(parts["exact"], 100 * np.log(result.real_income_change), atol=1e-8)
    assert (parts[list(COMPONENTS)].sum(axis=1) - parts["exact"]).abs().max() < 1e-2  # 1e-4 in ln W
    assert parts.loc["CCC", "access"] < -1
    assert parts.loc["CCC", "first_order"] == pytest.approx(parts.loc["CCC", "exact"], rel=0.5)


def test_a_new_line_works_by_trade_cost(toy: ist.World) -> None:
    line = ist.Scenario(name="line", title="line", changes=(OpenLink(links=("new-line",)),))
    parts = ist.solve(toy, line, settings=ist.Settings(decompose=True)).decomposition
    assert parts is not None
    assert parts.loc["CCC", "trade_cost"] > 10 * abs(parts.loc["CCC", "access"])


def test_closures_are_those_of_solves_of_their_own(toy: ist.World, ban: ist.Scenario, result: ist.Result) -> None:
    assert result.closures is not None
    for closure in ("held", "balanced"):
        alone = ist.solve(toy, ban, settings=ist.Settings(closure=closure, compare_closures=False))
        assert alone.closure == closure
        assert alone.closures is None
        np.testing.assert_allclose(result.closures[closure], 100 * (alone.real_income_change - 1), atol=1e-7)


def test_disagreement_is_more_than_a_tenth_of_what_matters() -> None:
    table = pd.DataFrame(
        {"scaled": [-2.0, -2.0, 0.01, np.nan], "held": [-2.3, -2.1, 0.03, -1.0], "balanced": [-2.0, -2.0, 0.02, -2.0]},
        index=["wide", "near", "tiny", "one has none"],
    )
    assert list(disagreement(table).index) == ["one has none", "wide"]


def test_the_command_prints_both(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ban.toml").write_text('[[change]]\nkind = "embargo"\nby = "AAA"\non = "CCC"\n', encoding="utf-8")
    words = ["run", "ban.toml", "--world", "toy", "--horizon", "short", "--decompose"]
    table = CliRunner().invoke(main, words)
    assert table.exit_code == 0, table.output
    for text in ("horizon short", "anderson", "deficits scaled", "Where it comes from", "access", "first order"):
        assert text in table.output, text
    told = json.loads(CliRunner().invoke(main, [*words, "--closure", "held", "--format", "json"]).stdout)
    assert told["closure"] == "held"
    assert told["horizon"] == "short"
    assert set(told["closures"]["CCC"]) == {"scaled", "held", "balanced"}
    parts = told["decomposition"]["CCC"]
    assert sum(parts[name] for name in COMPONENTS) == pytest.approx(parts["exact"], abs=1e-2)


def test_what_loses_every_source_is_told_or_backed(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    others = '["AAA", "BBB", "DDD", "EEE", "ROW"]'
    text = f'[[change]]\nkind = "export_ban"\nby = {others}\non = "CCC"\nsectors = ["GAS"]\n'
    (tmp_path / "gas.toml").write_text(text, encoding="utf-8")
    words = ["run", "gas.toml", "--world", "toy", "--quiet"]
    told = json.loads(CliRunner().invoke(main, [*words, "--format", "json"]).stdout)
    assert told["backstop"][0]["economy"] == "CCC" and told["backstop"][0]["sector"] == "GAS"
    assert told["backstop"][0]["percent"] > 99
    assert any("choke price binds in 1 cells, most in CCC GAS" in text for text in told["warnings"])
    alone = CliRunner().invoke(main, [*words, "--no-backstop"])
    assert alone.exit_code == 1
    assert "CCC consumes GAS; every source of GAS in CCC is cut" in alone.output


def test_a_loose_tolerance_is_refused() -> None:
    with pytest.raises(InputError, match="no result is given above a residual of 1e-08"):
        replace(ist.TradeSettings(), tolerance=1e-6)
