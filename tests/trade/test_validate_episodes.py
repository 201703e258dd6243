"""`isthmus validate --episodes`: what was published beside the model, and how the tests are counted."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.scenario.episodes import Comparison, comparisons, find_episode
from isthmus.trust.episodes import MODELLED, EpisodeTest, in_force_in, summarise

PUBLISHED = Comparison(
    episode="X", quantity="price", product="gas", low=10.0, high=20.0, unit="percent", when="", basis="", source=""
)


def _test(modelled: float | None, used: str = "test") -> EpisodeTest:
    return EpisodeTest(PUBLISHED, "", used, "short", modelled, "", in_force=False)


@pytest.mark.parametrize(
    ("modelled", "verdict", "ratio"),
    [(15.0, "within", 1.0), (5.0, "below", 0.5), (60.0, "above", 3.0), (-5.0, "below", -0.5), (None, "-", None)],
)
def test_the_verdict_is_against_the_nearer_end(modelled, verdict, ratio) -> None:
    assert _test(modelled).verdict == verdict
    assert _test(modelled).ratio == ratio


def test_the_fitted_episode_and_those_without_a_number_do_not_count() -> None:
    told = summarise((_test(15.0, "fit"), _test(None), _test(15.0), _test(5.0), _test(100.0)))
    assert told == {"tests": 3, "within": 1, "within_factor_2": 2, "median_factor": pytest.approx(2.0)}


def test_every_published_quantity_has_a_number_of_the_model() -> None:
    for published in comparisons():
        assert published.quantity in MODELLED
        assert published.low <= published.high


def test_an_act_in_force_is_marked() -> None:
    episode = replace(find_episode("P02"), start="2006-03-27", end="2007-11-01")
    assert not in_force_in(episode, 2022)
    assert in_force_in(replace(episode, end=""), 2022)
    assert not in_force_in(replace(episode, start="2023-01-01", end=""), 2022)


def test_a_world_without_germany_is_bad_input() -> None:
    told = CliRunner().invoke(main, ["validate", "--episodes", "--world", "toy", "--quiet"])
    assert told.exit_code == 2
    assert "the German energy stop needs them" in told.output


@pytest.mark.slow
def test_the_command_prints_the_fit_and_the_tests() -> None:
    told = CliRunner().invoke(main, ["validate", "--episodes", "--format", "json", "--quiet"])
    found = json.loads(told.stdout)
    schema = Path(ist.__file__).parent / "schema" / "validate_episodes.json"
    jsonschema.validate(found, json.loads(schema.read_text(encoding="utf-8")))
    assert [row["used"] for row in found["episodes"]].count("fit") == 1
    assert found["episodes"][0]["verdict"] == "within"
    assert found["summary"]["tests"] >= 12
    assert found["summary"]["median_factor"] < 4
