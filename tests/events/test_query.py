"""Queries on the record, against the same selection written in Python."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import isthmus as ist
from isthmus.errors import QueryError
from isthmus.events import Event

RECORD = ist.load_events()


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("", lambda e: True),
        (
            "actor=KAZ kind=alignment instrument=away",
            lambda e: (e.actor, e.kind, e.instrument) == ("KAZ", "alignment", "away"),
        ),
        ("actor_iso3=KAZ", lambda e: e.actor == "KAZ"),
        ("target=EUU,USA", lambda e: e.target in {"EUU", "USA"}),
        ("actor=RUS instrument!=threat,other", lambda e: e.actor == "RUS" and e.instrument not in {"threat", "other"}),
        ("severity>=2 severity<=2", lambda e: e.severity == 2),
        (
            "sector=oil_cpc | sector=wine actor=RUS",
            lambda e: e.sector == "oil_cpc" or (e.sector, e.actor) == ("wine", "RUS"),
        ),
        ('sector="mineral water"', lambda e: e.sector == "mineral water"),
        ("sector=mineral_water", lambda e: e.sector == "mineral water"),
        ("description~mooring", lambda e: "mooring" in e.description.casefold()),
        ('description~"a | b"', lambda e: "a | b" in e.description),
        ("sourced=no confidence=low,high", lambda e: not e.sourced and e.confidence in {"low", "high"}),
        ("from=2013 to=2013-06", lambda e: str(e.date) >= "2013-01-01" and str(e.last) <= "2013-06-30"),
        ("precision=month,year", lambda e: e.precision != "day"),
        ("id=E0251,E0399", lambda e: e.id in {"E0251", "E0399"}),
    ],
)
def test_a_query_selects_what_it_says(query: str, holds: Callable[[Event], bool]) -> None:
    expected = tuple(event for event in RECORD.events if holds(event))
    assert ist.select_events(RECORD, query) == expected
    assert expected or "a | b" in query


def test_a_month_that_reaches_over_a_bound_is_outside() -> None:
    assert any(e.id == "E0264" for e in ist.select_events(RECORD, "to=2022-09"))
    assert not any(e.id == "E0264" for e in ist.select_events(RECORD, "to=2022-09-15"))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("KAZ", "'KAZ' is not FIELD=VALUE"),
        ("actr=KAZ", "no field 'actr'. Nearest: 'actor'"),
        ("actor=", "actor has no value"),
        ("actor=KZA", "actor 'KZA' is in no row of the record isthmus. Nearest: 'KGZ', 'KAZ'"),
        ("kind=coersion", "kind is 'coersion'. Nearest: 'coercion'"),
        ("kind>=coercion", ">= compares severity"),
        ("severity>=1,2", ">= compares severity with one number"),
        ("severity=4", "severity is '4'"),
        ("kind~coercion", "~ looks for text"),
        ("from=yesterday", "from: 'yesterday' is not a date"),
        ("from!=2013", "write from=DATE"),
        ('sector="wine', "quotation mark is not closed"),
        ("actor=KAZ |", "nothing stands on one side"),
        ("sector=wines", "sector 'wines' is in no row"),
    ],
)
def test_a_bad_query_is_told(query: str, told: str) -> None:
    with pytest.raises(QueryError) as error:
        ist.select_events(RECORD, query)
    assert told in str(error.value)
