"""What changes: kinds of change, scenario files, episodes, and their application to a world."""

from isthmus.scenario.apply import Applied, Effect, Wedges, apply_scenario, touches_network
from isthmus.scenario.episodes import Episode, all_episodes, read_episode
from isthmus.scenario.read import Scenario, library, read_scenario

__all__ = [
    "Applied",
    "Effect",
    "Episode",
    "Scenario",
    "Wedges",
    "all_episodes",
    "apply_scenario",
    "library",
    "read_episode",
    "read_scenario",
    "touches_network",
]
