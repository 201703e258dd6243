"""Lines of the facts laid on the base network: projects, new crossings, ferries, pipelines, oil terminals."""

from __future__ import annotations

import numpy as np

from isthmus.build.overlay.costs import LNG_FEE, status_of
from isthmus.build.overlay.draft import Draft
from isthmus.build.overlay.paths import nearest_of
from isthmus.build.overlay.records import read_records

#: An end of a project: a node id, or territory, latitude and longitude for the nearest hub there.
Point = str | tuple[str, float, float]

#: Projects between named nodes or places: id of the facts row -> pieces (suffix, from, to, territory, share of km).
#: An end is a node id, or (territory, lat, lon) for the nearest hub there.
_NEW_LINES: dict[str, list[tuple[str, Point, Point, str, float]]] = {
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
    "yeraskh-nakhchivan-rail": [("", "rail:yeraskh-sadarak-rail|AZE", ("AZE", 39.553, 44.981), "AZE", 26)],
    "ijevan-gazakh-rail": [
        ("", ("ARM", 40.5, 44.77), "rail:ijevan-gazakh|ARM", "ARM", 97),
        ("~2", "rail:ijevan-gazakh|AZE", ("AZE", 41.1186, 45.4537), "AZE", 45),
    ],
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

#: Crossings of the facts that the base graph has no post for: id -> sides, place.
_NEW_CROSSINGS = {"akhurik-akyaka-road": ("ARM", "TUR", 40.742, 43.73)}

#: Gauge breaks and borders inside project lines: hours each way (assumptions as at Khorgos and Akhalkalaki).
_PROJECT_WAIT = {
    "dilucu-velidag-rail-link": 48.0,
    "cku-rail~2": 48.0,
    "cku-rail~3": 6.0,
    "bakhty-ayagoz~2": 48.0,
    "trans-afghan-rail~3": 60.0,
}

#: Farther than this from its stated end, a project gets the missing stretch added, km.
_FAR_KM = 15.0


def lay_crossings(draft: Draft) -> None:
    """Add road crossings that the base graph lacks: two side nodes and one border link."""
    facts = read_records("links")
    for name, (a, b, lat, lon) in _NEW_CROSSINGS.items():
        about = facts[name]
        mode = about.text("mode")
        ends = tuple(
            draft.node(about.text("name"), mode, side, lat, lon, "border", "facts/links", key=f"{mode}:{name}|{side}")
            for side in (a, b)
        )
        status, timeline = status_of(about.text("status"), about.text("status_since"))
        draft.add(
            name, about.text("name"), (ends[0], ends[1]), mode, a, 1.0, kind="border", status=status,
            timeline=timeline, basis=about.text("basis"), source=about.text("source"),
        )  # fmt: skip
    draft.settle()


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
            wait_hours=12.0, wait_hours_back=12.0, fee_usd_per_t=0.6,
            source="facts/links tripp-road-meghri; 12 h as by rail (4 to 48)", **common,
        )  # fmt: skip
    for name, node, country, near in (
        ("tripp-road-ordubad", "road:tripp-road-west|AZE", "AZE", (38.9, 46.02)),
        ("tripp-road-agarak", "road:tripp-road-west|ARM", "ARM", (38.863, 46.199)),
    ):
        hub, km = draft.nearest("road", country, *near)
        if name.endswith("agarak") and km > _FAR_KM and "road:agarak-norduz|ARM" in set(draft.nodes["node"]):
            hub, km = "road:agarak-norduz|ARM", 1.0  # the Armenian side of Norduz lies at Agarak itself
        draft.add(
            name, f"TRIPP road, joint with {hub.split(':')[1]}", (node, hub), "road", country, max(1.25 * km, 6.0),
            source="great circle x 1.25 to the nearest hub", **common,
        )  # fmt: skip
    draft.settle()


