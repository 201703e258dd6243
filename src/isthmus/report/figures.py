"""Figures as people read them: a number or a range, with its unit.

A headline number is a plain number, or a mapping of `value`, `low` and `high` (5 to 95 % of draws).
"""

from __future__ import annotations

import math
from collections.abc import Mapping


def value_of(figure: object) -> float:
    """Return the central value of a figure."""
    if isinstance(figure, Mapping):
        figure = figure["value"]
    return float(str(figure))


def band_of(figure: object) -> tuple[float, float] | None:
    """Return the low and high end of a figure; None if it has no range."""
    if isinstance(figure, Mapping) and figure.get("low") is not None and figure.get("high") is not None:
        return float(str(figure["low"])), float(str(figure["high"]))
    return None


def rounded(value: float, digits: int = 2) -> str:
    """Return a number to so many significant digits, without exponent, thousands parted by commas."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(0, places)}f}"


def percent(figure: object) -> str:
    """Return a signed percentage with its range: `+0.12 % (0.08 to 0.19)`."""
    value, band = value_of(figure), band_of(figure)
    text = f"{'+' if value > 0 else ''}{_minus(rounded(value))} %"
    return text if band is None else f"{text} ({_minus(rounded(band[0]))} to {_minus(rounded(band[1]))})"


def dollars(figure: object) -> str:
    """Return USD million as words: `USD 24 million`, `USD 1.3 billion`; without sign, a range in the same unit."""
    value, band = value_of(figure), band_of(figure)
    if value == 0 and band is None:
        return "USD 0"
    unit, factor = next((unit, factor) for least, unit, factor in _MONEY if abs(value) >= least)
    # Below a hundred thousand one digit is plenty, but ends of a range would look alike.
    digits = 1 if unit == "thousand" and band is None else 2
    text = f"USD {rounded(abs(value) * factor, digits)} {unit}"
    if band is None:
        return text
    low, high = sorted(abs(end) for end in band) if band[0] * band[1] >= 0 else band
    return f"{text} ({_minus(rounded(low * factor))} to {_minus(rounded(high * factor))})"


#: From how many USD million on, in which unit, and how many of it USD 1 million is.
_MONEY = ((1000.0, "billion", 1e-3), (0.1, "million", 1.0), (0.0, "thousand", 1e3))


def tonnes(figure: object) -> str:
    """Return million tonnes as words: `5.8 million tonnes`, `38 thousand tonnes`, `no freight`."""
    value, band = abs(value_of(figure)), band_of(figure)
    if value == 0 and band is None:
        return "no freight"
    large = value >= 0.1
    unit = "million" if large else "thousand"
    factor = 1.0 if large else 1000.0
    text = f"{rounded(value * factor)} {unit} tonnes"
    return text if band is None else f"{text} ({rounded(band[0] * factor)} to {rounded(band[1] * factor)})"


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
