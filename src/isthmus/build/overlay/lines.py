"""Lines of the facts laid on the base network: projects, stubs of closed crossings, ferries, pipelines."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from isthmus.build.network.base import read_facts
from isthmus.build.network.geometry import on_sphere
from isthmus.build.network.places import slug
from isthmus.build.overlay.costs import status_of

Row = dict[str, object]


@dataclass
class Draft:
    """Nodes and links while the overlay works on them."""

    nodes: pd.DataFrame
    links: pd.DataFrame
    new_nodes: list[Row] = field(default_factory=list)
    new_links: list[Row] = field(default_factory=list)

    def node(
        self, name: str, mode: str, territory: str, lat: float, lon: float, kind: str, source: str, *, key: str = ""
    ) -> str:
        """Return the id of a node of our own, adding it once."""
        key = key or f"{mode}:{slug(name)}"
        if key not in set(self.nodes["node"]) and all(row["node"] != key for row in self.new_nodes):
            self.new_nodes.append(
                {
                    "node": key,
                    "name": name,
                    "mode": mode,
                    "kind": kind,
                    "territory": territory,
                    "lat": lat,
                    "lon": lon,
                    "source": source,
                }
            )
        return key

    def nearest(self, mode: str, territory: str, lat: float, lon: float, *, joined: bool = True) -> tuple[str, float]:
        """Return the nearest hub of a mode and territory that lines reach, and its distance in km."""
        table = self.nodes[(self.nodes["mode"] == mode) & (self.nodes["territory"] == territory)]
        if joined:
            lines = self.links[self.links["kind"] == "line"]
            table = table[table["node"].isin(set(lines["from_node"]) | set(lines["to_node"]))]
        if not len(table):
            return "", float("inf")
        tree = cKDTree(on_sphere(table["lat"].to_numpy(), table["lon"].to_numpy()))
        away, at = tree.query(on_sphere(np.array([lat]), np.array([lon])))
        return str(table["node"].iloc[int(at[0])]), float(away[0])

    def add(
        self, link: str, name: str, ends: tuple[str, str], mode: str, territory: str, km: float, **more: object
    ) -> None:
        """Add a link; `more` fills further columns."""
        row: Row = {
            "link": link,
            "name": name,
            "from_node": ends[0],
            "to_node": ends[1],
            "mode": mode,
            "kind": "line",
            "territory": territory,
            "length_km": round(km, 2),
            "status": "open",
        }
        self.new_links.append(row | more)

    def settle(self) -> None:
        """Move what is new into the tables."""
        if self.new_nodes:
            self.nodes = pd.concat([self.nodes, pd.DataFrame(self.new_nodes)], ignore_index=True)
        if self.new_links:
            self.links = pd.concat([self.links, pd.DataFrame(self.new_links)], ignore_index=True)
        self.new_nodes, self.new_links = [], []


def lay_stubs(draft: Draft) -> None:
    """Join crossings that no line reaches to the nearest hub of their side, with the crossing's own status.

    A stub carries the id of its crossing with ~2, ~3, so that naming the crossing opens it whole.
    """
    place = draft.nodes.set_index("node")
    degree = pd.concat([draft.links["from_node"], draft.links["to_node"]]).value_counts()
    for row in draft.links[draft.links["kind"] == "border"].itertuples(index=False):
        number = 2
        if row.link.startswith("meghri-"):
            continue  # its approaches are lines of the facts
        for node in (row.from_node, row.to_node):
            if degree[node] > 1:
                continue
            at = place.loc[node]
            hub, km = draft.nearest(row.mode, str(at["territory"]), float(at["lat"]), float(at["lon"]))
            if not hub or km > 160.0:
                continue
            draft.add(
                f"{row.link}~{number}",
                f"{row.name}: approach from {hub.split(':')[1]}",
                (str(node), hub),
                str(row.mode),
                str(at["territory"]),
                1.25 * km,
                kind="project" if row.status in {"closed", "planned"} else "line",
                status=row.status,
                timeline=row.timeline,
                basis="assumption",
                source="great circle x 1.25 to the nearest hub",
            )
            number += 1
    draft.settle()


#: Projects between named nodes or places: id of the facts row -> pieces (suffix, from, to, territory, share of km).
#: An end is a node id, or (territory, lat, lon) for the nearest hub there.
_NEW_LINES: dict[str, list[tuple[str, object, object, str, float]]] = {
    "tripp-rail-meghri": [("", "rail:meghri-east-aghband|ARM", "rail:meghri-west-ordubad|ARM", "ARM", 43)],
    "tripp-road-meghri": [("", "road:tripp-road-east|ARM", "road:tripp-road-west|ARM", "ARM", 43)],
    "horadiz-aghband-rail": [("", ("AZE", 39.45, 47.335), "rail:meghri-east-aghband|AZE", "AZE", 110.4)],
    "horadiz-aghband-road": [("", ("AZE", 39.45, 47.335), "road:tripp-road-east|AZE", "AZE", 124)],
    "nakhchivan-rail-ordubad-velidag": [
        ("", "rail:meghri-west-ordubad|AZE", ("AZE", 38.961, 45.631), "AZE", 39),
        ("~2", ("AZE", 39.55, 45.0), "rail:velidag", "AZE", 20),
    ],
    "dilucu-velidag-rail-link": [("", "rail:velidag", "rail:dilucu-station", "AZE", 10)],
    "kars-igdir-dilucu-rail": [("", "rail:dilucu-station", ("TUR", 40.602, 43.095), "TUR", 224)],
    "rasht-astara-rail": [("", ("IRN", 37.28, 49.583), "rail:astara-rail|IRN", "IRN", 162)],
    "cku-rail": [
        ("", ("CHN", 39.47, 75.99), "rail:cku-torugart", "CHN", 213),
        ("~2", "rail:cku-torugart", "rail:cku-jalal-abad", "KGZ", 280),
        ("~3", "rail:cku-jalal-abad", ("UZB", 40.783, 72.344), "KGZ", 60),
    ],
    "trans-afghan-rail": [
        ("", ("AFG", 36.7, 67.11), "rail:logar", "AFG", 450),
        ("~2", "rail:logar", "rail:kharlachi", "AFG", 197),
        ("~3", "rail:kharlachi", ("PAK", 33.0, 71.2), "PAK", 150),
    ],
    "bakhty-ayagoz": [
        ("", ("CHN", 46.4, 84.0), "rail:bakhty", "CHN", 90),
        ("~2", "rail:bakhty", ("KAZ", 47.97, 80.44), "KAZ", 272),
    ],
    "abkhazia-rail-psou-ingiri": [("", "rail:psou-abkhazia|GEO", ("GEO", 42.48, 41.81), "GEO", 190)],
    "arm-ns-sisian-kajaran": [("", ("ARM", 39.521, 46.022), ("ARM", 39.151, 46.16), "ARM", 60)],
    "yeraskh-nakhchivan-rail": [("", "rail:yeraskh-sadarak-rail|ARM", "rail:velidag", "AZE", 7)],
}

_OWN_NODES: dict[str, tuple[str, str, str, float, float]] = {
    "rail:velidag": ("Velidag", "rail", "AZE", 39.70, 44.88),
    "rail:dilucu-station": ("Dilucu station", "rail", "TUR", 39.655, 44.802),
    "rail:cku-torugart": ("CKU Torugart", "rail", "CHN", 40.56, 75.39),
    "rail:cku-jalal-abad": ("CKU Jalal-Abad", "rail", "KGZ", 40.93, 73.0),
    "rail:logar": ("Logar", "rail", "AFG", 34.0, 69.0),
    "rail:kharlachi": ("Kharlachi", "rail", "PAK", 33.82, 70.03),
    "rail:bakhty": ("Bakhty", "rail", "KAZ", 46.69, 82.72),
}

#: Gauge breaks and borders inside project lines: hours each way (12 h at Meghri: assumption, 4 to 48).
_PROJECT_WAIT = {
    "dilucu-velidag-rail-link": 48.0,
    "cku-rail~2": 48.0,
    "cku-rail~3": 6.0,
    "bakhty-ayagoz~2": 48.0,
    "trans-afghan-rail~3": 60.0,
}
_MEGHRI_H = 12.0


def lay_tripp_road(draft: Draft) -> None:
    """Add the road crossings of TRIPP beside the rail ones of the facts, and the joints with today's roads."""
    where = {"east": (38.88, 46.545), "west": (38.845, 46.14)}
    common = {"kind": "project", "status": "planned", "timeline": "planned", "basis": "assumption"}
    for side, (lat, lon) in where.items():
        a, b = (
            draft.node(f"TRIPP road {side}", "road", country, lat, lon, "border", "facts/links tripp-road-meghri",
                       key=f"road:tripp-road-{side}|{country}")
            for country in ("ARM", "AZE")
        )  # fmt: skip
        draft.add(
            f"tripp-road-crossing-{side}", f"TRIPP road crossing, {side}", (a, b), "road", "ARM", 1.0,
            wait_hours=_MEGHRI_H, wait_hours_back=_MEGHRI_H, fee_usd_per_t=0.6,
            source="facts/links tripp-road-meghri; 12 h as by rail (4 to 48)", **common,
        )  # fmt: skip
    for name, node, country, near in (
        ("tripp-road-ordubad", "road:tripp-road-west|AZE", "AZE", (38.9, 46.02)),
        ("tripp-road-agarak", "road:tripp-road-west|ARM", "ARM", (38.863, 46.199)),
    ):
        hub, km = draft.nearest("road", country, *near)
        draft.add(
            name, f"TRIPP road, joint with {hub.split(':')[1]}", (node, hub), "road", country, max(1.25 * km, 6.0),
            source="great circle x 1.25 to the nearest hub", **common,
        )  # fmt: skip
    draft.settle()


