"""Sources as a reader can follow them: what a scenario cites by the name of one of our tables, spelt out."""

from __future__ import annotations

import re

from isthmus.world.names import names_of
from isthmus.world.world import World

#: Our tables of facts, in words.
TABLES = {
    "crossings": "crossings in our network data,",
    "dependencies": "our table of dependencies,",
    "episode_trade": "our table of trade hit in past episodes,",
    "episodes": "our record of past episodes of pressure,",
    "events": "our record of dated events",
    "links": "our network data on",
    "minerals": "our table of minerals",
    "observed_flows": "our table of observed flows,",
    "openings": "our record of border openings and closures,",
    "studies": "our table of other studies,",
}
_TABLE = re.compile(r"(?:facts/|data/)(\w+)(?:\.csv)?( (?=[\w-]))?")
_WORD = re.compile(r"(?<![\w/-])[a-z0-9]+(?:-[a-z0-9]+)+(?![\w-])")


def spell_out(text: str, world: World) -> str:
    """Return a source with our tables in words, and links by their names and own sources."""
    if not _TABLE.search(text):
        return text
    return _TABLE.sub(_in_words, _WORD.sub(lambda found: _link(found[0], world), text))


def _in_words(found: re.Match[str]) -> str:
    words = TABLES.get(found[1], f"our table of {found[1].replace('_', ' ')},")
    return f"{words} " if found[2] else words.removesuffix(" on").removesuffix(",")


def _link(word: str, world: World) -> str:
    net = world.network
    for i, link in enumerate(net.link_ids):
        if link == word or link.startswith(f"{word}~"):
            source = net.source[i] if net.source else ""
            return names_of(world).links[i] + (f" ({source})" if source else "")
    return word
