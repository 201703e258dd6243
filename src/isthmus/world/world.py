"""World: what exists. Economies, sectors, accounts, network, and where each table came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import pandas as pd

from isthmus.world.accounts import Accounts, FloatArray, freeze
from isthmus.world.network import Network


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table came from."""

    table: str
    sources: str
    licence: str
    sha256: str


@dataclass(frozen=True, eq=False, slots=True)
class Sectors:
    """Sectors, their freight class and trade elasticities; arrays are read-only."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    commodity_class: tuple[str, ...]  # one of network.CLASSES, or "none"
    theta_long: FloatArray  # (sector,) trade elasticity, long horizon
    theta_short: FloatArray  # (sector,)
    theta_long_range: FloatArray  # (sector, 2) low, high
    theta_short_range: FloatArray  # (sector, 2)
    unit_value: FloatArray  # (sector,) USD per tonne, world default; inf where no freight
    basis: tuple[str, ...] = ()  # of elasticities: source or assumption
    sources: tuple[str, ...] = ()  # documents of elasticities and unit values

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, eq=False, slots=True)
class World:
    """All that a scenario can change; never changed in place (use `dataclasses.replace`)."""

    name: str
    year: int
    as_of: str  # ISO date of the network's state
    economies: tuple[str, ...]  # ISO3 codes, ROW last
    economy_names: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]  # group code -> member economies
    sectors: Sectors
    accounts: Accounts
    network: Network
    facts: dict[str, pd.DataFrame]  # tables the solvers do not read: economies, projects, dependencies ...
    sources: tuple[Source, ...]
    sha256: str  # of all tables together: the key of every cache
    folder: Path | None = field(default=None)

    def __repr__(self) -> str:
        return f"<World {self.name}: {len(self.economies)} economies, {len(self.network.link_ids)} links>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        net = self.network
        rows = {
            "economies": f"{len(self.economies)}",
            "sectors": f"{len(self.sectors.codes)}",
            "trade and money": f"year {self.year}",
            "network": f"{len(net.link_ids):,} links, {int(net.open.sum()):,} open on {self.as_of}",
            "projects": ", ".join(net.projects),
            "sha256": self.sha256[:12],
        }
        body = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in rows.items())
        return f"<p><strong>World {escape(self.name)}</strong></p><table>{body}</table>"
