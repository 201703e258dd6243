"""Corridors (named cuts) and projects (links that are not open today)."""

from __future__ import annotations

import pandas as pd

from isthmus.build.network.base import read_facts

#: Corridor -> title, kind, and what its cut consists of: link ids, or ('ports', country list), or ('border', a, b, mode).
_CUTS: dict[str, tuple[str, str, list[object]]] = {
    "middle-corridor": (
        "Middle Corridor: Caspian crossing to Alat", "dry",
        ["ferry-alat-aktau", "ferry-alat-kuryk", "ferry-alat-turkmenbashi", ("ports", ("baku-alat",))],
    ),
    "tripp-rail": ("TRIPP railway through Meghri", "dry", ["tripp-rail-meghri"]),
    "tripp-road": ("TRIPP road through Meghri", "dry", ["tripp-road-meghri"]),
    "georgia-ports": ("Georgian Black Sea ports", "dry", [("ports", ("poti", "batumi", "supsa", "kulevi", "anaklia"))]),
    "btk": ("Baku-Tbilisi-Kars railway at the border", "dry", ["akhalkalaki-canbaz-rail"]),
    "upper-lars": ("Upper Lars crossing", "dry", ["upper-lars-kazbegi"]),
    "georgia-turkey-road": ("Georgia-Turkey road crossings", "dry", ["sarpi-sarp", "aktas-kartsakhi-road", "turkgozu-vale"]),
    "armenia-georgia": ("Armenia-Georgia crossings", "dry", [("border", "ARM", "GEO", ("road", "rail"))]),
    "armenia-iran": ("Armenia-Iran crossing at Norduz", "dry", ["agarak-norduz"]),
    "armenia-turkey": ("Armenia-Turkey crossings", "dry", [("border", "ARM", "TUR", ("road", "rail"))]),
    "armenia-azerbaijan": ("Armenia-Azerbaijan crossings", "dry", [("border", "ARM", "AZE", ("road", "rail"))]),
    "azerbaijan-russia": ("Azerbaijan-Russia crossings", "dry", [("border", "AZE", "RUS", ("road", "rail"))]),
    "azerbaijan-iran": ("Azerbaijan-Iran crossings", "dry", [("border", "AZE", "IRN", ("road", "rail"))]),
    "nakhchivan-turkey": ("Dilucu crossing, Nakhchivan-Turkey", "dry", ["sadarak-dilucu"]),
    "china-kazakhstan": ("China-Kazakhstan crossings", "dry", [("border", "CHN", "KAZ", ("road", "rail"))]),
    "northern": ("Northern Corridor at the Belarus-EU and Russia-EU borders", "dry", [("border", "BLR", "*EU", ("road", "rail")), ("border", "RUS", "*EU", ("road", "rail"))]),
    "suez": ("Suez Canal", "all", ["suez-canal"]),
    "bosphorus": ("Bosphorus", "all", ["bosphorus-strait"]),
    "hormuz": ("Strait of Hormuz", "all", ["hormuz-strait"]),
    "cpc": ("CPC pipeline", "liquid", ["cpc~4"]),
    "btc": ("BTC pipeline", "liquid", ["btc~2"]),
    "atyrau-samara": ("Atyrau-Samara pipeline", "liquid", ["atyrau-samara~2"]),
    "kazakhstan-china-oil": ("Kazakhstan-China oil pipeline", "liquid", ["kcp-atasu-alashankou"]),
    "druzhba": ("Druzhba pipeline beyond Mozyr", "liquid", ["druzhba-kaz-germany", "druzhba-south"]),
    "south-caucasus-gas": ("South Caucasus gas pipeline", "liquid", ["scp"]),
    "north-caucasus-gas": ("North Caucasus-Transcaucasus gas main", "liquid", ["nc-tc-gas"]),
    "iran-armenia-gas": ("Iran-Armenia gas pipeline", "liquid", ["iran-armenia-gas"]),
    "turkstream": ("TurkStream and Blue Stream", "liquid", ["turkstream", "blue-stream"]),
    "central-asia-china-gas": ("Central Asia-China gas pipeline", "liquid", ["central-asia-china-abc~3"]),
}  # fmt: skip

_EU_EAST = ("FIN", "EST", "LVA", "LTU", "POL", "NOR")

