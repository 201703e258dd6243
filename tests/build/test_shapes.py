"""The course of contracted links: traced on fine graphs small enough to check by hand, and as shipped."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus as ist
from isthmus.build.network.contract import contract
from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.shapes import thin_line, trace_courses
from isthmus.errors import WorldError
from isthmus.report import network_document
from isthmus.world.geodesy import great_circle_km
from isthmus.world.shapes import inner_points


def _graph(lat: list[float], lon: list[float], edges: list[tuple[int, int]]) -> RawGraph:
    a, b = (np.array([e[i] for e in edges], dtype=np.int64) for i in (0, 1))
    y, x = np.array(lat), np.array(lon)
    return RawGraph("rail", y, x, np.full(y.size, "AAA", dtype=object), a, b, great_circle_km(y[a], x[a], y[b], x[b]))


def test_a_link_bends_where_its_shortest_path_does() -> None:
    # Hubs 0 and 3; the way over 1 and 2 is shorter than the one over 4.
    graph = _graph([0, 0, 1, 1, 5], [0, 1, 1, 2, 0], [(0, 1), (1, 2), (2, 3), (0, 4), (4, 3)])
    hubs = np.array([0, 3])
    lines = contract(graph, hubs)
    assert (lines[0].tolist(), lines[1].tolist()) == ([0], [3])
    assert trace_courses(graph, hubs, lines) == ["1.00 0.00, 1.00 1.00"]


def test_a_path_does_not_run_through_another_hub() -> None:
    # The shortest way 0-2 passes hub 1; the link 0-2 is the way over 3.
    graph = _graph([0, 0, 0, 1], [0, 1, 2, 1], [(0, 1), (1, 2), (0, 3), (3, 2)])
    found = trace_courses(graph, np.array([0, 1, 2]), (np.array([0]), np.array([2]), np.array([320.0])))
    assert found == ["1.00 1.00"]


def test_points_on_a_great_circle_are_dropped() -> None:
    lon = np.linspace(0.0, 10.0, 30)
    assert thin_line(np.zeros(30), lon, tolerance_km=0.1, most=12) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 60))
def test_a_thinned_line_stays_within_the_tolerance(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    lat, lon = 40 + np.cumsum(rng.normal(0, 0.05, size)), 179.5 + np.cumsum(rng.normal(0.05, 0.05, size))
    lon = (lon + 180) % 360 - 180  # some cross the antimeridian
    kept = [0, *thin_line(lat, lon, tolerance_km=3.0, most=size), size - 1]
    assert kept == sorted(set(kept))
    for a, b in pairwise(kept):
        share = np.linspace(0, 1, 400)
        run = (lon[b] - lon[a] + 180) % 360 - 180
        piece_lat, piece_lon = lat[a] + share * (lat[b] - lat[a]), lon[a] + share * run
        for k in range(a + 1, b):
            assert great_circle_km(lat[k], lon[k], piece_lat, piece_lon).min() < 3.2


def test_the_number_of_points_is_bounded() -> None:
    lat = np.tile([40.0, 41.0], 20)
    assert len(thin_line(lat, np.linspace(40, 50, 40), tolerance_km=2.0, most=12)) == 12


def test_shipped_courses_are_no_longer_than_their_links(eurasia: ist.World) -> None:
    """Thinning only shortens a path; lengths of links are those of the path, or sourced ones near it."""
    net, courses = eurasia.network, inner_points(eurasia)
    ratios = {"rail": [], "road": [], "sea": []}  # type: dict[str, list[float]]
    for i, link in enumerate(net.link_ids):
        if link not in courses or net.length_km[i] < 50:
            continue
        line = np.array(
            [
                (net.node_lon[net.from_node[i]], net.node_lat[net.from_node[i]]),
                *courses[link],
                (net.node_lon[net.to_node[i]], net.node_lat[net.to_node[i]]),
            ]
        )
        km = float(great_circle_km(line[:-1, 1], line[:-1, 0], line[1:, 1], line[1:, 0]).sum())
        ratios[ist.world.network.MODES[net.mode[i]]].append(km / net.length_km[i])
    for mode, least in (("rail", 0.9), ("road", 0.85), ("sea", 0.9)):
        assert len(ratios[mode]) > 500
        assert least < np.median(ratios[mode]) < 1.04, mode
        assert np.quantile(ratios[mode], 0.99) < 1.6, mode


def test_the_network_document_carries_courses(eurasia: ist.World) -> None:
    document, courses = network_document(eurasia), inner_points(eurasia)
    steps = document["links"]["course"]  # type: ignore[index]
    for i, link in enumerate(eurasia.network.link_ids):
        place = np.cumsum(np.array(steps[i]).reshape(-1, 2), axis=0) / 100
        np.testing.assert_allclose(place, np.array(courses.get(link, ())).reshape(-1, 2), atol=0.0051)


def _toy_with_shapes(folder: Path, toy_folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    shutil.copytree(toy_folder, folder)
    pd.DataFrame(rows, columns=["link", "points", "source"]).to_csv(folder / "link_shapes.csv", index=False)
    return folder


def test_a_world_of_ones_own_may_bring_courses(tmp_path: Path, toy: ist.World, toy_folder: Path) -> None:
    link = toy.network.link_ids[0]
    folder = _toy_with_shapes(tmp_path / "w", toy_folder, [(link, "44.51 40.18, 44.6 40.02", "drawn by hand")])
    assert inner_points(ist.load_world(folder)) == {link: ((44.51, 40.18), (44.6, 40.02))}
    assert inner_points(toy) == {}


def test_bad_courses_are_told_together(tmp_path: Path, toy: ist.World, toy_folder: Path) -> None:
    rows = [("no-such-link", "44.5 40.1", "x"), (toy.network.link_ids[0], "44.5 140.1", "x")]
    with pytest.raises(WorldError, match="name no row of links, first 'no-such-link'") as caught:
        ist.load_world(_toy_with_shapes(tmp_path / "w", toy_folder, rows))
    assert "points cannot be read in 1 of 2 rows, first row 2: '44.5 140.1'" in str(caught.value)
