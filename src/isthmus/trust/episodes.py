"""Episodes with a published outcome: the one that fixed an elasticity, and those that test the model.

The German stop of Russian energy fixed the short elasticity of energy (`energy_stop`) and is marked `fit`.
All others are `test`: no constant was set by them. Each is replayed with the elasticities as shipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from isthmus.errors import ModelError
from isthmus.scenario import Scenario, read_episode, touches_network
from isthmus.scenario.changes import NotModelled
from isthmus.scenario.episodes import Comparison, Episode, comparisons, find_episode
from isthmus.solve import Replay, replay
from isthmus.trust.energy_stop import PUBLISHED_LOSS, energy_stop_loss
from isthmus.world import World

#: How each published quantity is read off a replay.
MODELLED: dict[str, Callable[[Replay], float | None]] = {
    "redirected": lambda r: r.redirected_percent,
    "target_loss": lambda r: -r.target_percent,
    "coercer_loss": lambda r: -r.coercer_percent,
    "price": lambda r: r.price_percent,
}

_GERMANY = Comparison(
    episode="DEU-2022",
    quantity="target_loss",
    product="energy",
    low=PUBLISHED_LOSS[0],
    high=PUBLISHED_LOSS[2],
    unit="percent of spending",
    when="within a year",
    basis="published simulation",
    source="Bachmann, Baqaee, Bayer, Kuhn, Loeschel, Moll, Peichl, Pittel and Schularick 2022",
)


@dataclass(frozen=True, slots=True)
class EpisodeTest:
    """One published outcome beside the model's number."""

    published: Comparison
    title: str
    used: str  # fit or test
    horizon: str
    modelled: float | None
    why_not: str  # why there is no number
    in_force: bool  # the act was in force in the world's year: the trade it hit is small there already

    @property
    def verdict(self) -> str:
        """Within the published span, below or above it; '-' without a number."""
        if self.modelled is None:
            return "-"
        low, high = self.published.low, self.published.high
        if low * (1 - 1e-9) <= self.modelled <= high * (1 + 1e-9):
            return "within"
        return "below" if self.modelled < low else "above"

    @property
    def ratio(self) -> float | None:
        """Model over the nearer end of the published span; 1 inside it."""
        if self.modelled is None:
            return None
        nearer = min(max(self.modelled, self.published.low), self.published.high)
        return self.modelled / nearer


def compare_episodes(
    world: World,
    *,
    horizon: str = "short",
    routed: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[EpisodeTest, ...]:
    """Return every published outcome that the model has a number for, the fitted one first.

    Parameters
    ----------
    world : World
    horizon : {"short", "long"}
    routed : bool
        Solve episodes that touch the network too, a minute or so each; else they have no number.
    tell : callable
        Told one line per episode.
    """
    tell("German stop of Russian energy")
    title = "Stop of Russian energy to Germany (simulated by the authors)"
    out = [EpisodeTest(_GERMANY, title, "fit", "short", energy_stop_loss(world), "", in_force=False)]
    replays: dict[str, tuple[Replay | None, str]] = {}
    for published in comparisons():
        episode = find_episode(published.episode)
        if episode.id not in replays:
            tell(f"{episode.id} {episode.title}")
            replays[episode.id] = replay_episode(world, episode, read_episode(episode.id, horizon=horizon), routed)
        found, why_not = replays[episode.id]
        modelled = None if found is None else MODELLED[published.quantity](found)
        out.append(
            EpisodeTest(published, episode.title, "test", horizon, modelled, why_not, in_force_in(episode, world.year))
        )
    return tuple(out)


def replay_episode(world: World, episode: Episode, scenario: Scenario, routed: bool) -> tuple[Replay | None, str]:
    """Return what an episode does in the model, or None and why."""
    if all(isinstance(change, NotModelled) for change in scenario.changes):
        return None, "no measure of it is modelled"
    if touches_network(scenario) and not routed:
        return None, "its measures touch the network: --routed solves it"
    try:
        return replay(world, scenario, coercer=episode.coercer, target=episode.target), ""
    except ModelError as error:
        return None, str(error)


def in_force_in(episode: Episode, year: int) -> bool:
    """Return whether an act was in force in a year: what it did cannot be seen in that year's trade."""
    return episode.start[:4] < str(year) and (episode.end or "9999") >= f"{year}-07-01"


def summarise(tests: tuple[EpisodeTest, ...]) -> dict[str, float | int]:
    """Return how the tests went: count, within the span, within a factor of two of it, median factor off."""
    ratios = [test.ratio for test in tests if test.used == "test" and test.ratio is not None]
    off = np.exp(np.abs(np.log(np.maximum(ratios, 1e-6)))) if ratios else np.zeros(0)
    return {
        "tests": len(off),
        "within": sum(test.verdict == "within" for test in tests if test.used == "test"),
        "within_factor_2": int((off <= 2.0).sum()),
        "median_factor": float(np.median(off)) if len(off) else float("nan"),
    }
