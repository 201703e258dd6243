"""Two scenarios beside each other: differences are differences, words follow the numbers, files are whole."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.report import is_built

SCHEMA = Path(ist.__file__).parent / "schema" / "compare.json"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "line.toml").write_text(
        'title = "The line"\n[[change]]\nkind = "open_link"\nlinks = "new-line"\n', encoding="utf-8"
    )
    (tmp_path / "ban.toml").write_text(
        'title = "The ban"\n[[change]]\nkind = "embargo"\nby = "AAA"\non = "DDD"\n', encoding="utf-8"
    )
    return str(tmp_path / "line.toml"), str(tmp_path / "ban.toml")


def compare(*words: str) -> str:
    done = CliRunner().invoke(main, ["compare", *words, "--world", "toy"])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_differences_are_the_second_less_the_first(files: tuple[str, str]) -> None:
    found = json.loads(compare(*files, "--format", "json"))
    jsonschema.validate(found, json.loads(SCHEMA.read_text(encoding="utf-8")))
    for economy, less in found["difference"]["real_income"].items():
        a, b = (found[side]["real_income"][economy] for side in "ab")
        assert less["points"] == pytest.approx(b["percent"] - a["percent"], abs=1e-12)
        assert less["usd_m"] == pytest.approx(b["usd_m"] - a["usd_m"], abs=1e-12)
    after = [{row["id"]: row["after_mt"] for row in found[side]["corridors"]} for side in "ab"]
    for row in found["difference"]["corridors"]:
        assert row["mt"] == pytest.approx(after[1][row["id"]] - after[0][row["id"]], abs=1e-12)
    for code, less in found["difference"]["transit_revenue_usd_m"].items():
        a, b = (found[side]["transit_revenue"][code]["after_usd_m"] for side in "ab")
        assert less == pytest.approx(b - a, abs=1e-12)


def test_a_scenario_against_itself_differs_in_nothing(files: tuple[str, str]) -> None:
    found = json.loads(compare(files[0], files[0], "--format", "json"))
    assert {less["points"] for less in found["difference"]["real_income"].values()} == {0.0}
    from isthmus.report.headline import compare_headline

    assert compare_headline(found, {}) == [
        "Freight on the named corridors is the same under both.",
        "No economy's real income differs by as much as 0.0005 points.",
        "No territory's transit revenue differs by as much as USD 0.05 million a year.",
    ]


def test_words_follow_the_numbers(files: tuple[str, str]) -> None:
    from isthmus.report.headline import compare_headline

    found = json.loads(compare(*files, "--format", "json"))
    less = found["difference"]["real_income"]
    most = max(less, key=lambda code: abs(less[code]["points"]))
    sentence = compare_headline(found, {most: "Mostland"})[1]
    assert sentence.startswith("Real income differs most for Mostland: ")
    assert "under A" in sentence and "under B" in sentence
    printed = compare(*files)
    assert printed.startswith("A: The line\nB: The ban\n")
    assert "B less A" in printed
    assert compare(*files, "--format", "csv").splitlines()[0].startswith("economy,percent_a,usd_m_a")


def test_the_folder_is_whole(files: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "both"
    compare(*files, "--out", str(out))
    page = {"report.html"} if is_built() else set()
    assert {path.name for path in out.iterdir()} == {"manifest.json", "summary.json"} | page
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["scenarios"] == ["line", "ban"]


def test_different_horizons_are_told(files: tuple[str, str], tmp_path: Path) -> None:
    text = Path(files[1]).read_text(encoding="utf-8")
    (tmp_path / "short.toml").write_text(f'horizon = "short"\n{text}', encoding="utf-8")
    assert "the two differ in horizon: long and short" in compare(files[0], str(tmp_path / "short.toml"))
