"""Parts of countries that borders run through today, and blocs of countries without border stops.

While the graph is built a node's country is a label: an ISO3 code, or ISO3-part for a part of a country
behind a line that freight does not cross. `iso3` gives the country of the UN view back.
"""

from __future__ import annotations

import numpy as np

from isthmus.build.network.geometry import Names, in_crimea
from isthmus.build.network.rawgraph import RawGraph

#: Countries among which lorries and trains do not stop, or whose inner borders the case does not need,
#: are one bloc: their borders are not cut.
_MEMBERS = {
    "EU": (
        "AUT BEL BGR HRV CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX NLD POL PRT ROU SVK SVN ESP SWE "
        "CHE NOR LIE GBR AND MCO SMR VAT ALA IMN JEY GGY GIB"
    ),
    "AMERICAS-N": "USA CAN MEX GTM BLZ HND SLV NIC CRI PAN",
    "AMERICAS-S": "COL VEN ECU PER BOL CHL ARG PRY URY BRA GUY SUR GUF FRA-guiana",
    "AFRICA": (
        "DZA TUN MAR ESH MRT MLI NER TCD SDN SSD ETH ERI DJI SOM SOL KEN UGA TZA RWA BDI COD COG GAB CMR NGA BEN TGO "
        "GHA CIV BFA LBR SLE GIN GNB SEN GMB CAF GNQ AGO ZMB MWI MOZ ZWE BWA NAM ZAF LSO SWZ LBY"
    ),
    "SOUTH-EAST ASIA": "THA LAO KHM VNM MYS SGP MMR BRN IDN TLS PNG",
    "GULF": "SAU ARE QAT KWT OMN YEM BHR JOR",
    "INDIA": "IND BGD NPL BTN",
    "CHINA": "CHN HKG MAC",
    "HISPANIOLA": "DOM HTI",
}

_BLOC_OF = {country: name for name, members in _MEMBERS.items() for country in members.split()}


def bloc(label: str) -> str:
    """Return the bloc of a country's label, or the label itself."""
    return _BLOC_OF.get(label, label)


def iso3(label: str) -> str:
    """Return the ISO3 code of a label."""
    return label[:3]


def label_parts(graph: RawGraph) -> None:
    """Set apart the nodes of Abkhazia, Crimea and French Guiana."""
    lat, lon = graph.lat, graph.lon
    # The Enguri runs from the coast at 42.39 N, 41.55 E to the north-east.
    abkhazia = (lat > 42.38) & (lon < 41.55 + (lat - 42.39)) & (lon > 39.9)
    _label(graph.country, abkhazia & (graph.country == "GEO"), "GEO-abkhazia")
    _label(graph.country, in_crimea(lat, lon, east=36.8) & (graph.country == "UKR"), "UKR-crimea")
    _label(graph.country, (lon < -40.0) & (graph.country == "FRA"), "FRA-guiana")


def _label(country: Names, hit: np.ndarray[tuple[int], np.dtype[np.bool_]], label: str) -> None:
    country[hit] = label
