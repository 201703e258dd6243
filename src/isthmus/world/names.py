"""What nodes and links are called where people read: no identifier stands for a name.

The world names a side of a crossing, an end of a strait or a bend of a sea lane by its identifier, and a crossing that
nobody named by its coordinates. Here they are told by what is there or near, for reading alone: identifiers stay what
scenarios and files use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from isthmus.world.accounts import IntArray
from isthmus.world.geodesy import great_circle_km
from isthmus.world.network import MODES, Network
from isthmus.world.world import World

#: A place farther than this, km, tells nobody where a crossing is, or a bend of a sea lane.
NEAR_KM, NEAR_SEA_KM = 150.0, 400.0
_LANE = re.compile(r"lane-(-?\d+\.\d)-(-?\d+\.\d)")
_UNNAMED = re.compile(
    r"([A-Z]{3}(?:-[a-z]+)?) / ([A-Z]{3}(?:-[a-z]+)?) (rail|road) crossing at (-?\d+\.\d+), (-?\d+\.\d+)"
)
_END = re.compile(r"(?:(?<=approach from )|(?<=joint with )|(?<=Oil rail rack )|(?<=Oil terminal ))[a-z][a-z0-9-]+$")
#: Territories with land crossings that are no economies of the shipped world (ISO 3166, CYN as in its borders' source).
_TERRITORIES = {
    "ALB": "Albania", "BIH": "Bosnia and Herzegovina", "CYN": "northern Cyprus", "GEO-abkhazia": "Abkhazia",
    "KWT": "Kuwait", "LBN": "Lebanon", "LBY": "Libya", "MKD": "North Macedonia", "MNE": "Montenegro", "NPL": "Nepal",
    "PRK": "North Korea", "PSE": "Palestine", "SDN": "Sudan", "SYR": "Syria", "UKR-crimea": "Crimea", "XKX": "Kosovo",
}  # fmt: skip


class Names:
    """Names of a world's nodes and links, for reading.

    Attributes
    ----------
    nodes : (node,) tuple of str
    places : (node,) tuple of str
        The same, the sides of a crossing by the name of the crossing alone.
    links : (link,) tuple of str
    """

    def __init__(self, network: Network, economies: Mapping[str, str]) -> None:
        self._network = network
        self._economies = economies
        self._index = {link: i for i, link in enumerate(network.link_ids)}
        place = np.array([name[:1].isupper() and name not in self._index for name in network.node_names])
        by_land = np.isin(network.node_mode, [MODES.index("road"), MODES.index("rail")])
        self._ports, self._towns = (
            np.flatnonzero(place & here) for here in (network.node_mode == MODES.index("sea"), by_land)
        )
        self.places = tuple(self._node(i) for i in range(len(network.node_ids)))
        self.nodes = tuple(self._with_side(i) for i in range(len(network.node_ids)))
        self.links = tuple(self._link(i) for i in range(len(network.link_ids)))
        self._by_id = dict(zip(network.link_ids, self.links, strict=True))

    def of(self, link: str, otherwise: str) -> str:
        """Return the name of a link by its identifier; another where the network has no such link."""
        return self._by_id.get(link, otherwise)

    def _node(self, i: int) -> str:
        net, name = self._network, self._network.node_names[i]
        if _LANE.fullmatch(name):
            port = self._nearest(self._ports, float(net.node_lat[i]), float(net.node_lon[i]), NEAR_SEA_KM)
            return f"at sea near {port}" if port else f"at sea {degrees(net.node_lat[i], net.node_lon[i])}"
        if name in self._index:
            return self._own(self._index[name])
        strait = self._index.get(_strait(name))
        return name if strait is None else f"{net.link_names[strait]}, {self._end(i, strait)} end"

    def _with_side(self, i: int) -> str:
        net = self._network
        side = net.node_names[i] in self._index
        return self.places[i] + (f", {self._territory(net.node_ids[i].rpartition('|')[2])} side" if side else "")

    def _end(self, node: int, strait: int) -> str:
        """Return where an end of a strait lies, seen from the other."""
        net = self._network
        ends = {int(net.from_node[strait]), int(net.to_node[strait])}
        other = next(iter(ends - {node}), node)
        north = float(net.node_lat[node] - net.node_lat[other])
        east = float(net.node_lon[node] - net.node_lon[other]) * float(np.cos(np.radians(net.node_lat[node])))
        if abs(north) > abs(east):
            return "northern" if north > 0 else "southern"
        return "eastern" if east > 0 else "western"

    def _link(self, i: int) -> str:
        net = self._network
        start, end = int(net.from_node[i]), int(net.to_node[i])
        if is_plain(net, i):
            return f"{self.nodes[start]} - {self.nodes[end]} ({MODES[net.mode[i]].replace('_', ' ')})"
        for node in (start, end):  # a yard beside a crossing
            own = net.node_names[node]
            if own in self._index and net.link_names[i].endswith(f" at {own}"):
                return net.link_names[i].removesuffix(own) + self.nodes[node]
        return self._own(i)

    def _own(self, i: int) -> str:
        """Return the name that a link has by itself, with a place where the world has an identifier or coordinates."""
        words = _END.sub(lambda place: self._place(place[0], i), self._network.link_names[i])
        found = _UNNAMED.match(words)
        if found is None:
            return words
        one, other, mode, lat, lon = found.groups()
        near = self._nearest(self._towns, float(lat), float(lon), NEAR_KM)
        where = f"near {near}" if near else f"at {degrees(float(lat), float(lon), 2)}"
        sides = " / ".join(self._territory(code) for code in (one, other))
        return f"{sides} {mode} crossing {where}{words[found.end() :]}"

    def _place(self, slug: str, i: int) -> str:
        """Return the name of the end of a link whose identifier ends so; the identifier written as a name if none's."""
        net = self._network
        for end in (int(net.from_node[i]), int(net.to_node[i])):
            if net.node_ids[end].endswith(f":{slug}"):
                return net.node_names[end]
        return slug.replace("-", " ").title()

    def _territory(self, code: str) -> str:
        return self._economies.get(code) or _TERRITORIES.get(code, code)

    def _nearest(self, among: IntArray, lat: float, lon: float, within: float) -> str:
        """Return the name of the nearest node among some within so many km, else nothing."""
        net = self._network
        if not len(among):
            return ""
        away = great_circle_km(net.node_lat[among], net.node_lon[among], lat, lon)
        best = int(away.argmin())
        return net.node_names[among[best]] if away[best] <= within else ""


@lru_cache(maxsize=4)
def names_of(world: World) -> Names:
    """Return what a world's nodes and links are called."""
    return Names(world.network, dict(zip(world.economies, world.economy_names, strict=True)))


def is_plain(network: Network, i: int) -> bool:
    """Tell whether a link has no name of its own: the world's files call it by its ends, or by their identifiers."""
    ends, mode = (int(network.from_node[i]), int(network.to_node[i])), MODES[network.mode[i]]
    names = [[network.node_names[end], network.node_ids[end].partition(":")[2]] for end in ends]
    return network.link_names[i] in {f"{one} - {other} ({mode})" for one in names[0] for other in names[1]}


def degrees(lat: float, lon: float, places: int = 0) -> str:
    """Return a position in words: 40° N 51° E."""
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.{places}f}° {north} {abs(lon):.{places}f}° {east}"


def _strait(name: str) -> str:
    """Return the identifier of the strait that a name may be an end of."""
    return name[:-2] if name.endswith(("-a", "-b")) else ""
