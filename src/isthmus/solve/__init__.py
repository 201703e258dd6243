"""Routing and trade to a joint equilibrium: the only package that knows both."""

from isthmus.solve.closures import solve_closures
from isthmus.solve.coupling import QUEUES, Coupling, Progress, Queues, Settings, Settled, load_settled, prepare, settle
from isthmus.solve.joint import solve
from isthmus.solve.replay import Replay, replay, solve_unrouted

__all__ = [
    "QUEUES",
    "Coupling",
    "Progress",
    "Queues",
    "Replay",
    "Settings",
    "Settled",
    "load_settled",
    "prepare",
    "replay",
    "settle",
    "solve",
    "solve_closures",
    "solve_unrouted",
]