def lay_lines(draft: Draft) -> dict[str, list[str]]:
    """Add the lines of `_NEW_LINES`; return link ids by facts id."""
    facts = read_facts("links").set_index("id")
    laid: dict[str, list[str]] = {}
    for name, pieces in _NEW_LINES.items():
        about = facts.loc[name]
        mode = str(about["mode"])
        for suffix, start, end, territory, km in pieces:
            ends = tuple(_end(draft, point, mode) for point in (start, end))
            status, timeline = status_of(about["status"], about["status_since"])
            wait = _PROJECT_WAIT.get(name + suffix, 0.0)
            draft.add(
                name + suffix, str(about["name"]), (ends[0], ends[1]), mode, territory, km,
                kind="project", status=status, timeline=timeline, wait_hours=wait, wait_hours_back=wait,
                fee_usd_per_t=16.0 if wait > 24 else 0.0, capacity_mt_per_year=about["capacity_mt_per_year"],
                capex_usd_m=about["capex_usd_million"] if not suffix else np.nan,
                opening_year=about["opening_year_expected"], basis=str(about["basis"]), source=str(about["source"]),
            )  # fmt: skip
            laid.setdefault(name, []).append(name + suffix)
    draft.settle()
    return laid


def _end(draft: Draft, point: object, mode: str) -> str:
    if isinstance(point, tuple):
        node, _ = draft.nearest(mode, str(point[0]), float(point[1]), float(point[2]))
        return node
    key = str(point)
    if key in _OWN_NODES:
        name, own_mode, territory, lat, lon = _OWN_NODES[key]
        draft.node(name, own_mode, territory, lat, lon, "hub", "facts/links", key=key)
    return key


