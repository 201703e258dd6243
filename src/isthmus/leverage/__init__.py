"""Who can hurt whom, by which instruments, at what cost to itself."""

from isthmus.leverage.embargoes import EmbargoGrip, embargo_grips
from isthmus.leverage.fees import LostFees
from isthmus.leverage.frontier import Frontier, Point, find_frontier
from isthmus.leverage.grip import Grip, compute_grips, corridors
from isthmus.leverage.instruments import KINDS, Instrument, list_instruments
from isthmus.leverage.matrix import Matrix, Row, compute_against_all, compute_matrix, compute_over_time
from isthmus.leverage.pair import Leverage, compute_leverage
from isthmus.leverage.stage import BUDGETS, Stage, Terms, make_stage

__all__ = [
    "BUDGETS",
    "KINDS",
    "EmbargoGrip",
    "Frontier",
    "Grip",
    "Instrument",
    "Leverage",
    "LostFees",
    "Matrix",
    "Point",
    "Row",
    "Stage",
    "Terms",
    "compute_against_all",
    "compute_grips",
    "compute_leverage",
    "compute_matrix",
    "compute_over_time",
    "corridors",
    "embargo_grips",
    "find_frontier",
    "list_instruments",
    "make_stage",
]
