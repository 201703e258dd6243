"""What links cost to build: the same figures for points of leverage per dollar and for appraisals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from isthmus.world import World
from isthmus.world.package_data import package_rows


@dataclass(frozen=True, slots=True)
class Capex:
    """Cost of building one link, USD million."""

    link: str
    usd_m: float | None  # None: no figure
    basis: str
    source: str


def capex_of_links(world: World, links: Sequence[str]) -> tuple[Capex, ...]:
    """Return the capex of links, each once, pieces of one link together: our table of appraisal, else the world's."""
    ours = {row["link"]: row for row in package_rows("appraisal", "capex")}
    table = world.facts.get("projects")
    known = {}
    if table is not None:
        has = table[table["capex_usd_m"].notna()].drop_duplicates("link")
        known = {str(r.link): (float(str(r.capex_usd_m)), str(r.basis), str(r.source)) for r in has.itertuples()}
    out = []
    for link in dict.fromkeys(name.split("~")[0] for name in links):
        if link in ours:
            out.append(Capex(link, float(ours[link]["capex_usd_m"]), ours[link]["basis"], ours[link]["source"]))
        elif link in known:
            out.append(Capex(link, *known[link]))
        else:
            out.append(Capex(link, None, "none", "no figure found"))
    return tuple(out)
