"""What is concluded from records with a known truth, and what it rests on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import isthmus as ist
from events.event_cases import record_of_days, write_record
from isthmus.errors import QueryError
from isthmus.events.coincidence import measure_coincidence
from isthmus.events.sensitivity import Variant
from isthmus.events.verdict import give_verdict

QUIET = {"start": "2001", "end": "2010"}
DAYS = 3650


def ask(record: ist.Record, *windows: int, **more: str) -> ist.Finding:
    question = ist.Question("actor=TRI", "actor=RES", windows or (10,), **{**QUIET, **more})  # type: ignore[arg-type]
    return ist.compute_coincidence(record, question, permutations=1999)


def test_a_planted_effect_is_found_and_holds(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    triggers = np.arange(100, DAYS - 100, 175) + rng.integers(0, 30, size=20)
    responses = np.concatenate([triggers + rng.integers(1, 9, size=20), rng.integers(0, DAYS, size=20)])
    found = ask(record_of_days(tmp_path / "r.csv", {"TRI": [*triggers], "RES": [*responses]}))
    assert found.verdict.startswith("More often than chance: ")
    assert "20 of 20 triggers were followed by a response within 10 days" in found.verdict
    assert "in every variant tried" in found.verdict
    assert repr(found) == f"<Finding: {found.verdict}>"


def test_independent_series_are_no_more_than_chance(tmp_path: Path) -> None:
    verdicts = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        series = {"TRI": [*rng.integers(0, DAYS, 25)], "RES": [*rng.integers(0, DAYS, 40)]}
        record = record_of_days(tmp_path / f"{seed}.csv", series)
        question = ist.Question("actor=TRI", "actor=RES", (10, 30, 60), start="2001", end="2010")
        verdicts.append(give_verdict(measure_coincidence(record, question, permutations=499), (), ()))
    assert sum(verdict.startswith("More often") for verdict in verdicts) <= 1  # 5 % of 20
    assert sum(verdict.startswith("No more than chance") for verdict in verdicts) >= 19


def test_two_busy_years_do_not_fool_it(tmp_path: Path) -> None:
    """Both series crowd into one year, at independent days: an even spread is rejected, the busy year is not."""
    rng = np.random.default_rng(5)
    busy = 5 * 365
    triggers = [*(busy + rng.integers(0, 365, 20)), *rng.integers(0, DAYS, 3)]
    responses = [*(busy + rng.integers(0, 365, 15)), *rng.integers(0, DAYS, 3)]
    found = ask(record_of_days(tmp_path / "r.csv", {"TRI": triggers, "RES": responses}))
    rate = found.answer.windows[0].trigger
    assert rate.p_permutation["uniform"] < 0.01
    assert rate.p_permutation["within_year"] > 0.05
    assert found.verdict.startswith("No more than chance once the busy years of both series are kept")
    assert rate.chance_rate["within_year"] > 3 * rate.base_rate


def test_an_effect_of_one_year_is_laid_at_its_door(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    busy = 4 * 365 + np.arange(10, 350, 30)
    series = {
        "TRI": [*busy, *rng.integers(6 * 365, DAYS, 8)],
        "RES": [*(busy + 2), *rng.integers(0, 3 * 365, 8)],
    }
    found = ask(record_of_days(tmp_path / "r.csv", series), 3)
    assert found.influential is not None
    assert found.influential.year == 2005
    assert found.verdict.startswith("More often than chance")
    assert "but not with these alone" in found.verdict
    assert "without 2005" in found.verdict


def test_a_year_left_out_takes_its_triggers_and_its_days(tmp_path: Path) -> None:
    record = record_of_days(tmp_path / "r.csv", {"TRI": [10, 400, 800], "RES": [12, 402, 900]})
    found = ask(record, 5, end="2003")
    without = {variant.year: variant for variant in found.years}
    assert set(without) == {2001, 2002, 2003}
    rate = without[2001].rate
    assert rate is not None
    assert (rate.events, rate.hits) == (2, 1.0)
    # Days of 2002 and 2003 whose window holds a response: 6 + 6 of 730.
    assert rate.base_rate == pytest.approx(12 / 730)


def test_variants_count_what_remains(tmp_path: Path) -> None:
    rows = [
        {"actor_iso3": "TRI", "date": "2003-05-01"},
        {"actor_iso3": "TRI", "date": "2003-05-05", "source": ""},
        {"actor_iso3": "TRI", "date": "2004-02", "severity": "1"},
        {"actor_iso3": "TRI", "date": "2005-02-01"},
        {"actor_iso3": "RES", "date": "2003-05-03", "source": "no document checked"},
        {"actor_iso3": "RES", "date": "2005-02-02", "severity": "1"},
    ]
    found = ask(ist.load_events(write_record(tmp_path / "r.csv", rows)))
    told = {v.name: (v.triggers, v.responses) for v in found.variants}
    assert told == {
        "rows with a checked source only": (3, 1),
        "dates known to the day only": (3, 2),
        "severity 2 and 3 only": (3, 1),
        "events within 14 days merged": (3, 2),
    }
    assert any("2 of 6 rows have no checked source" in text for text in found.warnings)
    assert found.verdict.startswith("Too few events to tell")


def test_nothing_left_gives_no_rate(tmp_path: Path) -> None:
    rows = [{"actor_iso3": a, "date": f"200{i}-03-0{i}", "source": ""} for i in range(1, 6) for a in ("TRI", "RES")]
    found = ask(ist.load_events(write_record(tmp_path / "r.csv", rows)))
    bare: Variant = found.variants[0]
    assert (bare.triggers, bare.responses, bare.rate) == (0, 0, None)
    assert "rows with a checked source only" in found.verdict


def test_warnings_a_careful_reader_would_give(tmp_path: Path) -> None:
    record = record_of_days(tmp_path / "r.csv", {"TRI": [0, 100, 3645], "RES": [2000, 2500]})
    texts = " ".join(ask(record).warnings)
    assert "5 years after the first of the triggers" in texts
    assert "1 trigger so near an end of the period" in texts
    assert "3 triggers and 2 responses: hardly a sample" in texts
    shared = ist.Question("target=BBB", "actor=RES", (10,))
    assert (
        "Rows in both series, which then meet themselves: E3, E4." in ist.compute_coincidence(record, shared).warnings
    )


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"windows": ()}, "Give at least one of 0 days or more"),
        ({"windows": (-1,)}, "Give at least one of 0 days or more"),
        ({"lag": -1}, "--direction before looks back"),
        ({"direction": "ahead"}, "Use after, before, both"),
        ({"start": "2005", "end": "2004"}, "ends before it starts"),
        ({"start": "2005-01", "end": "2005-01"}, "Take a shorter window"),
        ({"start": "soon"}, "'soon' is not a date"),
        ({"start": "2030", "end": "2031"}, "none of them between 2030-01-01 and 2031-12-31"),
        ({"response": "actor=ZZZ"}, "'ZZZ' is in no row"),
    ],
)
def test_a_question_without_sense_is_told(question: dict[str, object], told: str) -> None:
    with pytest.raises(QueryError) as error:
        ist.compute_coincidence(
            ist.load_events(),
            ist.Question(**{"trigger": "actor=KAZ", "response": "actor=RUS", "windows": (60,), **question}),  # type: ignore[arg-type]
        )
    assert told in str(error.value)


def test_the_same_seed_gives_the_same_answer() -> None:
    question = ist.Question("actor=KAZ instrument=away", "target=KAZ sector=oil_cpc", (30,))
    one, two = (ist.compute_coincidence(ist.load_events(), question, permutations=500, seed=4) for _ in range(2))
    assert one.answer.windows == two.answer.windows
    other = ist.compute_coincidence(ist.load_events(), question, permutations=500, seed=5)
    assert one.answer.windows != other.answer.windows