#: Ferries of the facts: id -> ports; the price is the fee, facts/links cost_usd_per_tonne or a mark of ours.
_FERRIES = {
    "ferry-alat-aktau": ("baku-alat", "aktau", 45.0),
    "ferry-alat-kuryk": ("baku-alat", "kuryk", 50.0),
    "ferry-alat-turkmenbashi": ("baku-alat", "turkmenbashi", 45.0),
    "ferry-kuryk-amirabad": ("kuryk", "amirabad", 83.0),
    "sea-batumi-burgas": ("batumi", "burgas", 60.0),
    "sea-poti-constanta": ("poti", "constanta", 35.0),
}


def lay_ferries(draft: Draft) -> None:
    """Add ferries between port nodes and the Lake Van and Marmara train ferries between rail hubs."""
    facts = read_facts("links").set_index("id")
    for name, (a, b, price) in _FERRIES.items():
        about = facts.loc[name]
        status, timeline = status_of(about["status"], about["status_since"])
        cost = about["cost_usd_per_tonne"] if np.isfinite(about["cost_usd_per_tonne"]) else price
        km = float(about["length_km"])
        draft.add(
            name, str(about["name"]), (f"sea:{a}", f"sea:{b}"), "ferry", "", km, kind="ferry", status=status,
            timeline=timeline, fee_usd_per_t=float(cost), fee_bulk=round(min(float(cost), 0.08 * km + 6.0), 2),
            fee_products=round(min(float(cost), 0.08 * km + 6.0), 2), fee_liquid=np.inf, fee_gas=np.inf,
            hours=float(about["transit_hours"]) if np.isfinite(about["transit_hours"]) else np.nan,
            capacity_mt_per_year=about["capacity_mt_per_year"], basis=str(about["basis"]), source=str(about["source"]),
        )  # fmt: skip
    van, _ = draft.nearest("rail", "TUR", 38.5, 43.38)
    tatvan, _ = draft.nearest("rail", "TUR", 38.5, 42.28)
    if van != tatvan:
        draft.add(
            "lake-van-ferry", "Lake Van train ferry Tatvan-Van", (tatvan, van), "rail", "TUR", 96.0,
            wait_hours=12.0, wait_hours_back=12.0, fee_usd_per_t=6.0, basis="source",
            source="facts/city_pairs Tatvan-Van 96 km; wait and fee are assumptions",
        )  # fmt: skip
    draft.settle()


