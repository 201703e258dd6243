"""Rates and Poisson p-values against the R package CoinCalc 1.02 and PyPI event-analysis 1.1.3 (oracles/README)."""

from __future__ import annotations

import csv
import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import isthmus as ist
from events.event_cases import FIRST, record_of_days
from isthmus.events.coincidence import Coincidence, measure_coincidence
from isthmus.events.significance import poisson_p

ORACLE = Path(__file__).parents[1] / "oracles" / "event_coincidence"
CODES = {"A": "AAA", "B_indep": "BIN", "B_precursor": "BPR", "B_lag4": "BLA"}
STEPS = 600


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((ORACLE / name).read_text(encoding="utf-8").splitlines()))


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory):
    rows = table("series.csv")
    days = {CODES[name]: [i for i, row in enumerate(rows) if row[name] == "1"] for name in CODES}
    record = record_of_days(tmp_path_factory.mktemp("coincalc") / "series.csv", days)
    end = (FIRST + datetime.timedelta(days=STEPS - 1)).isoformat()

    @cache
    def answer(trigger: str, response: str, window: int, lag: int, direction: str) -> Coincidence:
        question = ist.Question(
            f"actor={CODES[trigger]}",
            f"actor={CODES[response]}",
            (window,),
            lag,
            direction,
            FIRST.isoformat(),
            end,
        )
        return measure_coincidence(record, question, permutations=99)

    return answer


@pytest.mark.parametrize("row", table("expected_coincalc.csv"), ids=lambda r: "-".join(list(r.values())[:4]))
def test_rates_and_poisson_p_equal_coincalc(row: dict[str, str], ask) -> None:
    window, lag, symmetric = int(row["delT"]), int(row["tau"]), row["sym"] == "1"
    found = ask(row["seriesB"], "A", window, lag, "both" if symmetric else "after").windows[0]
    # CoinCalc prints 15 digits; the counts behind the rates are equal.
    assert found.precursor.hits == round(float(row["rate_precursor"]) * found.precursor.events)
    assert found.precursor.rate == pytest.approx(float(row["rate_precursor"]), rel=1e-14)
    assert found.trigger.rate == pytest.approx(float(row["rate_trigger"]), rel=1e-14)
    p = {"p_precursor": found.precursor, "p_trigger": found.trigger}
    for name, rate in p.items():
        ours = rate.p_poisson
        if symmetric and lag > 0:  # CoinCalc divides by T, not T - lag, in the symmetric case
            others = found.trigger.events if name == "p_precursor" else found.precursor.events
            ours = poisson_p(rate.hits, rate.events, others, (2 * window + 1) / STEPS)
            assert rate.p_poisson != pytest.approx(float(row[name]), rel=1e-9, abs=0)
        assert ours == pytest.approx(float(row[name]), rel=1e-9, abs=0)


def test_the_symmetric_lag_convention_is_the_only_difference() -> None:
    rows = table("expected_coincalc.csv")
    assert sum(row["sym"] == "1" and row["tau"] != "0" for row in rows) == 9
    assert len(rows) == 36


@pytest.mark.parametrize(
    "row",
    [r for r in table("expected_event_analysis.csv") if not r["stat"].startswith("p_")],
    ids=lambda r: "-".join(list(r.values())[:5]),
)
def test_rates_equal_event_analysis(row: dict[str, str], ask) -> None:
    """It reports the maximum and the mean over the two orders of a pair, in float32."""
    side, how = row["stat"].split("_")
    pairs = [(row["a"], row["b"]), (row["b"], row["a"])]
    answers = [
        ask(trigger, response, int(row["delT"]), int(row["tau"]), "after").windows[0] for trigger, response in pairs
    ]
    rates = [getattr(window, side).rate for window in answers]
    assert float(row["value"]) == pytest.approx({"max": np.max, "mean": np.mean}[how](rates), abs=1e-6)


@pytest.mark.parametrize(
    "row",
    [r for r in table("expected_event_analysis.csv") if r["stat"].startswith("p_")],
    ids=lambda r: "-".join(list(r.values())[:5]),
)
def test_event_analysis_p_values_follow_from_its_shorter_window(row: dict[str, str], ask) -> None:
    """Its window share is delT / (T - tau) with T the span of 599 steps: of no use for delT = 0."""
    window, lag = int(row["delT"]), int(row["tau"])
    found = ask(row["b"], row["a"], window, lag, "after").windows[0]
    rate, other = found.trigger, found.precursor
    if row["stat"] == "p_precursor":
        rate, other = other, rate
    ours = poisson_p(rate.hits, rate.events, other.events, window / (STEPS - 1 - lag))
    if window and rate.hits:
        assert rate.p_poisson > ours * 1.0001
    assert ours == pytest.approx(float(row["value"]), rel=1e-6)
