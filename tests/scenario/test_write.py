"""What is written is read back as the same scenario; text from elsewhere reaches no file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import isthmus as ist
from isthmus.errors import QueryError, ScenarioError
from isthmus.scenario import parse_scenario, scenario_from_data, scenario_to_data, scenario_to_toml
from isthmus.scenario.changes import CloseLink, Embargo, NotModelled, SetTariff

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
NAMES = st.lists(TEXT.filter(bool), min_size=1, max_size=3).map(tuple)


@pytest.mark.parametrize("name", ist.library())
def test_the_library_survives_writing(name: str) -> None:
    scenario = ist.read_scenario(name)
    assert parse_scenario(scenario_to_toml(scenario), name=name) == scenario
    assert scenario_from_data(scenario_to_data(scenario), name=name) == scenario


@given(links=NAMES, note=TEXT, words=TEXT.filter(str.strip), rate=st.floats(0, 5), severity=st.floats(0, 1))
def test_any_text_survives_writing(links: tuple[str, ...], note: str, words: str, rate: float, severity: float) -> None:
    scenario = ist.Scenario(
        name="s",
        title=note,
        changes=(
            CloseLink(links=links, note=note, source=words),
            SetTariff(by=("A",), on=links, rate=rate, severity=severity),
            Embargo(by=("A",), on=("B",), sectors=links),
            NotModelled(description=words),
        ),
        as_of="2025-12-31",
        horizon="short",
    )
    assert parse_scenario(scenario_to_toml(scenario), name="s") == scenario


def test_text_may_extend_the_library_but_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text('[[change]]\nkind = "close_link"\nlinks = "x"\n', encoding="utf-8")
    assert ist.read_scenario("mine.toml").changes
    tripp = ist.read_scenario("tripp")
    assert parse_scenario('title = "t"\nextends = "tripp"').changes == tripp.changes
    for name in ("mine.toml", str(tmp_path / "mine.toml"), "../library/tripp", "tripp.toml"):
        with pytest.raises(QueryError, match="not in the library"):
            parse_scenario(f'extends = "{name}"')
    with pytest.raises(ScenarioError, match="scenario: broken TOML"):
        parse_scenario("title = ")


def test_written_text_is_what_a_person_would_write() -> None:
    scenario = replace(ist.read_scenario("lars-closed"), story="", source="")
    assert scenario_to_toml(scenario).startswith(
        f'title = "{scenario.title}"\nhorizon = "long"\n\n[[change]]\nkind = "'
    )