def lay_pipelines(draft: Draft) -> None:
    """Add the oil and gas networks, and terminals where pipelines meet ports and rail."""
    table = read_facts("pipelines")
    points: dict[str, tuple[str, str, float, float]] = {}
    for row in table.itertuples(index=False):
        ends = []
        for end in ("from", "to"):
            name, country = str(getattr(row, f"{end}_name")), str(getattr(row, f"{end}_iso3"))
            lat, lon = float(getattr(row, f"{end}_lat")), float(getattr(row, f"{end}_lon"))
            node = draft.node(name, str(row.mode), country, lat, lon, "terminal", "facts/pipelines")
            points[node] = (country, str(row.mode), lat, lon)
            ends.append(node)
        draft.add(
            str(row.id), str(row.name), (ends[0], ends[1]), str(row.mode), str(row.territory), float(row.length_km),
            kind="pipeline", status=str(row.status), timeline="" if pd.isna(row.timeline) else str(row.timeline),
            fee_usd_per_t=float(row.fee_usd_per_t), capacity_mt_per_year=float(row.capacity_mt),
            one_way=bool(row.one_way), basis=str(row.basis), source=str(row.source),
        )  # fmt: skip
    draft.settle()
    for node, (country, mode, lat, lon) in sorted(points.items()):
        if mode == "oil_pipeline" and not any(word in node for word in _NO_TERMINAL):
            _terminal(draft, node, country, lat, lon)
    draft.settle()


#: Points of oil pipelines without a port or a rail rack of their own: borders, junctions, offshore fields.
_NO_TERMINAL = ("border", "sangachal", "kropotkin", "uzhhorod", "alashankou", "acg", "shirvanovka", "tikhoretsk")


def _terminal(draft: Draft, node: str, country: str, lat: float, lon: float) -> None:
    """Join an oil pipeline's point to a port within 80 km and to a rail hub within 60 km."""
    ports = draft.nodes[(draft.nodes["kind"] == "port") & (draft.nodes["territory"] == country)]
    barred = dict.fromkeys([f"fee_{k}" for k in ("bulk", "general", "container", "products", "gas")], np.inf)
    about = {"kind": "transfer", "basis": "assumption", "source": "terminal where a pipeline meets a port or a railway"}
    if len(ports):
        tree = cKDTree(on_sphere(ports["lat"].to_numpy(), ports["lon"].to_numpy()))
        away, at = tree.query(on_sphere(np.array([lat]), np.array([lon])))
        if away[0] < 80.0:
            port = str(ports["node"].iloc[int(at[0])])
            draft.add(
                f"oil-terminal-{node.split(':')[1]}", f"Oil terminal {node.split(':')[1]}", (node, port), "transfer",
                country, 1.0, fee_usd_per_t=2.0, wait_hours=24.0, wait_hours_back=24.0, **barred, **about,
            )  # fmt: skip
    hub, km = draft.nearest("rail", country, lat, lon)
    if hub and km < 60.0 and country != "CHN":  # Chinese crude lines end at refineries
        draft.add(
            f"oil-rail-{node.split(':')[1]}", f"Oil rail rack {node.split(':')[1]}", (node, hub), "transfer", country,
            1.0, fee_usd_per_t=5.0, wait_hours=24.0, wait_hours_back=24.0, **barred, **about,
        )  # fmt: skip
