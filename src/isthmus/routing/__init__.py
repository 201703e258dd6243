"""How goods move: generalised cost, route choice, flows, trade cost."""

from isthmus.routing.choice import Loaded, Routing, load_flows, solve_routing
from isthmus.routing.cost import RoutingSettings
from isthmus.routing.demand import ZoneSplit, class_tonnes, split_zones, spread_demand
from isthmus.routing.trade_cost import TradeCost, trade_cost_change

__all__ = [
    "Loaded",
    "Routing",
    "RoutingSettings",
    "TradeCost",
    "ZoneSplit",
    "class_tonnes",
    "load_flows",
    "solve_routing",
    "split_zones",
    "spread_demand",
    "trade_cost_change",
]
