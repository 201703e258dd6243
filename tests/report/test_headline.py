"""The headline is written from numbers: each sentence is held to the number it tells."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.report.figures import band_of, dollars, percent, rounded, tonnes, value_of
from isthmus.report.headline import caveat, write_headline

NAMES = {"AAA": "Aland", "BBB": "Beland"}


def summary(**parts: Any) -> dict[str, Any]:
    return {
        "title": "A line",
        "year": 2022,
        "as_of": "2025-12-31",
        "horizon": "long",
        "corridors": [],
        "new_lines": [],
        "real_income": {"AAA": {"percent": 0.0, "usd_m": 0.0}, "BBB": {"percent": 0.0, "usd_m": 0.0}},
        "latent": None,
        "transit_revenue": {},
    } | parts


def test_nothing_happens() -> None:
    freight, income, transit = write_headline(summary(), NAMES)
    assert freight == "A line: freight on the named corridors does not change."
    assert income == "In the long run, no economy's real income changes by as much as 0.0005 %."
    assert transit == "No territory's transit revenue changes by as much as USD 0.05 million a year."


def test_winner_loser_and_suppressed_trade() -> None:
    data = summary(
        horizon="short",
        real_income={"AAA": {"percent": 0.1234, "usd_m": 24.4}, "BBB": {"percent": -1.5, "usd_m": -1300.0}},
        latent={"real_income": {"AAA": {"percent": 0.5}, "BBB": {"percent": -1.0}}},
    )
    assert write_headline(data, NAMES)[1] == (
        "In the first months, Beland loses most, 1.5 % of real income or USD 1.3 billion a year; Aland gains most, "
        "0.12 % of real income or USD 24 million a year; with the trade that the closed border suppresses today "
        "(an estimate) Aland gains most, 0.50 %."
    )
    assert "losses of this kind are a floor" in caveat(data)


def other(horizon: str, failure: str | None = None, **percents: float) -> dict[str, Any]:
    income = {code: {"percent": value, "usd_m": 0.0} for code, value in percents.items()}
    return {"other_horizon": {"horizon": horizon, "failure": failure, "real_income": income}}


def test_both_horizons_stand_in_the_headline() -> None:
    income = {"AAA": {"percent": 0.1234, "usd_m": 24.4}, "BBB": {"percent": -1.5, "usd_m": -1300.0}}
    data = summary(real_income=income, **other("short", AAA=0.05, BBB=-2.0))
    assert write_headline(data, NAMES)[1] == (
        "In the long run, Beland loses most, 1.5 % of real income or USD 1.3 billion a year (2.0 % in the first "
        "months); Aland gains most, 0.12 % of real income or USD 24 million a year (0.050 % in the first months)."
    )
    assert "in the long run, when firms and workers have moved, and in the first months, before" in caveat(data)


def test_other_leaders_of_the_other_horizon_are_named() -> None:
    income = {"AAA": {"percent": 0.2, "usd_m": 24.4}, "BBB": {"percent": 0.1, "usd_m": 3.0}}
    text = write_headline(summary(real_income=income, **other("short", AAA=-0.3, BBB=0.4)), NAMES)[1]
    assert (
        "Aland gains most, 0.20 % of real income or USD 24 million a year (\N{MINUS SIGN}0.30 % in the first months)"
        in text
    )
    assert text.endswith("; in the first months Beland gains most, 0.40 % and Aland loses most, 0.30 %.")


def test_a_horizon_without_equilibrium_says_why() -> None:
    data = summary(**other("short", "gas runs out in AAA."))
    assert "(in the first months there is no equilibrium: gas runs out in AAA): trade of 2022" in caveat(data)
    assert "first months" not in write_headline(data, NAMES)[1]


def test_freight_names_the_new_corridor_and_the_old_one_that_moves_most() -> None:
    data = summary(
        corridors=[
            {"id": "new", "name": "The new corridor", "before_mt": 0.0, "after_mt": 1.64},
            {"id": "old", "name": "The old corridor", "before_mt": 2.0, "after_mt": 1.2},
            {"id": "far", "name": "Far away", "before_mt": 900.0, "after_mt": 899.9},
        ],
        new_lines=[{"id": "l", "name": "Line", "mt": {"bulk": {"domestic": 0.5, "regional": 0.4, "transit": 0.1}}}],
    )
    assert write_headline(data, NAMES)[0] == (
        "The new corridor would carry 1.6 million tonnes of freight a year, 10 % of it in transit on any section; "
        "The old corridor would carry 0.80 million tonnes a year less (2.0 million tonnes without the scenario)."
    )


def test_transit_names_who_earns_and_who_loses() -> None:
    data = summary(
        transit_revenue={
            "AAA": {"before_usd_m": 10.0, "after_usd_m": 12.8},
            "BBB": {"before_usd_m": 50.0, "after_usd_m": 7.0},
            "": {"before_usd_m": 0.0, "after_usd_m": 99.0},
        }
    )
    assert write_headline(data, NAMES)[2] == (
        "Aland earns USD 2.8 million a year more from transit and Beland USD 43 million a year less, in prices of 2022."
    )


def test_ranges_are_told_where_there_are_any() -> None:
    ranged = {"value": 0.12, "low": 0.08, "high": 0.19}
    data = summary(real_income={"AAA": {"percent": ranged, "usd_m": {"value": 24, "low": 16, "high": 38}}})
    assert "0.12 % (0.080 to 0.19) of real income or USD 24 million (16 to 38)" in write_headline(data, NAMES)[1]
    assert "Ranges hold 5 to 95 % of the draws" in caveat(data)
    assert "No uncertainty range was computed" in caveat(summary())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.01234, "0.012"),
        (12.34, "12"),
        (1234.5, "1,200"),
        (-0.5, "-0.50"),
        (494.2, "490"),
        (1e-7, "0.00000010"),
    ],
)
def test_two_significant_digits(value: float, text: str) -> None:
    assert rounded(value) == text


def test_units_fit_the_size() -> None:
    assert dollars(0.02) == "USD 20 thousand"
    assert dollars(-12345.0) == "USD 12 billion"
    assert tonnes(0.0382) == "38 thousand tonnes"
    assert tonnes(0.0) == "no freight"
    # A range stands in the unit of its value.
    assert dollars({"value": 0.0433, "low": 0.0039, "high": 0.206}) == "USD 43 thousand (3.9 to 210)"
    assert dollars({"value": 2.0, "low": -1.5, "high": 4.0}) == "USD 2.0 million (\N{MINUS SIGN}1.5 to 4.0)"
    assert percent(-0.5) == "\N{MINUS SIGN}0.50 %"
    assert value_of({"value": 3}) == 3.0
    assert band_of({"value": 3}) is None
    assert band_of(3.0) is None
