"""What changes: kinds of change, scenario files, and their application to a world."""

from isthmus.scenario.apply import Applied, Effect, Wedges, apply_scenario
from isthmus.scenario.read import Scenario, library, read_scenario

__all__ = ["Applied", "Effect", "Scenario", "Wedges", "apply_scenario", "library", "read_scenario"]