def lay_lines(draft: Draft) -> dict[str, list[str]]:
    """Add the lines of `_NEW_LINES`; return link ids by facts id."""
    facts = read_records("links")
    laid: dict[str, list[str]] = {}
    for name, pieces in _NEW_LINES.items():
        about = facts[name]
        mode = about.text("mode")
        for suffix, start, end, territory, km in pieces:
            (a, gap_a), (b, gap_b) = _end(draft, start, mode), _end(draft, end, mode)
            status, timeline = status_of(about.text("status"), about.text("status_since"))
            wait = _PROJECT_WAIT.get(name + suffix, 0.0)
            draft.add(
                name + suffix, about.text("name"), (a, b), mode, territory, km + gap_a + gap_b,
                kind="project", status=status, timeline=timeline, wait_hours=wait, wait_hours_back=wait,
                fee_usd_per_t=16.0 if wait > 24 else 0.0, capacity_mt_per_year=about.number("capacity_mt_per_year"),
                capex_usd_m=about.number("capex_usd_million") if not suffix else np.nan,
                opening_year=about.number("opening_year_expected"), basis=about.text("basis"),
                source=about.text("source"),
            )  # fmt: skip
            laid.setdefault(name, []).append(name + suffix)
    draft.settle()
    return laid


def _end(draft: Draft, point: Point, mode: str) -> tuple[str, float]:
    """Return the node of an end and the km that are missing to the stated place."""
    if isinstance(point, tuple):
        node, km = draft.nearest(mode, *point)
        return node, 1.2 * km if km > _FAR_KM else 0.0
    if point in _OWN_NODES:
        name, own_mode, territory, lat, lon = _OWN_NODES[point]
        draft.node(name, own_mode, territory, lat, lon, "hub", "facts/links", key=point)
        return point, 0.0
    known = draft.nodes.loc[draft.nodes["node"].str.startswith(point), "node"]
    return str(known.iloc[0]) if len(known) else point, 0.0  # sides of a crossing may carry a region after the code


