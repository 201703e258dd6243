"""`isthmus critical` as a user meets it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import isthmus as ist
from isthmus.cli import main
from isthmus.report.criticality import rank_closures, screened
from isthmus.routing import POINTS, base_routing, compute_criticality, find_base, list_closures
from isthmus.scenario.changes import CloseLink
from test_schema import SCHEMAS, hold


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["critical", "--world", "toy", *words])


def test_the_table_tells_units_years_what_strands_and_what_is_left_out() -> None:
    done = call("--kind", "all", "--top", "4")
    assert done.exit_code == 0, done.output
    for text in ("freight of 2000", "extra USD m", "Mt", "Strait", "is parted by strait", "closed on 2001-01-01"):
        assert text in done.output


def test_json_has_the_form_of_its_schema_and_the_order_of_its_ranking() -> None:
    data = json.loads(call("--kind", "all", "--format", "json").stdout)
    hold(data, json.loads((SCHEMAS / "critical.json").read_text(encoding="utf-8")), "critical")
    costs = [row["extra_cost_usd_m"] for row in data["links"]]
    assert costs == sorted(costs, reverse=True) and costs[0] > 0
    assert all(row["stranded_mt"] > 0 and row["cut"] for row in data["stranding"])


def test_pairs_tell_what_they_cost_beyond_their_sum() -> None:
    words = ("--order", "2", "--kind", "ferry,port,crossing", "--among", "6", "--top", "40", "--format", "json")
    data = json.loads(call(*words).stdout)
    hold(data, json.loads((SCHEMAS / "critical.json").read_text(encoding="utf-8")), "critical")
    assert data["order"] == 2 and "6 that cost most alone are paired" in data["screened"]
    alone = {row["id"]: row for row in json.loads(call("--top", "100", "--format", "json").stdout)["links"]}
    for row in data["links"]:
        costs = [alone[word]["extra_cost_usd_m"] for word in row["id"].split(" + ")]
        assert row["beyond_sum_usd_m"] == pytest.approx(row["extra_cost_usd_m"] - sum(costs))
    table = call("--order", "2", "--links", "lake-ferry,strait")
    assert "beyond sum USD m" in table.output


def test_what_only_flies_without_a_link_comes_last_and_is_told(toy: ist.World) -> None:
    settings = ist.RoutingSettings(draws=1, congestion=False)
    base = find_base(toy, settings, lambda _: None)
    found = compute_criticality(base_routing(toy, base, settings), base.demand, list_closures(toy.network, POINTS))
    dearest = rank_closures(found, None, most=3)
    assert "air alone" not in screened(toy, found)
    extra = found.extra.copy()
    extra[:, dearest[0]] *= 2000.0 * found.traffic[:, dearest[0]].sum() / extra[:, dearest[0], -1, 0].sum()
    flown = replace(found, extra=extra)
    assert rank_closures(flown, None, most=3)[:2] == dearest[1:]
    assert dearest[0] == rank_closures(flown, None, most=99)[-1]
    assert f"{flown.label(dearest[0], 'names')} would leave freight the air alone" in screened(toy, flown)


def test_income_ranks_by_a_solve_of_each() -> None:
    data = json.loads(call("--links", "lake-ferry,aria-boria-rail", "--metric", "income", "--format", "json").stdout)
    income = [row["real_income_usd_m"] for row in data["links"]]
    assert len(income) == 2 and income == sorted(income) and income[0] < 0
    closed = ist.Scenario("x", "x", (CloseLink(links=("aria-boria-rail",)),))
    expected = ist.solve(ist.load_world("toy"), closed).real_income["usd_m"].sum()
    row = next(row for row in data["links"] if row["id"] == "aria-boria-rail")
    assert row["real_income_usd_m"] == pytest.approx(expected)


def test_one_economys_ranking_is_its_part_of_the_whole() -> None:
    whole = json.loads(call("--top", "100", "--format", "json").stdout)["links"]
    part = json.loads(call("--top", "100", "--economy", "CCC", "--format", "json").stdout)["links"]
    expected = {row["id"]: row["by_economy"]["CCC"]["extra_cost_usd_m"] for row in whole if "CCC" in row["by_economy"]}
    assert part
    for row in part:
        assert row["extra_cost_usd_m"] == pytest.approx(expected[row["id"]])


def test_kinds_are_filtered_and_csv_is_a_table() -> None:
    done = call("--kind", "ferry,port", "--format", "csv")
    assert done.exit_code == 0, (done.output, done.exception)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("id,name,kind,traffic_mt,extra_cost_usd_m,extra_hours")
    assert {line.split(",")[2] for line in lines[1:]} == {"ferry", "port"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--economy", "AAX"), "--economy: 'AAX' is no economy of this world. Nearest: 'AAA'"),
        (("--links", "lake-fery"), "--links: 'lake-fery' is no open link of this world on the day. Nearest: 'lake-f"),
        (("--kind", "ferri"), "--kind: 'ferri' is no kind of link"),
    ],
)
def test_bad_input_is_told_in_one_message(words: tuple[str, ...], message: str) -> None:
    done = call(*words)
    assert done.exit_code == 2
    assert message in done.output
    assert len(done.output.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["critical", "routes", "skims", "assign"])
def test_the_docs_row_names_every_option(name: str) -> None:
    page = (Path(ist.__file__).parents[2] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `isthmus {name}"))
    for option in main.commands[name].params:
        if option.param_type_name == "option":
            assert max(option.opts, key=len) in row, option.opts
