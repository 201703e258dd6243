"""`isthmus events` and `isthmus coincide`: every format, the chart, and what bad input is told."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import isthmus as ist
from events.event_cases import write_record
from isthmus.cli import main
from test_schema import SCHEMAS, hold

ASK = ("coincide", "--trigger", "actor=KAZ target=RUS instrument=away", "--response", "target=KAZ sector=oil_cpc")
FEW = ("--permutations", "199")


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == code, done.output
    return done


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("events", ("events", "--actor", "RUS", "--target", "ARM")),
        ("events", ("events", "actor=DEU")),
        ("coincide", (*ASK, *FEW, "--window", "30d,60", "--lag", "1d", "--from", "2021-08")),
        ("coincide", (*ASK, *FEW, "--from", "2022", "--to", "2022", "--direction", "both")),
        ("coincide_analysis", ("coincide", "--analysis", "placebo-toward-russia", *FEW)),
        ("coincide_analysis", ("coincide", "--analysis", "kazakh-steps", *FEW)),
    ],
)
def test_json_has_the_form_of_its_schema(schema: str, words: tuple[str, ...]) -> None:
    told = json.loads(run(*words, "--format", "json").stdout)
    hold(told, json.loads((SCHEMAS / f"{schema}.json").read_text(encoding="utf-8")), schema)


def test_options_are_the_query() -> None:
    by_options = run(
        "events", "--actor", "RUS", "--target", "ARM,GEO", "--kind", "coercion", "--from", "2013", "--format", "csv"
    )
    by_query = run("events", "actor=RUS target=ARM,GEO kind=coercion from=2013", "--format", "csv")
    assert by_options.stdout == by_query.stdout
    rows = list(csv.DictReader(io.StringIO(by_options.stdout)))
    assert (
        len(rows) == len(ist.select_events(ist.load_events(), "actor=RUS target=ARM,GEO kind=coercion from=2013")) > 20
    )
    both = run("events", "sector=wine | sector=dairy", "--target", "GEO", "--format", "csv")
    assert {(row["target"], row["sector"]) for row in csv.DictReader(io.StringIO(both.stdout))} == {("GEO", "wine")}


def test_rows_without_a_checked_source_are_marked_everywhere(tmp_path: Path) -> None:
    words = ("events", "--target", "GEO", "--kind", "conflict")
    bare = sum(not e.sourced for e in ist.select_events(ist.load_events(), "target=GEO kind=conflict"))
    assert bare == 1
    table = run(*words, "--chart", str(tmp_path / "t.svg")).output
    assert f"3 events, {bare} of them without a checked source (marked ?)" in table
    assert table.count("? no") == bare
    told = json.loads(run(*words, "--format", "json").stdout)
    assert told["unsourced"] == sum(event["sourced"] == "no" for event in told["events"]) == bare
    rows = list(csv.DictReader(io.StringIO(run(*words, "--format", "csv").stdout)))
    assert [row["sourced"] for row in rows].count("no") == bare
    assert (tmp_path / "t.svg").read_text(encoding="utf-8").count("(no checked source)") == bare
    coincide = json.loads(run(*ASK, *FEW, "--format", "json").stdout)
    record = {event.id: event for event in ist.load_events().events}
    assert coincide["unsourced"]
    assert all(not record[name].sourced for name in coincide["unsourced"])
    assert "E0269? " in " ".join(run(*ASK, *FEW, "--rows").output.split())


def test_the_chart_holds_every_event_once(tmp_path: Path) -> None:
    chart = tmp_path / "all.svg"
    run("events", "--chart", str(chart), "--format", "csv")
    tree = ET.parse(chart).getroot()
    circles = [c for c in tree.iter("{http://www.w3.org/2000/svg}circle") if len(c)]
    assert len(circles) == 475
    width, height = float(tree.get("width") or 0), float(tree.get("height") or 0)
    places = [(float(c.get("cx") or 0), float(c.get("cy") or 0)) for c in circles]
    assert all(0 < x < width and 0 < y < height for x, y in places)
    # No mark covers another: equal heights are a step apart.
    for (x1, y1), (x2, y2) in zip(
        sorted(places, key=lambda p: (p[1], p[0])), sorted(places, key=lambda p: (p[1], p[0]))[1:], strict=False
    ):
        assert y1 != y2 or x2 - x1 >= 7.9
    assert list(tmp_path.iterdir()) == [chart]


def test_coincide_prints_verdict_power_and_caution() -> None:
    told = " ".join(run(*ASK, *FEW, "--window", "30d,60d", "--from", "2021-08").output.split())
    for text in (
        "No more than chance: ",
        "Power: with 7 triggers",
        "Caution: The record was collected with the thesis",
    ):
        assert text in told
    assert "the most influential year" in told
    rows = list(csv.DictReader(io.StringIO(run(*ASK, *FEW, "--format", "csv").stdout)))
    assert [row["days"] for row in rows] == ["30"]
    assert float(rows[0]["p_holm"]) >= max(float(rows[0][f"p_{null}"]) for null in ("uniform", "within_year")) - 1e-12


def test_a_named_analysis_in_every_format() -> None:
    listed = run("coincide", "--list").output
    assert all(name in listed for name in ist.analyses())
    assert {row["name"] for row in json.loads(run("coincide", "--list", "--format", "json").stdout)} == set(
        ist.analyses()
    )
    assert "kazakh-steps" in run("coincide", "--list", "--format", "csv").output
    table = " ".join(run("coincide", "--analysis", "placebo-toward-russia", *FEW).output.split())
    assert "all together: No more than chance" in table
    rows = list(
        csv.DictReader(io.StringIO(run("coincide", "--analysis", "kazakh-steps", *FEW, "--format", "csv").stdout))
    )
    assert len(rows) == 7 * 4


def test_a_record_of_ones_own(tmp_path: Path) -> None:
    path = str(
        write_record(tmp_path / "mine.csv", [{"date": "2020-05-01"}, {"date": "2020-05-20", "actor_iso3": "CCC"}])
    )
    assert "2 events, 0 of them" in run("events", "--file", path).output
    done = run("coincide", "--trigger", "actor=AAA", "--response", "actor=CCC", "--window", "5d", "--file", path)
    assert done.output.startswith("Too few events to tell")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("events", "--from", "soon"), "--from: 'soon' is not a date"),
        (("events", "--kind", "war"), "kind is 'war'"),
        (("events", "--actor", "DEU", "--chart", "never.svg"), "nothing to draw"),
        (("events", "--file", "nowhere.csv"), "no such file"),
        (("coincide", "--trigger", "actor=KAZ"), "--trigger and --response are both needed"),
        ((*ASK, "--window", "a month"), "--window: 'a month' is not a number of days"),
        ((*ASK, "--analysis", "kazakh-steps"), "Drop --trigger and --response"),
        (("coincide", "--analysis", "kazak-steps"), "Nearest: 'kazakh-steps'"),
    ],
)
def test_bad_input_is_told_and_exits_2(words: tuple[str, ...], told: str) -> None:
    done = run(*words, code=2)
    assert told in done.output
    assert "Traceback" not in done.output
