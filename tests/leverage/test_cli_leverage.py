"""`isthmus leverage`: its forms, its schema, its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from isthmus.cli import main
from test_schema import SCHEMAS, hold

PAIR = ("leverage", "--world", "toy", "--coercer", "DDD", "--target", "CCC", "--instruments", "exports,energy")


def invoke(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("leverage", (*PAIR, "--budget", "0.05%")),
        ("leverage_rows", ("leverage", "--world", "toy", "--coercer", "CCC", "--all-targets")),
        ("leverage_rows", (*PAIR, "--over-time", "2001-01-01")),
        ("leverage_matrix", ("leverage", "--world", "toy", "--matrix", "--among", "AAA,BBB,CCC")),
    ],
)
def test_json_has_the_form_of_its_schema(schema: str, words: tuple[str, ...]) -> None:
    body = json.loads(invoke(*words, "--format", "json"))
    hold(body, json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8")), schema)


def test_table_tells_headline_budgets_and_gap() -> None:
    text = invoke(*PAIR, "--budget", "0.05%")
    assert "Leverage of DDD over CCC" in text
    assert "0.05" in text
    assert "frontier is exact" in text
    assert "all energy together" in text


def test_csv_lists_singles_and_frontier() -> None:
    lines = invoke(*PAIR, "--format", "csv").splitlines()
    assert lines[0] == "instruments,loss_percent,own_cost_percent,lost_fees_percent"
    assert any(line.startswith("export:GAS,") for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "CCC"), "name --coercer or --coalition"),
        (("--coercer", "DDD"), "name --target"),
        (("--coercer", "DDD", "--target", "CCC", "--budget", "lots"), "is no share. Write 0.1% or 0.001"),
        (("--coalition", "DDD,EEE", "--all-targets"), "takes one coercer"),
        (("--matrix", "--among", "AAA"), "two economies or more"),
    ],
)
def test_bad_questions_exit_with_2(words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(main, ["leverage", "--world", "toy", *words])
    assert done.exit_code == 2
    assert said in done.stderr


def test_run_tells_grips_that_are_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "line.toml"
    file.write_text('[[change]]\nkind = "open_link"\nlinks = "new-line"\n', encoding="utf-8")
    words = ["run", str(file), "--world", "toy", "--leverage", "DDD:CCC,EEE:CCC"]
    body = json.loads(invoke(*words, "--format", "json", "--out", str(tmp_path / "out")))
    hold(body, json.loads((SCHEMAS / "run.json").read_text(encoding="utf-8")), "run")
    assert {(row["coercer"], row["target"]) for row in body["leverage"]} == {("DDD", "CCC"), ("EEE", "CCC")}
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["leverage"] == body["leverage"]
    done = CliRunner().invoke(main, ["run", str(file), "--world", "toy", "--leverage", "DDD-CCC"])
    assert done.exit_code == 2
    assert "--leverage: 'DDD-CCC' is no pair" in done.stderr
