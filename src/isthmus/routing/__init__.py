"""How goods move: generalised cost, route choice, flows, trade cost."""

from isthmus.routing.base import Base, base_routing, find_base, lay_routing
from isthmus.routing.choice import Loaded, Routing, load_flows, solve_routing
from isthmus.routing.closures import CLOSURE_KINDS, POINTS, Closures, find_closures, list_closures, pick_closures
from isthmus.routing.cost import Delay, RoutingSettings
from isthmus.routing.criticality import Criticality, compute_criticality, explain_stranded, find_criticality
from isthmus.routing.delta import load_touched
from isthmus.routing.demand import ZoneSplit, class_tonnes, split_zones, spread_demand
from isthmus.routing.dues import denied_dues, transit_dues
from isthmus.routing.held_base import carry_delays, floor_scales, hold_base
from isthmus.routing.measure import Freight, co2_kt, corridor_mt, load_freight
from isthmus.routing.options import Option, find_options, find_way_by, limit_network
from isthmus.routing.pairs import Pairs, route_pairs
from isthmus.routing.pass_store import MOST_NODES, PassStore, hold_passes
from isthmus.routing.reroute import Rerouted, hold_delays, queue_hours, reroute, reroute_held
from isthmus.routing.rounds import GATE_REST, MOST_DELAY
from isthmus.routing.routes import Leg, Route, class_named, find_routes, find_zone
from isthmus.routing.touched import Touched, touch
from isthmus.routing.trade_cost import TradeCost, trade_cost_change

__all__ = [
    "CLOSURE_KINDS",
    "GATE_REST",
    "MOST_DELAY",
    "MOST_NODES",
    "POINTS",
    "Base",
    "Closures",
    "Criticality",
    "Delay",
    "Freight",
    "Leg",
    "Loaded",
    "Option",
    "Pairs",
    "PassStore",
    "Rerouted",
    "Route",
    "Routing",
    "RoutingSettings",
    "Touched",
    "TradeCost",
    "ZoneSplit",
    "base_routing",
    "carry_delays",
    "class_named",
    "class_tonnes",
    "co2_kt",
    "compute_criticality",
    "corridor_mt",
    "denied_dues",
    "explain_stranded",
    "find_base",
    "find_closures",
    "find_criticality",
    "find_options",
    "find_routes",
    "find_way_by",
    "find_zone",
    "floor_scales",
    "hold_base",
    "hold_delays",
    "hold_passes",
    "lay_routing",
    "limit_network",
    "list_closures",
    "load_flows",
    "load_freight",
    "load_touched",
    "pick_closures",
    "queue_hours",
    "reroute",
    "reroute_held",
    "route_pairs",
    "solve_routing",
    "split_zones",
    "spread_demand",
    "touch",
    "trade_cost_change",
    "transit_dues",
]
