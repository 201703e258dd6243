"""What an appraisal assumes: growth, capex, neighbours' lines, ranges. Tables in `data/`, sources included."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.appraisal.points import place
from isthmus.errors import QueryError, nearest
from isthmus.leverage.capex import Capex, capex_of_links
from isthmus.scenario.changes import Change, OpenLink, SetDemand
from isthmus.world import World
from isthmus.world.package_data import package_rows


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure with its range."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    basis: str
    source: str

    def at(self, u: float) -> float:
        """Return the value at a position between 0 and 1."""
        return float(place(u, self.low, self.value, self.high))


@dataclass(frozen=True, slots=True)
class Growth:
    """The years over which a drawn shift of growth acts."""

    start: int  # the world's own
    end: int


def growth_ends(world: World) -> Growth:
    """Return the years between which demand grows."""
    return Growth(world.year, int(read_assumptions()["growth_until"].value))


def read_assumptions() -> dict[str, Assumption]:
    """Return the assumptions by name."""
    return {
        row["name"]: Assumption(
            row["name"],
            float(row["value"]),
            float(row["low"]),
            float(row["high"]),
            row["unit"],
            row["basis"],
            row["source"],
        )
        for row in package_rows("appraisal", "assumptions")
    }


def find_project(world: World, project: str) -> tuple[str, ...]:
    """Return the links of a project.

    Raises
    ------
    QueryError
        No such project.
    """
    if project not in world.network.projects:
        known = tuple(world.network.projects)
        raise QueryError(
            f"{project!r} is no project of {world.name}.{nearest(project, known)} Projects: {', '.join(sorted(known))}."
        )
    return world.network.projects[project]


def opening_of(project: str) -> tuple[Change, ...]:
    """Return the change that a project is."""
    return (OpenLink(links=(project,)),)


def given_for(world: World, project: str) -> tuple[Change, ...]:
    """Return the changes that are there with and without the project: its neighbours' lines."""
    named = [row["given"] for row in package_rows("appraisal", "given") if row["project"] == project]
    names = tuple(name for name in named if name in world.network.projects)
    return (OpenLink(links=names),) if names else ()


def capex_of(world: World, project: str) -> tuple[Capex, ...]:
    """Return the capex of a project's links."""
    return capex_of_links(world, find_project(world, project))


def growth_to(world: World, year: int, scale: float = 1.0) -> tuple[Change, ...]:
    """Return the demand of a year over that of the world's, by economy: nothing for the world's own year.

    Parameters
    ----------
    world : World
    year : int
    scale : float
        Factor on the growth rates.
    """
    rates: dict[str, float] = {}
    for row in package_rows("appraisal", "growth"):
        for member in world.groups.get(row["economy"], (row["economy"],)):
            rates[member] = float(row["percent_per_year"]) / 100.0
    span = year - world.year
    if not span or not scale:
        return ()
    factor = {name: (1.0 + scale * rates.get(name, rates["*"])) ** span for name in world.economies}
    return tuple(SetDemand(economy=(name,), factor=f) for name, f in factor.items())
