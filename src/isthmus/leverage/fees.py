"""Transit fees that a coercer loses when it denies transit: part of what leverage costs it.

What trips pay to cross a territory is routing's transit revenue, rates and fees alike. Of it a margin is lost:
the rest pays for the carriage that is no longer needed. The margin is that of appraisal, with its range.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from isthmus.world.package_data import package_rows


@dataclass(frozen=True, slots=True)
class Margin:
    """Share of transit revenue that is left after the cost of carriage."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LostFees:
    """What denial of transit forgoes in a year, USD million of the world's year; modelled."""

    revenue_usd_m: float  # what the target's trips with third economies pay on the coercers' territory
    margin: Margin

    @property
    def usd_m(self) -> float:
        """Fees lost at the central margin."""
        return self.margin.value * self.revenue_usd_m

    @property
    def low_usd_m(self) -> float:
        """Fees lost at the lowest margin."""
        return self.margin.low * self.revenue_usd_m

    @property
    def high_usd_m(self) -> float:
        """Fees lost at the highest margin."""
        return self.margin.high * self.revenue_usd_m


@cache
def transit_margin() -> Margin:
    """Return the margin of the table of appraisal's assumptions."""
    (row,) = (row for row in package_rows("appraisal", "assumptions") if row["name"] == "margin")
    return Margin(float(row["value"]), float(row["low"]), float(row["high"]))
