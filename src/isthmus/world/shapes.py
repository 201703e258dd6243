"""The course of links between their ends, for drawing; the solvers never read it.

A world may lack the table `link_shapes` or rows in it: such links are drawn straight.
"""

from __future__ import annotations

import pandas as pd

from isthmus.errors import nearest
from isthmus.world.world import World

#: Longitude and latitude, degrees.
Point = tuple[float, float]


def inner_points(world: World) -> dict[str, tuple[Point, ...]]:
    """Return link id -> (longitude, latitude) of the inner points of its course, degrees, from from_node to to_node.

    Links without an entry are straight.
    """
    table = world.facts.get("link_shapes")
    if table is None:
        return {}
    return {link: parse_points(text) for link, text in zip(table["link"], table["points"], strict=True)}


def parse_points(text: str) -> tuple[Point, ...]:
    """Return the points of `lon lat, lon lat`.

    Raises
    ------
    ValueError
        A point is not two numbers, or not a place on the globe.
    """
    points = []
    for pair in text.split(","):
        lon, lat = (float(cell) for cell in pair.split())
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
            raise ValueError(pair)
        points.append((lon, lat))
    return tuple(points)


def check_shapes(table: pd.DataFrame | None, links: pd.DataFrame, problems: list[str]) -> None:
    """Add what is wrong with the table `link_shapes` to `problems`."""
    if table is None:
        return
    known = set(links["link"])
    strange = [link for link in table["link"] if link not in known]
    if strange:
        problems.append(
            f"link_shapes: link: {len(strange)} rows name no row of links, first {strange[0]!r}."
            f"{nearest(strange[0], list(known))}"
        )
    wrong = [row for row, text in enumerate(table["points"]) if not _parses(text)]
    if wrong:
        problems.append(
            f"link_shapes: points cannot be read in {len(wrong)} of {len(table)} rows, first row {wrong[0] + 1}: "
            f"{table['points'].iloc[wrong[0]]!r}. Write longitude and latitude of each point in degrees, "
            "points separated by commas: 44.51 40.18, 44.6 40.02."
        )


def _parses(text: str) -> bool:
    try:
        parse_points(text)
    except ValueError:
        return False
    return True
