"""The base network: each step on graphs small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from isthmus.build.network import crossings, facts
from isthmus.build.network.contract import contract, prune
from isthmus.build.network.crossings import cut_borders
from isthmus.build.network.facts import (
    ClosedBorder,
    Patch,
    Place,
    Post,
    read_closed_borders,
    read_patches,
    read_places,
    read_posts,
)
from isthmus.build.network.geometry import CountryMap, Nearest, in_crimea, unwrap
from isthmus.build.network.patch import apply_patches, pin_countries, stretch_chords
from isthmus.build.network.places import City, Snapper, find_junctions, pick_cities, slug, split_at_places, unique_names
from isthmus.build.network.rawgraph import RawGraph
from isthmus.build.network.regions import bloc, iso3, label_parts
from isthmus.build.network.repair import join_dead_ends, repair_gaps, straighten_borders
from isthmus.errors import BuildError
from isthmus.world.geodesy import great_circle_km

KM = 1 / 111.195  # one km of latitude, degrees


def _graph(places: list[tuple[float, float, str]], edges: list[tuple[int, int]], mode: str = "rail") -> RawGraph:
    """Return a graph of places (lat, lon, country); edges are as long as their chords."""
    lat, lon = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    tail, head = (np.array([e[i] for e in edges], dtype=np.int64) for i in (0, 1))
    country = np.array([p[2] for p in places], dtype=object)
    return RawGraph(mode, lat, lon, country, tail, head, great_circle_km(lat[tail], lon[tail], lat[head], lon[head]))


def _distances(graph: RawGraph) -> np.ndarray:
    n = graph.lat.size
    ends = np.r_[graph.tail, graph.head], np.r_[graph.head, graph.tail]
    return dijkstra(csr_array((np.r_[graph.km, graph.km], ends), shape=(n, n)))


# ---- geometry


def test_great_circle_quarter_of_a_meridian() -> None:
    assert great_circle_km(0.0, 0.0, 90.0, 0.0) == pytest.approx(6371 * np.pi / 2)


def test_ring_over_the_antimeridian_runs_on() -> None:
    ring = np.array([[170.0, 60.0], [179.0, 65.0], [-175.0, 66.0], [170.0, 60.0]])
    assert unwrap(ring)[:, 0].tolist() == [170.0, 179.0, 185.0, 170.0]


def test_ring_without_antimeridian_stays() -> None:
    ring = np.array([[-10.0, 60.0], [20.0, 65.0], [-10.0, 60.0]])
    assert unwrap(ring) is ring


def test_country_map_tags_inside_across_180_and_off_the_coast() -> None:
    countries = CountryMap(["AAA", "BBB"], [shapely.box(0, 0, 10, 10), shapely.box(170, 0, 190, 10)])
    found = countries.tag(np.array([5.0, 5.0, 5.0]), np.array([5.0, -175.0, 11.0]))
    assert found.tolist() == ["AAA", "BBB", "AAA"]


def test_crimea_ends_at_perekop_and_at_the_kerch_strait() -> None:
    # Simferopol, Armyansk, Kherson, Taman.
    inside = in_crimea(np.array([44.95, 46.1, 46.63, 45.21]), np.array([34.1, 33.69, 32.6, 36.71]))
    assert inside.tolist() == [True, True, False, False]


def test_nearest_gives_minus_one_beyond_reach() -> None:
    nearest = Nearest(np.array([0.0]), np.array([0.0]))
    away, at = nearest.find(np.array([0.0, 5.0]), np.array([0.0, 0.0]), most=1, within_km=10.0)
    assert at[:, 0].tolist() == [0, -1]
    assert np.isinf(away[1, 0])


# ---- raw graph


def test_split_shares_the_length_of_the_edge() -> None:
    graph = _graph([(0.0, 0.0, "AAA"), (0.0, 1.0, "AAA")], [(0, 1)])
    graph.km[:] = 200.0  # a winding line
    node = graph.split(0, 0.0, 0.25, "AAA")
    assert sorted(graph.km.tolist()) == pytest.approx([50.0, 150.0])
    assert _distances(graph)[0, node] == pytest.approx(50.0)


def test_edge_past_finds_the_edge_that_a_place_lies_on() -> None:
    graph = _graph([(0.0, 0.0, "AAA"), (0.0, 1.0, "AAA"), (1.0, 0.0, "AAA"), (1.0, 1.0, "AAA")], [(0, 1), (2, 3)])
    detour, edge = graph.edge_past(0.99, 0.5, within_km=100.0)
    assert edge == 1
    assert detour < 0.1
    assert graph.edge_past(40.0, 40.0, within_km=100.0) == (np.inf, -1)


# ---- repair


def test_gap_inside_a_country_is_closed_and_one_across_a_border_is_not() -> None:
    places = [(0.0, 0.0, "AAA"), (0.5, 0.0, "AAA"), (0.5 + 2 * KM, 0.0, "AAA"), (1.0, 0.0, "AAA")]
    domestic = _graph(places, [(0, 1), (2, 3)])
    assert repair_gaps(domestic) == 1
    assert _distances(domestic)[0, 3] == pytest.approx(111.195, rel=0.01)
    foreign = _graph(places[:2] + [(lat, lon, "BBB") for lat, lon, _ in places[2:]], [(0, 1), (2, 3)])
    assert repair_gaps(foreign) == 0


def test_gap_wider_than_the_limit_of_its_mode_stays() -> None:
    places = [(0.0, 0.0, "AAA"), (0.5, 0.0, "AAA"), (0.5 + 4 * KM, 0.0, "AAA"), (1.0, 0.0, "AAA")]
    assert repair_gaps(_graph(places, [(0, 1), (2, 3)], "road")) == 0
    assert repair_gaps(_graph(places, [(0, 1), (2, 3)], "rail")) == 1


@pytest.mark.parametrize(("side", "joined"), [(0.5, 1), (0.1, 0)])
def test_dead_ends_are_joined_only_if_the_way_round_is_long(side: float, joined: int) -> None:
    # A square with a gap of 1 km in one side: the way round is four sides.
    places = [(0.0, side / 2, "AAA"), (0.0, 0.0, "AAA"), (side, 0.0, "AAA"), (side, side, "AAA"), (0.0, side, "AAA")]
    places.append((0.0, side / 2 + KM, "AAA"))
    graph = _graph(places, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)])
    assert join_dead_ends(graph) == joined
    assert (_distances(graph)[0, 5] < 2.0) == bool(joined)


def test_dead_ends_of_two_countries_are_never_joined() -> None:
    places = [(0.0, 0.0, "AAA"), (0.5, 0.0, "AAA"), (0.5 + 0.2 * KM, 0.0, "BBB"), (1.0, 0.0, "BBB")]
    assert join_dead_ends(_graph(places, [(0, 1), (2, 3)])) == 0


def test_piece_that_a_coarse_border_cuts_off_goes_back_unless_its_country_is_sourced() -> None:
    places = [(0.0, 0.0, "AAA"), (0.5, 0.0, "AAA"), (0.55, 0.0, "BBB"), (0.6, 0.0, "AAA"), (1.2, 0.0, "AAA")]
    edges = [(0, 1), (1, 2), (2, 3), (3, 4)]
    graph = _graph(places, edges)
    assert straighten_borders(graph, set()) == 1
    assert set(graph.country) == {"AAA"}
    assert straighten_borders(_graph(places, edges), {2}) == 0


# ---- patches


def _patch(**more: Any) -> Patch:
    row = Patch(
        "p", "rail", "add_link", ("A", "B"), (0.0, 0.0), (1.0, 0.0), 120.0, ("AAA",), "open", "map", "assumption"
    )
    return replace(row, **more)


def test_patches_add_remove_and_split() -> None:
    graph = _graph([(0.0, 0.0, "AAA"), (1.0, 0.0, "AAA"), (0.0, 2.0, "AAA")], [(0, 2)])
    done: dict[str, tuple[str, str]] = {}
    rows = [
        _patch(id="new"),
        _patch(id="gone", action="remove_link", start=(0.0, 0.0), end=(0.0, 2.0)),
        _patch(id="absent", action="remove_link", start=(1.0, 0.0), end=(0.0, 2.0)),
        _patch(id="project", status="planned"),
        _patch(id="elsewhere", layer="road"),
    ]
    apply_patches(graph, rows, done)
    assert graph.km.tolist() == [120.0]
    assert {name: what for name, (what, _) in done.items()} == {
        "new": "new",
        "gone": "overlay",
        "absent": "left_out",
        "project": "left_out",
    }


def test_patch_beyond_the_last_node_adds_nodes_that_later_rows_share() -> None:
    graph = _graph([(0.0, 0.0, "AAA"), (1.0, 0.0, "AAA")], [(0, 1)])
    rows = [
        _patch(id="one", start=(1.0, 0.0), end=(1.5, 0.5), km=90.0),
        _patch(id="two", start=(1.5, 0.5), end=(2.0, 1.0)),
    ]
    fixed = apply_patches(graph, rows, {})
    assert len(fixed) == 2
    assert _distances(graph)[0].max() == pytest.approx(111.195 + 90 + 120, rel=1e-3)


def test_long_road_edges_are_stretched_and_rails_are_not() -> None:
    places = [(50.0, 60.0, "KAZ"), (51.0, 60.0, "KAZ"), (50.0, 60.1, "KAZ"), (41.5, 73.0, "KGZ"), (41.7, 73.0, "KGZ")]
    edges = [(0, 1), (0, 2), (3, 4)]
    road, rail = _graph(places, edges, "road"), _graph(places, edges, "rail")
    before = road.km.copy()
    stretch_chords(road)
    stretch_chords(rail)
    assert (road.km / before).tolist() == pytest.approx([1.05, 1.0, 1.35])
    assert rail.km.tolist() == before.tolist()


def test_sourced_places_decide_over_coarse_borders() -> None:
    graph = _graph([(39.2, 46.4, "AZE"), (39.3, 46.4, "AZE"), (38.9, 46.24, "IRN"), (35.2, 33.4, "CYN")], [(0, 1)])
    towns = [City("Kapan", "ARM", 39.2, 46.4, 45000, False), City("Tabriz", "IRN", 38.1, 46.3, 1, False)]
    towns += [City("Baku", "AZE", 40.4, 49.9, 1, False), City("Nicosia", "CYP", 35.2, 33.4, 1, False)]
    graph.country[1] = "ARM"
    pin_countries(graph, towns, [Place("Meghri", 38.9, 46.25, "ARM", "road", "town")], [_patch()])
    assert graph.country.tolist() == ["ARM", "ARM", "ARM", "CYN"]


# ---- borders


@pytest.fixture
def border_at_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """Country AAA lies south of half a degree, BBB north."""
    monkeypatch.setattr(crossings, "tag_countries", lambda lat, _: np.where(lat < 0.5, "AAA", "BBB").astype(object))


def _two_countries() -> RawGraph:
    """Return three lines from AAA to BBB: two 11 km apart, one 222 km away."""
    places = [(0.0, lon, "AAA") for lon in (0.0, 0.1, 2.0)] + [(1.0, lon, "BBB") for lon in (0.0, 0.1, 2.0)]
    return _graph(places, [(0, 3), (1, 4), (2, 5), (0, 1), (3, 4)])


@pytest.mark.usefixtures("border_at_half")
def test_border_edges_become_crossings_with_the_same_way_across() -> None:
    graph = _two_countries()
    before = _distances(graph)
    found = cut_borders(graph, [], [])
    assert len(found) == 2  # the two close lines share one
    assert all(c.status == "open" and {c.label_a, c.label_b} == {"AAA", "BBB"} for c in found)
    assert all(graph.country[c.node_a] == c.label_a and graph.country[c.node_b] == c.label_b for c in found)
    crossed = graph.country[graph.tail] != graph.country[graph.head]
    assert not crossed.any()
    assert not np.isfinite(_distances(graph)[0, 3])
    graph.add_edges([c.node_a for c in found], [c.node_b for c in found], [c.km for c in found])
    after = _distances(graph)
    assert after[0, 3] == pytest.approx(before[0, 3], rel=1e-3)
    assert after[2, 5] == pytest.approx(before[2, 5], rel=1e-3)


@pytest.mark.usefixtures("border_at_half")
def test_post_takes_its_line_name_and_status_and_country_a_comes_first() -> None:
    post = Post("gate", "The gate", "rail", 0.5, 2.02, "BBB", "AAA", "closed")
    found = {c.id: c for c in cut_borders(_two_countries(), [post], [])}
    assert set(found) == {"gate", "x-rail-AAA-BBB-0.50-0.00"}
    assert (found["gate"].label_a, found["gate"].label_b, found["gate"].status) == ("BBB", "AAA", "closed")


@pytest.mark.usefixtures("border_at_half")
@pytest.mark.parametrize("keep", [True, False])
def test_closed_pair_has_no_open_crossing(keep: bool) -> None:
    rule = ClosedBorder(frozenset(("AAA", "BBB")), "rail+road", "2022-02-24", keep, "assumption", "war")
    post = Post("gate", "The gate", "rail", 0.5, 2.0, "AAA", "BBB", "closed")
    found = cut_borders(_two_countries(), [post], [rule])
    assert {c.status for c in found} == {"closed"}
    assert len(found) == (2 if keep else 1)
    assert [c.timeline for c in found if c.id != "gate"] == ["2022-02-24 closed"] * int(keep)


@pytest.mark.usefixtures("border_at_half")
def test_post_without_line_gets_an_approach_only_if_it_is_open() -> None:
    for status, joined in (("open", True), ("closed", False)):
        graph = _graph([(0.0, 0.0, "AAA"), (0.3, 0.0, "AAA"), (0.7, 0.0, "BBB"), (1.0, 0.0, "BBB")], [(0, 1), (2, 3)])
        (crossing,) = cut_borders(graph, [Post("gate", "Gate", "rail", 0.5, 0.0, "AAA", "BBB", status)], [])
        assert bool(np.isfinite(_distances(graph)[0, crossing.node_a])) == joined


def test_blocs_and_parts_of_countries() -> None:
    assert bloc("DEU") == bloc("POL") != bloc("BLR")
    assert bloc("UKR-crimea") == "UKR-crimea"
    assert iso3("GEO-abkhazia") == "GEO"
    # Sukhumi, Zugdidi, Simferopol, Kyiv, Cayenne.
    places = [(43.0, 41.0, "GEO"), (42.51, 41.87, "GEO"), (44.95, 34.1, "UKR"), (50.4, 30.5, "UKR")]
    graph = _graph([*places, (4.9, -52.3, "FRA")], [(0, 1)])
    label_parts(graph)
    assert graph.country.tolist() == ["GEO-abkhazia", "GEO", "UKR-crimea", "UKR", "FRA-guiana"]


# ---- hubs and contraction


def test_contraction_of_a_line_with_a_branch() -> None:
    # 0 - 1 - 2 - 3, branch 1 - 4; hubs 0, 3, 4.
    graph = _graph([(0, 0, "A"), (0, 1, "A"), (0, 2, "A"), (0, 3, "A"), (1, 1, "A")], [(0, 1), (1, 2), (2, 3), (1, 4)])
    a, b, km = contract(graph, np.array([0, 3, 4]))
    found = {(int(x), int(y)): float(z) for x, y, z in zip(a, b, km, strict=True)}
    fine = _distances(graph)
    assert set(found) == {(0, 3), (0, 4), (3, 4)}
    assert all(found[x, y] == pytest.approx(fine[x, y]) for x, y in found)


def test_paths_stop_at_hubs() -> None:
    graph = _graph([(0, 0, "A"), (0, 1, "A"), (0, 2, "A")], [(0, 1), (1, 2)])
    a, b, _ = contract(graph, np.array([0, 1, 2]))
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 1), (1, 2)]


def test_pruning_drops_a_link_within_the_slack_only() -> None:
    a, b = np.array([0, 0, 1]), np.array([1, 2, 2])
    assert prune(a, b, np.array([50.0, 100.0, 58.0]), 3).tolist() == [True, False, True]
    assert prune(a, b, np.array([50.0, 100.0, 62.0]), 3).tolist() == [True, True, True]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_contraction_never_shortens_and_keeps_connectivity(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    places = [(float(x), float(y), "AAA") for x, y in rng.uniform(0, 3, (n, 2))]
    pairs = {(min(i, j), max(i, j)) for i in range(n) for j in rng.integers(0, n, 3).tolist() if i != j}
    near = [(i, j) for i, j in sorted(pairs) if abs(places[i][0] - places[j][0]) < 1.5]
    graph = _graph(places, near)
    hubs = np.sort(rng.choice(n, 15, replace=False))
    a, b, km = contract(graph, hubs)
    fine = _distances(graph)[np.ix_(hubs, hubs)]
    coarse = _distances(replace(graph, tail=a, head=b, km=km))[np.ix_(hubs, hubs)]
    assert (np.isfinite(fine) == np.isfinite(coarse)).all()
    ok = np.isfinite(fine) & (fine > 0)
    assert (coarse[ok] >= fine[ok] * (1 - 1e-12)).all()
    assert np.median(coarse[ok] / fine[ok]) < 1.10


def test_hub_is_the_nearest_node_of_its_own_country() -> None:
    graph = _graph([(0.0, 0.0, "AAA"), (0.05, 0.0, "BBB"), (5.0, 0.0, "BBB")], [(0, 1), (1, 2)])
    snapper = Snapper(graph, np.arange(3))
    assert snapper.find(0.01, 0.0, "BBB") == 1
    assert snapper.find(0.01, 0.0, "AAA") == 0
    assert snapper.find(2.0, 0.0, "AAA") == -1
    assert snapper.find(0.0, 0.0, "CCC") == -1


def test_place_on_a_long_edge_splits_it() -> None:
    graph = _graph([(0.0, 0.0, "AAA"), (0.0, 1.0, "AAA")], [(0, 1)])
    places = [Place("Middle", 0.001, 0.5, "AAA", "rail+road", "town"), Place("Off", 0.5, 0.5, "AAA", "rail", "town")]
    assert split_at_places(graph, places) == 1
    assert graph.km.sum() == pytest.approx(111.19, rel=1e-3)


def test_cities_close_to_a_larger_one_are_no_hubs() -> None:
    cities = [City("Big", "KAZ", 43.2, 76.9, 900_000, False), City("Near", "KAZ", 43.3, 77.0, 90_000, False)]
    cities += [City("Far", "KAZ", 45.0, 78.0, 41_000, False), City("Small", "KAZ", 47.0, 70.0, 39_000, False)]
    assert [c.name for c in pick_cities(cities, "rail")] == ["Big", "Far"]
    assert [c.name for c in pick_cities([replace(cities[3], capital=True)], "road")] == ["Small"]


def test_junctions_need_three_through_lines() -> None:
    ring = [(50.0, 60.0, "KAZ"), (51.0, 60.0, "KAZ"), (50.5, 61.0, "KAZ"), (50.5, 60.4, "KAZ"), (49.0, 60.0, "KAZ")]
    graph = _graph(ring, [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (0, 4)])
    assert find_junctions(graph) == [0, 1]  # 4 is a dead end, 2 and 3 have two lines
    assert find_junctions(replace(graph, mode="road")) == []


def test_slug() -> None:
    assert slug("Şamaxı / Kürdəmir") == "samax-kurdmir"  # noqa: RUF001
    assert slug("北京") == "place"


# ---- tables of our own


def test_tables_are_read_whole() -> None:
    patches, posts, closed = read_patches(), read_posts(), read_closed_borders()
    assert len({p.id for p in patches}) == len(patches) >= 183
    assert len({p.id for p in posts}) == len(posts)
    assert "krasny-most-aze-side" not in {p.id for p in posts}
    assert all(row.source and row.basis in {"source", "assumption"} for row in closed)
    assert {p.name for p in read_places()} >= {"Horadiz", "Meghri", "Alat"}


def test_unknown_treatment_of_a_border_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"country_a": "AAA", "country_b": "BBB", "treatment": "shut"}
    monkeypatch.setattr(facts, "_rows", lambda _: [row])
    with pytest.raises(BuildError, match="AAA-BBB is 'shut'"):
        read_closed_borders()


def test_names_are_told_apart_by_suffix_then_by_x() -> None:
    assert unique_names(["a", "a", "b", "a", "a"], ["-p", "-q", "-r", "-q", "-q"]) == ["a", "a-q", "b", "a-qx", "a-qxx"]
    assert unique_names(["a", "a", "ax"]) == ["a", "ax", "axx"]
