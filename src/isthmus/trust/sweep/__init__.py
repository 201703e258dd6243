"""Sweeps: many solves that survive anything. Engines run batches at least once; the store makes it exactly once."""

from isthmus.trust.sweep.batch import Receipt, Row, SolveUnit, run_batch
from isthmus.trust.sweep.driver import run_sweep
from isthmus.trust.sweep.engines import DaskEngine, Engine, EngineLost, LocalEngine
from isthmus.trust.sweep.plan import Ask, Plan, make_plan, read_plan
from isthmus.trust.sweep.read import Status, read_sweep, sweep_status
from isthmus.trust.sweep.store import SCHEMA, Store, create_store, open_store

__all__ = [
    "SCHEMA",
    "Ask",
    "DaskEngine",
    "Engine",
    "EngineLost",
    "LocalEngine",
    "Plan",
    "Receipt",
    "Row",
    "SolveUnit",
    "Status",
    "Store",
    "create_store",
    "make_plan",
    "open_store",
    "read_plan",
    "read_sweep",
    "run_batch",
    "run_sweep",
    "sweep_status",
]
