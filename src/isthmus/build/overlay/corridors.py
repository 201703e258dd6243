"""Corridors (named cuts) and projects (links that are not open today)."""

from __future__ import annotations

import pandas as pd

from isthmus.build.overlay.records import read_records

#: A part of a cut: a link id; all crossings of two territories by the modes named; the land links of a port; the
#: lines of a mode and territory that cross a meridian.
Part = str | tuple[str, ...]

#: Corridor -> title, kind, parts of its cut: a trip crosses the cut at most once.
_CUTS: dict[str, tuple[str, str, list[Part]]] = {
    "middle-corridor": ("Middle Corridor: Caspian crossing to Alat", "dry", [("landing", "baku-alat")]),
    "tripp": ("TRIPP by rail or road through Meghri", "dry", ["tripp-rail-meghri", "tripp-road-meghri"]),
    "tripp-rail": ("TRIPP railway through Meghri", "dry", ["tripp-rail-meghri"]),
    "tripp-road": ("TRIPP road through Meghri", "dry", ["tripp-road-meghri"]),
    "georgia-ports": (
        "Georgian Black Sea ports", "dry",
        [("landing", "poti"), ("landing", "batumi"), ("landing", "kulevi"), ("landing", "anaklia")],
    ),
    "trans-siberian": ("Trans-Siberian railway west of Irkutsk", "dry", [("meridian", "rail", "RUS", "100")]),
    "btk": ("Baku-Tbilisi-Kars railway at the border", "dry", ["akhalkalaki-canbaz-rail"]),
    "upper-lars": ("Upper Lars crossing", "dry", ["upper-lars-kazbegi"]),
    "georgia-turkey-road": ("Georgia-Turkey road crossings", "dry", [("border", "GEO", "TUR", "road")]),
    "armenia-georgia": ("Armenia-Georgia crossings", "dry", [("border", "ARM", "GEO", "road", "rail")]),
    "armenia-iran": ("Armenia-Iran crossing at Norduz", "dry", ["agarak-norduz"]),
    "armenia-turkey": ("Armenia-Turkey crossings", "dry", [("border", "ARM", "TUR", "road", "rail")]),
    "armenia-azerbaijan": ("Armenia-Azerbaijan crossings", "dry", [("border", "ARM", "AZE", "road", "rail")]),
    "azerbaijan-russia": ("Azerbaijan-Russia crossings", "dry", [("border", "AZE", "RUS", "road", "rail")]),
    "azerbaijan-iran": ("Azerbaijan-Iran crossings", "dry", [("border", "AZE", "IRN", "road", "rail")]),
    "nakhchivan-turkey": ("Dilucu crossing, Nakhchivan-Turkey", "dry", ["sadarak-dilucu"]),
    "china-kazakhstan": ("China-Kazakhstan crossings", "dry", [("border", "CHN", "KAZ", "road", "rail")]),
    "northern": (
        "Northern Corridor at the Belarus-EU and Russia-EU borders", "dry",
        [("border", "BLR", "*EU", "road", "rail"), ("border", "RUS", "*EU", "road", "rail")],
    ),
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
    "ijevan-gazakh-rail": ("Hrazdan-Ijevan-Gazakh railway", ["ijevan-gazakh-rail", "ijevan-gazakh"]),
    "margara-alican-road": ("Margara-Alican road bridge", ["margara-alican"]),
    "akhurik-akyaka-road": ("Akhurik-Akyaka road crossing", ["akhurik-akyaka-road"]),
    "kornidzor-lachin-road": ("Kornidzor-Lachin road", ["kornidzor-lachin"]),
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
    """Return one row per corridor and link of its cut; a part that names no link is left out."""
    at = nodes.set_index("node")
    ends = pd.DataFrame({"link": links["link"].astype(str), "mode": links["mode"], "kind": links["kind"]})
    for side, column in (("a", "from_node"), ("b", "to_node")):
        for what in ("territory", "lon"):
            ends[f"{what}_{side}"] = links[column].map(at[what]).to_numpy()
    rows = []
    for name, (title, kind, cut) in _CUTS.items():
        members = [link for part in cut for link in _members(part, ends)]
        rows += [{"corridor": name, "name": title, "link": link, "kind": kind} for link in dict.fromkeys(members)]
    return pd.DataFrame(rows)


def _members(part: Part, ends: pd.DataFrame) -> list[str]:
    """Return the links of one part of a cut."""
    if isinstance(part, str):
        return ends.loc[ends["link"] == part, "link"].tolist()
    what, *words = part
    if what == "landing":
        return ends.loc[ends["link"].isin((f"port-{words[0]}", f"port-{words[0]}~road")), "link"].tolist()
    if what == "border":
        one, other, *modes = words
        others = _EU_EAST if other == "*EU" else (other,)
        hit = (ends["kind"] == "border") & ends["mode"].isin(modes)
        a, b = ends["territory_a"], ends["territory_b"]
        return ends.loc[hit & (((a == one) & b.isin(others)) | ((b == one) & a.isin(others))), "link"].tolist()
    mode, territory, meridian = words
    hit = (ends["mode"] == mode) & (ends["territory_a"] == territory) & (ends["territory_b"] == territory)
    hit &= (ends["lon_a"] < float(meridian)) != (ends["lon_b"] < float(meridian))
    return ends.loc[hit, "link"].tolist()


def build_projects(links: pd.DataFrame, laid: dict[str, list[str]]) -> pd.DataFrame:
    """Return one row per project and link that it opens.

    Capital cost and year stand on the first link of the facts row of the same id.
    """
    facts = read_records("links")
    sets = dict(_SETS)
    for name in laid:
        sets.setdefault(name, (facts[name].text("name"), [name]))
    about = {str(row["link"]): row for row in links.to_dict("records")}
    ids = links["link"].astype(str)
    rows: list[dict[str, object]] = []
    for name, (title, members) in sets.items():
        for number, link in enumerate([piece for member in members for piece in _pieces(ids, member)]):
            row = about[link]
            capex, year = row["capex_usd_m"], row["opening_year"]
            if number == 0 and name in facts and pd.isna(capex):
                capex, year = facts[name].number("capex_usd_million"), facts[name].number("opening_year_expected")
            rows.append(
                {
                    "project": name,
                    "name": title,
                    "link": link,
                    "capex_usd_m": capex,
                    "opening_year": year,
                    "phase": "",
                    "basis": row["basis"] if row["basis"] in {"source", "assumption"} else "assumption",
                    "source": row["source"],
                }
            )
    return pd.DataFrame(rows)
