"""The library: stories, sources, signs, and the headline tables as text.

Redraw the tables after a change that moves numbers, and read the difference before it is committed:
`pytest tests/scenario/test_library.py --redraw` (those of trade alone, seconds), and
`pytest tests/scenario/test_library.py --redraw -m slow` (those with routing, about a minute of CPU each).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import isthmus as ist
from isthmus.scenario import touches_network
from isthmus.solve import solve_unrouted
from scenario.headlines import FOLDER, compare, draw, routed_lines, unrouted_lines

DOCS = Path(__file__).parents[2] / "docs" / "explanation" / "library.md"
TRADE = [name for name in ist.library() if not touches_network(ist.read_scenario(name))]
ROUTED = [name for name in ist.library() if name not in TRADE]

DESIGNED = """tripp tripp-road crossroads turkey-border middle-corridor-2030 trans-caspian-ferries
china-kyrgyzstan-uzbekistan cpc-outage cpc-2022 druzhba-2026 lars-closed armenia-gas-stop armenia-wheat-stop
russia-armenia-embargo dairy-2023 produce-2024 flowers-2025 produce-2026 georgia-wine-2006 moldova-wine-2006
azerbaijan-tomatoes turkey-2015 northern-corridor-closed iran-2026 suez-closed abkhazia-rail minerals-west""".split()


def test_every_scenario_of_the_design_is_there() -> None:
    assert set(DESIGNED) <= set(ist.library())


@pytest.mark.parametrize("name", ist.library())
def test_title_story_and_source(name: str) -> None:
    scenario = ist.read_scenario(name)
    assert scenario.title and scenario.source
    assert len(re.findall(r"[.](?:\s|$)", scenario.story)) == 2, scenario.story
    assert scenario.story.endswith(".")


@pytest.mark.parametrize("name", ist.library())
def test_signs_and_sizes_are_argued_in_the_docs(name: str) -> None:
    assert f"| `{name}` |" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TRADE)
def test_headline_table_of_trade(eurasia: ist.World, name: str, request: pytest.FixtureRequest) -> None:
    _check(name, unrouted_lines(eurasia, ist.read_scenario(name)), request)


@pytest.mark.slow
@pytest.mark.parametrize("name", ROUTED)
def test_headline_table_with_routing(eurasia: ist.World, name: str, request: pytest.FixtureRequest) -> None:
    if not (request.config.getoption("--redraw") or (FOLDER / f"{name}.txt").is_file()):
        pytest.skip(f"{name}.txt is not drawn yet: pytest tests/scenario/test_library.py --redraw -m slow")
    _check(name, routed_lines(eurasia, ist.read_scenario(name)), request)


def _check(name: str, lines: list[str], request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--redraw"):
        draw(name, lines)
    assert not compare(name, lines)


def test_no_table_is_left_of_a_scenario_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} <= set(ist.library())


@pytest.mark.parametrize("name", TRADE)
def test_bans_cost_the_target_more_than_the_coercer_and_months_more_than_years(eurasia: ist.World, name: str) -> None:
    """The signs that the docs argue, for every act of Russia in the library."""
    scenario = ist.read_scenario(name)
    sides = {"turkey-2015": "TUR", "georgia-wine-2006": "GEO", "moldova-wine-2006": "MDA", "azerbaijan-tomatoes": "AZE"}
    target = eurasia.economies.index(sides.get(name, "ARM"))
    russia = eurasia.economies.index("RUS")
    loss = {}
    for horizon in ("short", "long"):
        change = solve_unrouted(eurasia, scenario, horizon=horizon)[2].real_income_change
        loss[horizon] = 1.0 - change[target]
        if name != "azerbaijan-tomatoes":  # a few million dollars: both are nil
            assert loss[horizon] > 1.0 - change[russia]
    if name != "azerbaijan-tomatoes":
        assert loss["short"] > loss["long"] > 0
