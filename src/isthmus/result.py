"""Result: what one solved scenario changes, as named arrays with their axes.

Hats are new over old. Values are USD million of the world's reference year; tonnages are million
tonnes a year of that year's trade on the network of the as-of day.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib import import_module

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from isthmus.errors import QueryError
from isthmus.scenario import Scenario
from isthmus.world import World
from isthmus.world.accounts import FloatArray, freeze


@dataclass(frozen=True, eq=False, slots=True)
class LinkFlows:
    """Freight before and after; arrays are read-only."""

    link_ids: tuple[str, ...]
    before_t: FloatArray  # (class, link, 2) t a year, forward and backward
    after_t: FloatArray  # (class, link, 2)

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class NewLine:
    """Freight on a link that the scenario opens, by class and by kind of trip."""

    id: str
    name: str
    mt: FloatArray  # (class, 3) Mt a year: domestic, regional, transit


@dataclass(frozen=True, eq=False, slots=True)
class LatentTrade:
    """Headlines with trade that closed borders suppress (an estimate)."""

    openness: float
    pairs: tuple[tuple[str, str], ...]
    trade_usd_m: FloatArray  # (pair,) flow after, beyond observed trade
    real_income_change: FloatArray  # (economy,) hat


@dataclass(frozen=True, eq=False, slots=True)
class OtherHorizon:
    """Real income in the horizon that was not asked for, at the freight costs of the one that was."""

    horizon: str
    real_income_change: FloatArray  # (economy,) hat; nan where it has no equilibrium
    latent_change: FloatArray | None  # (economy,) hat with trade that closed borders suppress
    income_usd_m: FloatArray  # (economy,)
    seconds: float  # what it took
    failure: str = ""  # why there is no number


@dataclass(frozen=True, eq=False, slots=True)
class Result:
    """One solved scenario against the same world and day without its changes."""

    scenario: str
    title: str
    world: str
    year: int
    horizon: str
    as_of: str
    converged: bool
    residual: float  # largest relative residual of the trade equilibrium
    iterations: int  # sweeps of the last trade solve
    method: str  # of the last trade solve
    closure: str  # what became of trade deficits
    passes: int  # rounds of routing and trade
    seconds: float
    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    real_income_change: FloatArray  # (economy,) hat, observed trade only
    income_usd_m: FloatArray  # (economy,) baseline factor income and remittances
    trade_cost_change: FloatArray  # (origin, destination, sector) hat
    quantity_change: FloatArray  # (origin, destination, sector) hat
    flow_after: FloatArray  # (origin, destination, sector) USD million
    latent: LatentTrade | None
    flows: LinkFlows
    new_lines: tuple[NewLine, ...]
    link_table: pd.DataFrame  # id, name, mode, territory, before_mt, after_mt, basis
    corridor_table: pd.DataFrame  # id, name, before_mt, after_mt
    transit_table: pd.DataFrame  # territory, before_usd_m, after_usd_m, before_mt, after_mt
    co2_table: pd.DataFrame  # mode, before_kt, after_kt
    stranded: tuple[str, ...]  # zone pairs that lose their route
    not_modelled: tuple[str, ...]
    warnings: tuple[str, ...]
    closures: pd.DataFrame | None = None  # economy x closure, percent; None: not compared
    backstop: pd.DataFrame | None = None  # economy, sector, percent of purchases met at the choke price
    chokes: pd.DataFrame | None = None  # economies that hang on the choke price: percent, percent_at_5, percent_at_30
    decomposition: pd.DataFrame | None = None  # economy x part of ln W, log points x 100; None: not asked for
    other: OtherHorizon | None = None  # None: not asked for
    asked: tuple[World, Scenario] | None = None  # what was solved, for maps and reports

    def __repr__(self) -> str:
        best = int(np.argmax(np.abs(np.log(self.real_income_change))))
        percent = 100 * (self.real_income_change[best] - 1)
        return f"<Result {self.scenario}: largest change {self.economies[best]} {percent:+.3f} % real income>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: title, terms, and the economies that change most."""
        frame = self.real_income
        order = frame["percent"].abs().sort_values(ascending=False, kind="stable").index[:8]
        table = frame.loc[order].to_html(float_format="{:+.4f}".format)
        terms = f"{self.horizon} horizon, trade of {self.year}, network of {self.as_of}; modelled, USD million a year"
        return f"<p><strong>{escape(self.title)}</strong><br>{terms}</p>{table}"

    def map(self) -> object:
        """Return a notebook widget with map, charts and tables (extra `notebook`).

        Raises
        ------
        QueryError
            The extra is not installed, or the result does not carry what was solved.
        BuildError
            The front end was never built.
        """
        if self.asked is None:
            raise QueryError("map: this result does not carry its world and scenario. Solve it with isthmus.solve.")
        # By name: the front end lies above results, which must not depend on it.
        return import_module("isthmus.web.notebook").make_map(*self.asked, self)

    @property
    def real_income(self) -> pd.DataFrame:
        """Change of real income by economy: percent, and USD million of the reference year."""
        change = self.real_income_change - 1.0
        columns: dict[str, NDArray[np.float64]] = {"percent": 100 * change, "usd_m": change * self.income_usd_m}
        if self.latent is not None:
            extra = self.latent.real_income_change - 1.0
            columns["percent_with_latent"] = 100 * extra
            columns["usd_m_with_latent"] = extra * self.income_usd_m
        return pd.DataFrame(columns, index=pd.Index(self.economies, name="economy"))
