"""The shipped network against the facts: coverage, distances, borders, access. Sources: build/facts/*.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

import isthmus
from isthmus.world.timeline import read_timeline, status_on

ROOT = Path(isthmus.__file__).parent
WORLD = ROOT / "worlds" / "eurasia-2022"
FACTS = ROOT / "build" / "facts"
AS_OF = "2025-12-31"
EARTH_KM = 6371.0

#: Pairs of zones for the detour test, by road and by rail: 30 pairs of both modes.
DETOURS = [
    ("RUS-saint-petersburg", "BLR-minsk"), ("RUS-moscow", "RUS-samara"), ("RUS-samara", "RUS-yekaterinburg"),
    ("RUS-yekaterinburg", "RUS-novosibirsk"), ("RUS-novosibirsk", "RUS-irkutsk"), ("RUS-moscow", "BLR-minsk"),
    ("RUS-rostov-na-donu", "RUS-makhachkala"), ("RUS-moscow", "RUS-rostov-na-donu"), ("KAZ-almaty", "KAZ-astana"),
    ("KAZ-almaty", "KAZ-shymkent"), ("KAZ-astana", "KAZ-karaganda"), ("KAZ-aktobe", "RUS-samara"),
    ("UZB-tashkent", "UZB-samarkand"), ("UZB-tashkent", "KAZ-shymkent"), ("TKM-ashgabat", "TKM-mary"),
    ("TKM-mary", "TKM-turkmenabat"), ("IRN-tehran", "IRN-tabriz"), ("IRN-tehran", "IRN-mashhad"),
    ("IRN-tehran", "IRN-isfahan"), ("TUR-ankara", "TUR-istanbul"), ("TUR-ankara", "TUR-mersin"),
    ("TUR-kars", "TUR-ankara"), ("GEO-tbilisi", "GEO-poti"), ("AZE-baku", "GEO-tbilisi"), ("AZE-baku", "AZE-ganja"),
    ("POL-warsaw", "DEU-berlin"), ("BLR-minsk", "POL-warsaw"), ("DEU-berlin", "DEU-munich"),
    ("CHN-beijing", "CHN-zhengzhou"), ("CHN-xi-an", "CHN-urumqi"),
]  # fmt: skip


@pytest.fixture(scope="module")
def nodes() -> pd.DataFrame:
    return pd.read_parquet(WORLD / "nodes.parquet")


@pytest.fixture(scope="module")
def links() -> pd.DataFrame:
    """Links with their state on the as-of day and the territories of their ends."""
    table = pd.read_parquet(WORLD / "links.parquet")
    side = pd.read_parquet(WORLD / "nodes.parquet").set_index("node")["territory"]
    table["a"], table["b"] = table["from_node"].map(side), table["to_node"].map(side)
    table["usable"] = [
        status_on(read_timeline(text, status, project=kind == "project" or status == "planned"), AS_OF)
        in {"open", "restricted"}
        for text, status, kind in zip(table["timeline"], table["status"], table["kind"], strict=True)
    ]
    return table


def facts(name: str) -> pd.DataFrame:
    return pd.read_csv(FACTS / f"{name}.csv")


class Graph:
    """Open links of some modes, in km."""

    def __init__(self, nodes: pd.DataFrame, links: pd.DataFrame, modes: set[str]) -> None:
        self.nodes = nodes[nodes["mode"].isin(modes)].reset_index(drop=True)
        self.index = {node: i for i, node in enumerate(self.nodes["node"])}
        use = links[links["mode"].isin(modes | {"transfer"}) & links["usable"]]
        use = use[use["from_node"].isin(self.index) & use["to_node"].isin(self.index)]
        a, b = (use[end].map(self.index).to_numpy() for end in ("from_node", "to_node"))
        km = use["length_km"].to_numpy() + 1e-6
        n = len(self.nodes)
        self.matrix = csr_array((np.r_[km, km], (np.r_[a, b], np.r_[b, a])), shape=(n, n))
        self.label = connected_components(self.matrix, directed=False)[1]

    def near(self, lat: float, lon: float, reach: float = 40.0) -> list[tuple[int, float]]:
        """Return the nearest node and others at most 3 km farther, with their distances in km."""
        km = great_circle(self.nodes["lat"].to_numpy(), self.nodes["lon"].to_numpy(), lat, lon)
        order = np.argsort(km, kind="stable")[:4]
        return [(int(i), float(km[i])) for i in order if km[i] <= min(reach, km[order[0]] + 3.0)]

    def distance(self, start: tuple[float, float], end: tuple[float, float]) -> float:
        """Return the shortest km between two places: 1.2 times the straight line to hubs within 40 km, and the path."""
        starts, ends = self.near(*start), self.near(*end)
        if not starts or not ends:
            return float("inf")
        found = dijkstra(self.matrix, indices=[i for i, _ in starts])
        return min(
            float(found[row, j]) + 1.2 * (km_a + km_b) for row, (_, km_a) in enumerate(starts) for j, km_b in ends
        )

    def joined(self, a: str, b: str) -> bool:
        return bool(self.label[self.index[a]] == self.label[self.index[b]])


def great_circle(lat_a: np.ndarray, lon_a: np.ndarray, lat_b: float, lon_b: float) -> np.ndarray:
    p, q = np.radians(lat_a), np.radians(lat_b)
    h = np.sin((q - p) / 2) ** 2 + np.cos(p) * np.cos(q) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(h))


@pytest.mark.parametrize(
    ("table", "key"),
    [("links", "id"), ("crossings", "id"), ("ports", "id"), ("patches", "id"), ("hubs", "name"), ("openings", "id")],
)
def test_every_row_of_the_facts_is_overlay_new_or_left_out_with_a_reason(
    table: str, key: str, links: pd.DataFrame, nodes: pd.DataFrame
) -> None:
    coverage = pd.read_parquet(WORLD / "coverage.parquet")
    mine = coverage[coverage["table"] == table]
    assert sorted(mine["row"]) == sorted(facts(table)[key].astype(str))
    assert set(mine["treatment"]) <= {"overlay", "new", "left_out"}
    assert (mine.loc[mine["treatment"] == "left_out", "reason"] != "").all()
    known = set(links["link"]) | set(nodes["node"])
    named = {target for cell in mine["target"] for target in cell.split(";") if target}
    assert named <= known, sorted(named - known)[:5]
    if table not in {"patches"}:
        placed = mine[mine["treatment"] != "left_out"]
        assert (placed["target"] != "").all(), placed[placed["target"] == ""]


@pytest.mark.parametrize("mode", ["rail", "road"])
def test_sourced_distances_hold_for_nine_pairs_in_ten_and_exceptions_are_explained(
    mode: str, nodes: pd.DataFrame, links: pd.DataFrame
) -> None:
    graph = Graph(nodes, links, {mode})
    pairs = facts("city_pairs")
    pairs = pairs[pairs["mode"] == mode].reset_index(drop=True)
    km = np.array(
        [
            graph.distance((a, b), (c, d))
            for a, b, c, d in zip(pairs["from_lat"], pairs["from_lon"], pairs["to_lat"], pairs["to_lon"], strict=True)
        ]
    )
    off = 100 * np.abs(km / pairs["distance_km"].to_numpy() - 1)
    known = pd.read_csv(Path(__file__).parent / "network_exceptions.csv")
    known = known[known["mode"] == mode].set_index(["from", "to"])["kind"]
    pair = pd.MultiIndex.from_frame(pairs[["from", "to"]])
    wrong = ~(off <= pairs["tolerance_percent"].to_numpy())
    unexplained = [p for p in pair[wrong] if p not in known.index]
    assert not unexplained
    today = ~pair.isin(known.index[known == "closed"])  # closed and unbuilt lines do not count
    assert wrong[today].sum() <= 0.1 * today.sum()


@pytest.mark.parametrize("mode", ["rail", "road"])
def test_detours_of_thirty_more_pairs_are_plausible(mode: str, nodes: pd.DataFrame, links: pd.DataFrame) -> None:
    graph = Graph(nodes, links, {mode})
    zones = pd.read_parquet(WORLD / "zones.parquet").set_index("zone")
    ratios = {}
    for a, b in DETOURS:
        start, end = ((float(zones.at[z, "lat"]), float(zones.at[z, "lon"])) for z in (a, b))
        straight = float(great_circle(np.array([start[0]]), np.array([start[1]]), *end)[0])
        ratios[a, b] = graph.distance(start, end) / straight
    outside = {pair: ratio for pair, ratio in ratios.items() if not 1.05 <= ratio <= 2.5}
    assert not outside


def test_a_route_uses_each_open_crossing(nodes: pd.DataFrame, links: pd.DataFrame) -> None:
    """Both sides of an open crossing reach a place where a zone of that territory joins, without the crossing."""
    inland = links[links["usable"] & (links["a"] == links["b"])]
    index = {node: i for i, node in enumerate(nodes["node"])}
    a, b = (inland[end].map(index).to_numpy() for end in ("from_node", "to_node"))
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(nodes), len(nodes)))
    label = connected_components(graph, directed=False)[1]
    connectors = pd.read_parquet(WORLD / "connectors.parquet")["node"].map(index)
    served = set(label[connectors])
    crossings = links[(links["kind"] == "border") & links["usable"] & links["link"].isin(facts("crossings")["id"])]
    assert len(crossings) >= 45
    cut = [
        (link, end)
        for link, x, y in zip(crossings["link"], crossings["from_node"], crossings["to_node"], strict=True)
        for end in (x, y)
        if label[index[end]] not in served
    ]
    assert not cut


def test_armenia_has_no_open_crossing_to_turkey_or_azerbaijan(links: pd.DataFrame) -> None:
    """facts/crossings: closed since 1990-1993."""
    for other in ("TUR", "AZE"):
        sides = ((links["a"] == "ARM") & (links["b"] == other)) | ((links["b"] == "ARM") & (links["a"] == other))
        assert sides.sum() >= 3
        assert not links.loc[sides & links["usable"] & links["mode"].isin(["road", "rail"]), "link"].tolist()


def test_abkhazia_is_closed_by_land_and_sea(nodes: pd.DataFrame, links: pd.DataFrame) -> None:
    """facts/crossings psou-abkhazia, facts/ports sokhumi-ochamchire."""
    shut = links[links["link"].isin(["psou-abkhazia", "abkhazia-rail-psou-ingiri", "port-sokhumi-ochamchire"])]
    assert len(shut) == 3
    assert not shut["usable"].any()
    for mode in ("rail", "road"):
        graph = Graph(nodes, links, {mode})
        at_sukhumi, at_kutaisi, at_sochi = (graph.near(*p) for p in ((43.0, 41.02), (42.25, 42.7), (43.6, 39.73)))
        if at_sukhumi:
            assert graph.label[at_sukhumi[0][0]] != graph.label[at_kutaisi[0][0]]
            assert graph.label[at_sukhumi[0][0]] != graph.label[at_sochi[0][0]]


def test_caspian_is_closed_to_the_ocean(nodes: pd.DataFrame, links: pd.DataFrame) -> None:
    graph = Graph(nodes, links, {"sea"})
    for port in ("aktau", "turkmenbashi", "makhachkala", "amirabad", "anzali"):
        assert graph.joined("sea:baku-alat", f"sea:{port}")
    for port in ("poti", "novorossiysk", "constanta", "bandar-abbas"):
        assert not graph.joined("sea:baku-alat", f"sea:{port}")


def test_no_two_links_of_one_mode_between_two_nodes(links: pd.DataFrame) -> None:
    plain = links[~links["mode"].isin(["oil_pipeline", "gas_pipeline"])]
    ends = np.sort(plain[["from_node", "to_node"]].to_numpy(dtype=str), axis=1)
    twins = pd.DataFrame({"a": ends[:, 0], "b": ends[:, 1], "mode": plain["mode"].to_numpy()}).duplicated()
    assert not plain.loc[twins.to_numpy(), "link"].tolist()


def test_access_rules_hold_on_their_days() -> None:
    access = pd.read_parquet(WORLD / "access.parquet")
    denied = access[access["kind"] == "denied"].set_index(["by", "against"])
    assert denied.at[("AZE", "ARM"), "until"] == "2025-10-21"  # facts/openings O080
    assert denied.at[("TUR", "ARM"), "until"] == ""
    assert {("RUS", "UKR"), ("UKR", "RUS")} <= set(denied.index)
    premia = access[access["kind"] == "premium"]
    assert (premia["against"] == "*").all()
    assert (premia["usd_per_t"] > 0).all()
    assert (access["source"] != "").all()


@pytest.mark.parametrize(
    ("project", "mode", "a", "b"),
    [
        ("tripp-rail-full", "rail", (39.21, 45.41), (40.6, 43.1)),
        ("tripp-rail-full", "rail", (40.38, 49.89), (39.21, 45.41)),
        ("tripp-road", "road", (40.38, 49.89), (39.21, 45.41)),
        ("gyumri-kars-rail", "rail", (40.79, 43.85), (40.6, 43.1)),
        ("margara-alican-road", "road", (40.18, 44.51), (39.92, 44.04)),
        ("akhurik-akyaka-road", "road", (40.79, 43.85), (40.6, 43.1)),
        ("ijevan-gazakh-rail", "rail", (40.5, 44.77), (40.68, 46.36)),
        ("yeraskh-nakhchivan-rail", "rail", (40.18, 44.51), (39.21, 45.41)),
        ("rasht-astara-rail", "rail", (37.28, 49.58), (38.46, 48.87)),
        ("cku-rail", "rail", (39.47, 75.99), (40.78, 72.34)),
        ("trans-afghan-rail", "rail", (37.22, 67.28), (34.0, 71.5)),
        ("bakhty-ayagoz", "rail", (46.75, 83.0), (46.95, 79.68)),
        ("abkhazia-rail", "rail", (43.6, 39.73), (42.25, 42.7)),
        ("kornidzor-lachin-road", "road", (39.52, 46.32), (40.68, 46.36)),
    ],
)
def test_opening_a_project_joins_its_neighbours_by_a_route_over_it(
    project: str, mode: str, a: tuple[float, float], b: tuple[float, float], nodes: pd.DataFrame, links: pd.DataFrame
) -> None:
    members = pd.read_parquet(WORLD / "projects.parquet").set_index("project").loc[[project], "link"].tolist()
    opened = links.assign(usable=links["usable"] | links["link"].isin(members))
    after = Graph(nodes, opened, {mode}).distance(a, b)
    assert np.isfinite(after)
    assert after < Graph(nodes, links, {mode}).distance(a, b) - 1.0


def test_meghri_crossings_take_twelve_hours_each(links: pd.DataFrame) -> None:
    """Assumption of DESIGN.md section 6, range 4 to 48 h."""
    at = links.set_index("link")
    for name in ("meghri-east-aghband", "meghri-west-ordubad", "tripp-road-crossing-east", "tripp-road-crossing-west"):
        assert at.at[name, "wait_hours"] == at.at[name, "wait_hours_back"] == 12.0
    assert at.at["tripp-rail-meghri", "length_km"] == 43.0
    assert at.at["tripp-rail-meghri", "territory"] == "ARM"


def test_corridors_and_projects_name_links_and_none_is_empty(links: pd.DataFrame) -> None:
    known = set(links["link"])
    corridors, projects = (pd.read_parquet(WORLD / f"{name}.parquet") for name in ("corridors", "projects"))
    assert set(corridors["link"]) <= known
    assert set(projects["link"]) <= known
    assert {
        "middle-corridor", "northern", "georgia-ports", "btk", "upper-lars", "armenia-iran", "tripp", "suez",
        "bosphorus", "trans-siberian", "cpc", "btc", "atyrau-samara", "kazakhstan-china-oil", "south-caucasus-gas",
    } <= set(corridors["corridor"])  # fmt: skip
    assert {"tripp-rail", "tripp-rail-full", "tripp-road"} <= set(projects["project"])


def test_zones_of_the_region_and_weights() -> None:
    zones = pd.read_parquet(WORLD / "zones.parquet").set_index("zone")
    assert {"AZE-nakhchivan", "RUS-kaliningrad", "KAZ-liquid-tengiz", "ARM-kapan"} <= set(zones.index)
    dry = zones[~zones.index.str.contains("-liquid-|-gas-", regex=True)]
    count = dry.groupby("economy").size()
    assert count.max() <= 15
    assert (count[["ARM", "AZE", "GEO", "KAZ", "RUS", "CHN"]] >= [3, 4, 3, 8, 10, 8]).all()
    weights = pd.read_parquet(WORLD / "zone_weights.parquet")
    for column in ("origin_weight", "destination_weight"):
        total = weights.groupby([weights["zone"].map(zones["economy"]), "class"])[column].sum()
        assert np.allclose(total, 1.0, atol=1e-9)


def test_timelines_say_what_the_openings_say(links: pd.DataFrame) -> None:
    at = links.set_index("link")
    kinds = at["kind"] == "project"

    def on(link: str, day: str) -> str:
        project = bool(kinds[link]) or at.at[link, "status"] == "planned"
        return status_on(read_timeline(at.at[link, "timeline"], at.at[link, "status"], project=project), day)

    assert on("brest-malaszewicze", "2025-09-15") == "closed"  # O078
    assert on("brest-malaszewicze", "2025-09-26") == "open"  # O079
    assert on("akhalkalaki-canbaz-rail", "2016-01-01") == "closed"  # O053
    assert on("kornidzor-lachin", "2021-01-01") == "open"  # O061
    assert on("kornidzor-lachin", AS_OF) == "closed"
    assert on("soyuz-ukraine-transit", "2024-06-30") == "open"
    assert on("soyuz-ukraine-transit", AS_OF) == "closed"
    assert on("druzhba-kaz-germany", AS_OF) == "open"
    assert on("cpc", AS_OF) == "open"
