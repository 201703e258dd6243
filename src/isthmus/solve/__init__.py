"""Routing and trade to a joint equilibrium: the only package that knows both."""

from isthmus.solve.choke import CHOKES, LEAST_MET, at_chokes, compare_chokes, hangs_on_choke
from isthmus.solve.closures import solve_closures
from isthmus.solve.coupling import (
    QUEUES,
    Coupling,
    Progress,
    Queues,
    Settings,
    Settled,
    load_settled,
    prepare,
    settle,
    unbound,
)
from isthmus.solve.joint import Solved, solve, solve_whole
from isthmus.solve.replay import Replay, replay, solve_unrouted
from isthmus.solve.warm import Warm

__all__ = [
    "CHOKES",
    "LEAST_MET",
    "QUEUES",
    "Coupling",
    "Progress",
    "Queues",
    "Replay",
    "Settings",
    "Settled",
    "Solved",
    "Warm",
    "at_chokes",
    "compare_chokes",
    "hangs_on_choke",
    "load_settled",
    "prepare",
    "replay",
    "settle",
    "solve",
    "solve_closures",
    "solve_unrouted",
    "solve_whole",
    "unbound",
]
