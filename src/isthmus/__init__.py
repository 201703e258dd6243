"""What changes when a trade link opens or closes, and who holds leverage over whom."""

from isthmus.events import (
    Finding,
    Findings,
    Impact,
    Question,
    Record,
    analyses,
    compute_analysis,
    compute_coincidence,
    compute_impacts,
    load_events,
    read_analysis,
    select_events,
)
from isthmus.leverage import compute_leverage
from isthmus.result import Result
from isthmus.routing import RoutingSettings
from isthmus.scenario import Scenario, apply_scenario, library, read_scenario
from isthmus.solve import Settings, Warm, solve
from isthmus.trade import TradeSettings
from isthmus.version import __version__
from isthmus.world import World, load_world

__all__ = [
    "Finding",
    "Findings",
    "Impact",
    "Question",
    "Record",
    "Result",
    "RoutingSettings",
    "Scenario",
    "Settings",
    "TradeSettings",
    "Warm",
    "World",
    "__version__",
    "analyses",
    "apply_scenario",
    "compute_analysis",
    "compute_coincidence",
    "compute_impacts",
    "compute_leverage",
    "library",
    "load_events",
    "load_world",
    "read_analysis",
    "read_scenario",
    "select_events",
    "solve",
]
