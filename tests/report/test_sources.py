"""Sources as a reader can follow them."""

from __future__ import annotations

import pytest

import isthmus as ist
from isthmus.report.sources import spell_out
from isthmus.scenario import library


def test_no_source_of_the_library_is_a_table_of_ours_by_its_file(eurasia: ist.World) -> None:
    for name in library():
        scenario = ist.read_scenario(name)
        for source in (scenario.source, *(change.source for change in scenario.changes)):
            told = spell_out(source, eurasia)
            assert "facts/" not in told
            assert "data/" not in told


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("Trend, 2025-06-03", "Trend, 2025-06-03"),
        ("facts/episodes P21", "our record of past episodes of pressure, P21"),
        ("a treaty (facts/links)", "a treaty (our network data)"),
        (
            "facts/links tripp-road-meghri",
            "our network data on TRIPP road, Meghri (Syunik) (1lurer.am, TRIPP Implementation Framework, 2026-01-14)",
        ),
        ("facts/openings O006, no-such-link", "our record of border openings and closures, O006, no-such-link"),
    ],
)
def test_a_source_is_spelt_out(eurasia: ist.World, source: str, told: str) -> None:
    assert spell_out(source, eurasia) == told