#: Sets of links that scenarios open together.
_SETS: dict[str, tuple[str, list[str]]] = {
    "tripp-rail": (
        "TRIPP railway, Meghri section with both crossings",
        ["tripp-rail-meghri", "meghri-east-aghband", "meghri-west-ordubad"],
    ),
    "tripp-road": (
        "TRIPP road through Meghri with its crossings and approaches",
        ["tripp-road-meghri", "tripp-road-crossing-east", "tripp-road-crossing-west", "tripp-road-ordubad",
         "tripp-road-agarak", "horadiz-aghband-road"],
    ),
    "gyumri-kars-rail": ("Gyumri-Kars railway", ["akhurik-dogukapi-rail"]),
    "ijevan-gazakh-rail": ("Hrazdan-Ijevan-Gazakh railway", ["ijevan-gazakh"]),
    "margara-alican-road": ("Margara-Alican road bridge", ["margara-alican"]),
    "yeraskh-nakhchivan-rail": ("Yeraskh-Nakhchivan railway", ["yeraskh-nakhchivan-rail", "yeraskh-sadarak-rail"]),
    "rasht-astara-rail": ("Rasht-Astara railway", ["rasht-astara-rail"]),
    "cku-rail": ("China-Kyrgyzstan-Uzbekistan railway", ["cku-rail"]),
    "trans-afghan-rail": ("Trans-Afghan railway", ["trans-afghan-rail"]),
    "bakhty-ayagoz": ("Bakhty-Ayagoz railway", ["bakhty-ayagoz"]),
    "abkhazia-rail": ("Railway through Abkhazia", ["abkhazia-rail-psou-ingiri", "psou-abkhazia"]),
    "anaklia-port": ("Anaklia port", ["port-anaklia"]),
}  # fmt: skip
_SETS["tripp-rail-full"] = (
    "TRIPP railway with the lines of its neighbours, Horadiz to Kars",
    _SETS["tripp-rail"][1]
    + ["horadiz-aghband-rail", "nakhchivan-rail-ordubad-velidag", "dilucu-velidag-rail-link", "kars-igdir-dilucu-rail"],
)


def _pieces(ids: pd.Series, name: str) -> list[str]:
    return [link for link in ids if link == name or link.startswith(f"{name}~")]


def build_corridors(links: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per corridor and link of its cut."""
    side = nodes.set_index("node")["territory"]
    a, b = links["from_node"].map(side), links["to_node"].map(side)
    rows = []
    for name, (title, kind, cut) in _CUTS.items():
        members: list[str] = []
        for part in cut:
            if isinstance(part, str):
                members += [link for link in links["link"] if link == part]
                continue
            if isinstance(part, tuple) and part[0] == "ports":
                for port in part[1]:
                    hit = (links["kind"] == "line") & (links["mode"] == "sea")
                    hit &= (links["from_node"] == f"sea:{port}") | (links["to_node"] == f"sea:{port}")
                    members += list(links.loc[hit, "link"])
                continue
            _, one, other, modes = part  # type: ignore[misc]
            others = _EU_EAST if other == "*EU" else (other,)
            hit = (links["kind"] == "border") & links["mode"].isin(modes)
            hit &= ((a == one) & b.isin(others)) | ((b == one) & a.isin(others))
            members += list(links.loc[hit, "link"])
        rows += [{"corridor": name, "name": title, "link": link, "kind": kind} for link in dict.fromkeys(members)]
    return pd.DataFrame(rows)


def build_projects(links: pd.DataFrame, laid: dict[str, list[str]]) -> pd.DataFrame:
    """Return one row per project and link that it opens."""
    facts = read_facts("links").set_index("id")
    sets = dict(_SETS)
    for name in laid:
        sets.setdefault(name, (str(facts.loc[name, "name"]), [name]))
    about = links.set_index("link")
    rows = []
    for name, (title, members) in sets.items():
        for member in members:
            for link in _pieces(links["link"], member):
                row = about.loc[link]
                rows.append(
                    {
                        "project": name,
                        "name": title,
                        "link": link,
                        "capex_usd_m": row["capex_usd_m"],
                        "opening_year": row["opening_year"],
                        "phase": "",
                        "basis": row["basis"] if row["basis"] in {"source", "assumption"} else "assumption",
                        "source": row["source"],
                    }
                )
    return pd.DataFrame(rows)
