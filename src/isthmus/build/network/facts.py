"""Our own tables that shape the graph, as typed rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from isthmus.errors import BuildError

FACTS = Path(__file__).parents[1] / "facts"


@dataclass(frozen=True, slots=True)
class Patch:
    """One correction of the raw data (facts/patches.csv)."""

    id: str
    layer: str  # rail | road | sea | ports
    action: str  # add_link | remove_link | add_node | move_node | retag | cut_area
    names: tuple[str, str]
    start: tuple[float, float]  # lat, lon
    end: tuple[float, float]  # lat, lon; NaN where the row has one place
    km: float  # NaN where the row gives none
    territories: tuple[str, ...]  # ISO3, in the order of the path
    status: str
    source: str
    basis: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place that must be a hub (facts/hubs.csv, ends of facts/city_pairs.csv)."""

    name: str
    lat: float
    lon: float
    iso3: str
    modes: str
    kind: str


@dataclass(frozen=True, slots=True)
class Post:
    """A border post of the facts (facts/crossings.csv)."""

    id: str
    name: str
    mode: str
    lat: float
    lon: float
    country_a: str
    country_b: str
    status: str


@dataclass(frozen=True, slots=True)
class ClosedBorder:
    """A pair of countries without open crossing, save those of the facts (closed_borders.csv)."""

    pair: frozenset[str]
    modes: str
    since: str  # ISO date; "" where it holds since ever
    keep: bool  # True: crossings stay in the network, closed; False: they are left out
    basis: str
    source: str


def read_facts(name: str) -> pd.DataFrame:
    """Return one of our own tables; empty cells are NaN."""
    return pd.read_csv(FACTS / f"{name}.csv", keep_default_na=True)


def _rows(name: str) -> list[dict[str, str]]:
    with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _number(cell: str) -> float:
    return float(cell) if cell else float("nan")


def read_patches() -> list[Patch]:
    """Return all rows of facts/patches.csv, in file order."""
    return [
        Patch(
            row["id"],
            row["layer"],
            row["action"],
            (row["from_name"], row["to_name"]),
            (_number(row["from_lat"]), _number(row["from_lon"])),
            (_number(row["to_lat"]), _number(row["to_lon"])),
            _number(row["length_km"]),
            tuple(row["territory"].split("+")),
            row["status"],
            row["source"],
            row["basis"],
        )
        for name in ("patches", "patches_found")
        for row in _rows(name)
    ]


def read_places() -> list[Place]:
    """Return curated hubs, then the ends of sourced distances; one row per name, modes and latitude."""
    places = [
        Place(row["name"], float(row["lat"]), float(row["lon"]), row["iso3"], row["modes"], row["kind"])
        for row in _rows("hubs")
    ]
    seen = {(place.name, place.modes, place.lat) for place in places}
    for end, position in (("from", 0), ("to", -1)):
        for row in _rows("city_pairs"):
            iso3 = row["territory_path"].split("-")[position]
            place = Place(row[end], float(row[f"{end}_lat"]), float(row[f"{end}_lon"]), iso3, row["mode"], "town")
            key = (place.name, place.modes, place.lat)
            if key not in seen:
                seen.add(key)
                places.append(place)
    return places


def read_posts() -> list[Post]:
    """Return the border posts by rail and road of facts/crossings, then those of posts_added.csv.

    The facts describe the Red Bridge in two rows, one per direction; the second makes no post.
    """
    return [
        Post(
            row["id"],
            row["name"],
            row["mode"],
            float(row["lat"]),
            float(row["lon"]),
            row["country_a"],
            row["country_b"],
            row["status"],
        )
        for name in ("crossings", "posts_added")
        for row in _rows(name)
        if row["mode"] in {"rail", "road"} and row["id"] != "krasny-most-aze-side"
    ]


def read_closed_borders() -> list[ClosedBorder]:
    """Return the pairs of countries whose border is closed.

    Raises
    ------
    BuildError
        A row's `treatment` is neither `closed` nor `left out`.
    """
    rows = _rows("closed_borders")
    for row in rows:
        if row["treatment"] not in {"closed", "left out"}:
            raise BuildError(
                f"closed_borders.csv: treatment of {row['country_a']}-{row['country_b']} is {row['treatment']!r}. "
                "Write 'closed' (crossings stay, closed) or 'left out'."
            )
    return [
        ClosedBorder(
            frozenset((row["country_a"], row["country_b"])),
            row["modes"],
            row["since"],
            row["treatment"] == "closed",
            row["basis"],
            row["source"],
        )
        for row in rows
    ]
