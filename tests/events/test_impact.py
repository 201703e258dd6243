"""Weights of events: every ban and outage has a row that can be replayed or says why not; a few are solved."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

import isthmus as ist
from isthmus.cli import main
from isthmus.events.impact import INSTRUMENTS, YEAR
from isthmus.report.impacts import impacts_to_rows, print_impacts
from isthmus.scenario.episodes import find_episode, read_episode
from isthmus.solve import replay
from test_schema import SCHEMAS, hold

TABLE = Path(ist.__file__).parent / "events" / "data" / "impacts.csv"
RECORD = ist.load_events()
FEW = "id=E0300,E0302,E0326,E0338,E0121,E0408"


def acts() -> list[dict[str, str]]:
    return list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def impacts(eurasia: ist.World) -> dict[str, ist.Impact]:
    found = ist.compute_impacts(eurasia, ist.select_events(RECORD, FEW))
    losses = [impact.loss_usd_m for impact in found]
    assert losses == sorted(losses, key=lambda loss: (loss is None, -(loss or 0)))
    return {impact.event.id: impact for impact in found}


def test_every_ban_and_outage_has_its_row(eurasia: ist.World) -> None:
    rows = {row["event"]: row for row in acts()}
    wanted = {event.id: event for event in RECORD.events if event.instrument in INSTRUMENTS}
    assert set(wanted) <= set(rows)
    for name, row in rows.items():
        assert row["basis"] in {"reported", "estimate", "assumption", "gap"}, name
        assert bool(row["measures"]) + bool(row["links"]) + bool(row["note"]) > 0, name
        assert not (row["measures"] and row["links"]), name
        assert all(link in eurasia.network.link_ids for link in row["links"].split()), name
        if row["episode"]:
            episode = find_episode(row["episode"])
            words = {(act, what) for act, what in episode.words}
            mine = {
                (act.strip(), what.strip())
                for measure in row["measures"].split(";")
                for act, _, objects in [measure.strip().partition(":")]
                for what in objects.split(",")
            }
            assert mine <= words, name
            if name != "E0149":  # Ukraine's mirror of P10
                event = next(event for event in RECORD.events if event.id == name)
                assert (event.actor, event.target) == (episode.coercer, episode.target), name


def test_a_weight_is_that_of_its_episode(eurasia: ist.World, impacts: dict[str, ist.Impact]) -> None:
    whole = replay(eurasia, read_episode("P28"), coercer="RUS", target="ARM")
    dairy = impacts["E0300"]
    assert dairy.loss_percent == pytest.approx(-whole.target_percent, rel=1e-6)
    assert dairy.own_cost_usd_m_per_year == pytest.approx(-whole.coercer_usd_m, rel=1e-6)
    assert (dairy.days, dairy.loss_usd_m) == (YEAR, dairy.loss_usd_m_per_year)
    assert dairy.loss_usd_m is not None
    assert dairy.loss_usd_m > 0
    assert dairy.already is False


def test_an_act_counts_for_its_days(impacts: dict[str, ist.Impact]) -> None:
    kyrgyz = impacts["E0302"]  # 21 April to 21 June 2023
    assert kyrgyz.days == 61
    assert kyrgyz.loss_usd_m == pytest.approx(kyrgyz.loss_usd_m_per_year * 61 / 365)  # type: ignore[operator]
    assert impacts["E0121"].already is True  # Moldovan fruit, 2014 and since
    assert impacts["E0338"].already is False


def test_what_is_not_modelled_says_why(impacts: dict[str, ist.Impact]) -> None:
    held = impacts["E0326"]
    assert (held.loss_usd_m, held.days, held.changes) == (None, None, ())
    assert held.why_not == "lorries held, sales not banned: how many was not found"
    assert "E0408" not in impacts  # raids on the diaspora: neither ban nor outage


def test_a_partial_outage_that_binds_nothing_has_no_number(eurasia: ist.World) -> None:
    free = ist.Settings(queues="off")
    (impact,) = ist.compute_impacts(eurasia, ist.select_events(RECORD, "id=E0444"), settings=free)
    assert impact.loss_usd_m is None
    assert "capacities do not bind" in impact.why_not


def test_the_command_prints_weights() -> None:
    done = CliRunner().invoke(main, ["events", "id=E0300,E0326,E0007", "--impact", "--format", "json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    hold(told, json.loads((SCHEMAS / "events_impact.json").read_text(encoding="utf-8")), "events_impact")
    assert (told["n"], told["modelled"], told["year"]) == (3, 1, 2022)
    assert [row["id"] for row in told["impacts"]] == ["E0300", "E0007", "E0326"]


def test_weights_as_a_table(eurasia: ist.World, impacts: dict[str, ist.Impact]) -> None:
    text = io.StringIO()
    print_impacts(list(impacts.values()), eurasia, "short", Console(file=text, width=150))
    table = " ".join(text.getvalue().split())
    assert "Modelled loss of the target, horizon short, USD m of 2022" in table
    assert "E0121*" in table
    assert "Not modelled: E0326 Lorries" in table
    assert "Rank correlation of the coder's severity" in table
    assert list(impacts_to_rows(list(impacts.values()))[0])[:4] == ["id", "date", "actor", "target"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["events", "--impact", "--file", str(TABLE)], "columns missing"),
        (["run"], "name one SCENARIO, or one --episode"),
        (["run", "tripp", "--episode", "P12"], "name one SCENARIO, or one --episode"),
        (["run", "--episode", "P99"], "unknown episode 'P99'"),
        (["run", "--episode", "P28", "--world", "toy"], "P28"),
    ],
)
def test_bad_input_is_told(words: list[str], told: str) -> None:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert told in done.output or "toy" in words


@pytest.mark.slow
def test_an_episode_is_replayed_with_routing() -> None:
    done = CliRunner().invoke(main, ["run", "--episode", "P12", "--format", "json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["horizon"] == "short"
    assert told["real_income"]["BLR"]["percent"] < -0.5


@pytest.mark.slow
def test_stopping_cpc_costs_kazakhstan(eurasia: ist.World) -> None:
    (impact,) = ist.compute_impacts(eurasia, ist.select_events(RECORD, "id=E0234"))
    assert impact.changes == ("PipelineOutage",)
    assert impact.loss_percent is not None
    assert impact.loss_percent > 0.05
    assert impact.own_cost_usd_m_per_year is None
    assert impact.days == 5
