"""What changes: kinds of change, scenario files, episodes, and their application to a world."""

from isthmus.scenario.apply import Applied, Effect, Wedges, apply_scenario, touches_network
from isthmus.scenario.episodes import Episode, all_episodes, read_episode
from isthmus.scenario.read import Scenario, library, parse_scenario, read_scenario, scenario_from_data
from isthmus.scenario.write import scenario_to_data, scenario_to_toml

__all__ = [
    "Applied",
    "Effect",
    "Episode",
    "Scenario",
    "Wedges",
    "all_episodes",
    "apply_scenario",
    "library",
    "parse_scenario",
    "read_episode",
    "read_scenario",
    "scenario_from_data",
    "scenario_to_data",
    "scenario_to_toml",
    "touches_network",
]
