"""What can be closed: links by kind, both directions and all pieces of a line together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from isthmus.errors import QueryError, nearest
from isthmus.world.accounts import IntArray, freeze
from isthmus.world.network import KINDS, MODES, Network

#: Words for links of a kind; ordinary lines go by their mode.
_BY_KIND = {"border": "crossing", "transfer": "terminal"}
#: What a closure may be.
CLOSURE_KINDS = (
    "crossing", "chokepoint", "ferry", "port", "terminal", "pipeline", "project", "rail", "road", "sea", "fallback",
)  # fmt: skip
#: Points that a decision or an accident can shut, in place of ordinary lines.
POINTS = ("crossing", "chokepoint", "ferry", "port", "terminal", "pipeline", "project")
_PIECE = re.compile(r"~\d+$")


@dataclass(frozen=True, eq=False, slots=True)
class Closures:
    """Groups of links that close together; arrays are read-only."""

    ids: tuple[str, ...]  # id of the link, pieces without their ~2, ~3; of several links joined by +
    names: tuple[str, ...]
    kinds: tuple[str, ...]  # one of CLOSURE_KINDS
    of_link: IntArray  # (link,) index into ids; -1: in none

    def __post_init__(self) -> None:
        freeze(self)

    def links(self, closure: int) -> IntArray:
        """Return the links of a closure."""
        out: IntArray = np.flatnonzero(self.of_link == closure)
        return out


def closure_kind(network: Network, link: int) -> str:
    """Return the kind of a link in the words of CLOSURE_KINDS."""
    kind = KINDS[network.kind[link]]
    return MODES[network.mode[link]] if kind == "line" else _BY_KIND.get(kind, kind)


def list_closures(network: Network, kinds: Iterable[str] = POINTS) -> Closures:
    """Return every open link of the kinds as a closure; the pieces of a line that crosses borders are one.

    Raises
    ------
    QueryError
        A kind has no such name.
    """
    wanted = set(kinds)
    for word in sorted(wanted - set(CLOSURE_KINDS)):
        known_words = ", ".join(CLOSURE_KINDS)
        raise QueryError(
            f"--kind: {word!r} is no kind of link. Use {known_words}, or all.{nearest(word, CLOSURE_KINDS)}"
        )
    ids = set(network.link_ids)
    roots: dict[str, list[int]] = {}
    for link in np.flatnonzero(network.open).tolist():
        root = _PIECE.sub("", network.link_ids[link])
        roots.setdefault(root if root in ids else network.link_ids[link], []).append(link)
    kept = [(root, links) for root, links in roots.items() if closure_kind(network, links[0]) in wanted]
    of_link = np.full(len(network.link_ids), -1)
    for c, (_, links) in enumerate(kept):
        of_link[links] = c
    return Closures(
        ids=tuple(root for root, _ in kept),
        names=tuple(network.link_names[links[0]] for _, links in kept),
        kinds=tuple(closure_kind(network, links[0]) for _, links in kept),
        of_link=of_link,
    )


def pick_closures(closures: Closures, chosen: Iterable[int]) -> Closures:
    """Return some of the closures, in the order given."""
    rows = list(chosen)
    new = np.full(len(closures.ids) + 1, -1)
    new[rows] = np.arange(len(rows))
    words = ([column[c] for c in rows] for column in (closures.ids, closures.names, closures.kinds))
    ids, names, kinds = (tuple(column) for column in words)
    return Closures(ids, names, kinds, new[closures.of_link])


def find_closures(closures: Closures, ids: Sequence[str]) -> list[int]:
    """Return the closures of these ids.

    Raises
    ------
    QueryError
        There is none of an id; tells the nearest.
    """
    at = {name: c for c, name in enumerate(closures.ids)}
    for word in ids:
        if word not in at:
            raise QueryError(
                f"--links: {word!r} is no open link of this world on the day.{nearest(word, closures.ids)}"
            )
    return [at[word] for word in ids]