def lay_ferries(draft: Draft) -> None:
    """Add the ferries of facts/ferries between ports, and the Lake Van train ferry between rail hubs.

    A price of facts/links (cost_usd_per_tonne) stands for lorries and boxes; bulk goes in wagons at the rate of
    facts/rates ferry-caspian-railwagon (0.08 USD per t-km) plus 6 USD per tonne of loading, if that is less.
    """
    facts = read_records("links")
    for name, ferry in read_records("ferries").items():
        about = facts.get(ferry.text("facts_row"))
        status, timeline = ferry.text("status"), ferry.text("timeline")
        fee, bulk, hours = ferry.number("fee_general"), ferry.number("fee_bulk"), ferry.number("hours")
        km, capacity, source = ferry.number("length_km"), float("nan"), ferry.text("source")
        if about is not None:
            fee = about.number("cost_usd_per_tonne") if np.isfinite(about.number("cost_usd_per_tonne")) else fee
            hours = about.number("transit_hours") if np.isfinite(about.number("transit_hours")) else hours
            capacity, source = about.number("capacity_mt_per_year"), about.text("source")
            if not timeline:
                status, timeline = status_of(about.text("status"), about.text("status_since"))
        bulk = bulk if np.isfinite(bulk) else min(fee, 0.08 * km + 6.0)
        wait = float(np.nan_to_num(ferry.number("wait_hours")))
        draft.add(
            name, ferry.text("name"), (_port(draft, ferry.text("from_port")), _port(draft, ferry.text("to_port"))),
            "ferry", "", km, kind="ferry", status=status, timeline=timeline, fee_usd_per_t=round(fee, 2),
            fee_bulk=round(bulk, 2), fee_products=round(bulk, 2), fee_liquid=np.inf, fee_gas=np.inf, hours=hours,
            wait_hours=wait, wait_hours_back=wait, capacity_mt_per_year=capacity,
            basis=ferry.text("basis"), source=source,
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


def _port(draft: Draft, name: str) -> str:
    """Return a port's node, or the nearest land hub of 'mode@territory@lat@lon' where no port stands."""
    if "@" in name:
        mode, territory, lat, lon = name.split("@")
        return draft.nearest(mode, territory, float(lat), float(lon))[0]
    return f"sea:{name}"


#: Points of oil pipelines without a port or a rail rack of their own: borders, junctions, offshore fields.
_NO_TERMINAL = ("border", "sangachal", "kropotkin", "uzhhorod", "alashankou", "acg", "shirvanovka", "tikhoretsk")


def lay_pipelines(draft: Draft) -> None:
    """Add the oil and gas networks, and terminals where pipelines meet ports and rail."""
    points: dict[str, tuple[str, float, float]] = {}
    for name, row in read_records("pipelines").items():
        mode, ends = row.text("mode"), []
        for end in ("from", "to"):
            lat, lon, country = row.number(f"{end}_lat"), row.number(f"{end}_lon"), row.text(f"{end}_iso3")
            node = draft.node(row.text(f"{end}_name"), mode, country, lat, lon, "terminal", "facts/pipelines")
            if mode == "oil_pipeline" and not any(word in node for word in _NO_TERMINAL):
                points[node] = (country, lat, lon)
            ends.append(node)
        draft.add(
            name, row.text("name"), (ends[0], ends[1]), mode, row.text("territory"), row.number("length_km"),
            kind="pipeline", status=row.text("status"), timeline=row.text("timeline"),
            fee_usd_per_t=row.number("fee_usd_per_t"), capacity_mt_per_year=row.number("capacity_mt"),
            one_way=bool(row.number("one_way")), basis=row.text("basis"), source=row.text("source"),
        )  # fmt: skip
    draft.settle()
    for node, (country, lat, lon) in sorted(points.items()):
        _terminal(draft, node, country, lat, lon)
    draft.settle()


def lay_lng(draft: Draft) -> None:
    """Add the terminals of facts/lng_terminals: a gas pipeline's point to the nearest port of its territory."""
    barred = dict.fromkeys([f"fee_{k}" for k in ("bulk", "general", "container", "products", "liquid")], np.inf)
    ports = draft.nodes[(draft.nodes["kind"] == "port") & (draft.nodes["mode"] == "sea")]
    for name, row in read_records("lng_terminals").items():
        own = ports[ports["territory"] == row.text("territory")]
        lats, lons = (own[column].to_numpy(dtype=float) for column in ("lat", "lon"))
        at, _ = nearest_of(lats, lons, row.number("lat"), row.number("lon"))
        draft.add(
            name, name.replace("lng-", "Liquefied gas terminal ").title(),
            (f"gas_pipeline:{row.text('gas_node')}", str(own["node"].iloc[at])), "transfer", row.text("territory"),
            1.0, kind="transfer", status=row.text("status"), timeline=row.text("timeline"), fee_usd_per_t=LNG_FEE,
            wait_hours=48.0, wait_hours_back=48.0, basis=row.text("basis"), source=row.text("source"), **barred,
        )  # fmt: skip
    draft.settle()


#: Points of oil pipelines without a port or a rail rack of their own: borders, junctions, offshore fields.
_NO_TERMINAL = ("border", "sangachal", "kropotkin", "uzhhorod", "alashankou", "acg", "shirvanovka", "tikhoretsk")


def _terminal(draft: Draft, node: str, country: str, lat: float, lon: float) -> None:
    """Join an oil pipeline's point to a port within 80 km and to a rail hub within 60 km."""
    name = node.split(":")[1]
    barred = dict.fromkeys([f"fee_{k}" for k in ("bulk", "general", "container", "products", "gas")], np.inf)
    about = {"kind": "transfer", "basis": "assumption", "source": "terminal where a pipeline meets a port or a railway"}
    ports = draft.nodes[(draft.nodes["kind"] == "port") & (draft.nodes["territory"] == country)]
    if len(ports):
        at, away = nearest_of(ports["lat"].to_numpy(dtype=float), ports["lon"].to_numpy(dtype=float), lat, lon)
        if away < 80.0:
            draft.add(
                f"oil-terminal-{name}", f"Oil terminal {name}", (node, str(ports["node"].iloc[at])),
                "transfer", country, 1.0, fee_usd_per_t=2.0,
                wait_hours=24.0, wait_hours_back=24.0, capacity_mt_per_year=5.2 if name == "aktau" else np.nan,
                **barred, **about,
            )  # fmt: skip
    hub, km = draft.nearest("rail", country, lat, lon)
    if hub and km < 60.0:
        # Chinese crude lines end at refineries: what comes by sea reaches them by rail, nothing leaves them so.
        refinery = country == "CHN"
        draft.add(
            f"oil-rail-{name}", f"Oil rail rack {name}", (hub, node) if refinery else (node, hub), "transfer", country,
            1.0, fee_usd_per_t=5.0, wait_hours=24.0, wait_hours_back=24.0, one_way=refinery, **barred, **about,
        )  # fmt: skip
