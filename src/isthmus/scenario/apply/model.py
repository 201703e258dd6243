"""Changes of the baseline itself: demand, parameters; and acts that are not modelled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from isthmus.errors import ScenarioError
from isthmus.scenario import changes as ch
from isthmus.scenario.apply.state import State
from isthmus.scenario.parameters import PARAMETERS
from isthmus.world.network import CLASSES
from isthmus.world.world import World


def _set_demand(state: State, change: ch.SetDemand) -> None:
    wide, accounts = state.wide, state.world.accounts
    if wide.demand is None:
        wide.demand = np.ones_like(accounts.output)
    sectors = state.sectors(change.sectors)
    what = ", ".join(change.sectors) or "all goods and services"
    bought = accounts.flow.sum(axis=0)
    for n in state.economies(change.economy):
        value = float((bought[n, sectors] * wide.demand[n, sectors]).sum())
        wide.demand[n, sectors] *= change.factor
        state.note(
            f"purchases of {state.world.economies[n]}: {what} (baseline and scenario)",
            f"{value:,.1f} USD m of {state.world.year}",
            f"{value * change.factor:,.1f} USD m at the same prices",
        )


def _set_parameter(state: State, change: ch.SetParameter) -> None:
    family, _, member = change.name.partition(".")
    if family == "theta":
        state.sectors((member,))
    before = state.parameters.get(change.name)
    state.parameters[change.name] = change.value
    meaning = PARAMETERS[f"{family}.*" if member else change.name].meaning
    state.note(f"{change.name}: {meaning}", "default" if before is None else f"{before:g}", f"{change.value:g}")


def _not_modelled(state: State, change: ch.NotModelled) -> None:
    state.not_modelled.append(change.description)
    state.note(change.description, "-", "not modelled")


def tune_world(world: World, parameters: dict[str, float]) -> World:
    """Return the world at the parameters that live in its tables: elasticities and values of time."""
    theta_long, theta_short = world.sectors.theta_long.copy(), world.sectors.theta_short.copy()
    time = world.network.value_of_time.copy()
    told = []
    for name, value in parameters.items():
        family, _, member = name.partition(".")
        if name == "theta_factor":
            theta_long, theta_short = theta_long * value, theta_short * value
        elif family == "theta":
            theta_long[world.sectors.codes.index(member)] = theta_short[world.sectors.codes.index(member)] = value
        elif name == "value_of_time_factor":
            time = time * value
        elif family == "value_of_time":
            time[CLASSES.index(member)] = value
        else:
            continue
        told.append(f"{name}={value!r}")
    if not told:
        return world
    if not (theta_long > 0).all():
        raise ScenarioError("set_parameter: a trade elasticity would not be above 0.")
    digest = hashlib.sha256("|".join([world.sha256, *told]).encode()).hexdigest()
    return replace(
        world,
        sectors=replace(world.sectors, theta_long=theta_long, theta_short=theta_short),
        network=replace(world.network, value_of_time=time),
        sha256=digest,
    )


MODEL_HANDLERS: dict[type, Callable[[State, ch.Change], None]] = {
    ch.SetDemand: _set_demand,  # type: ignore[dict-item]
    ch.SetParameter: _set_parameter,  # type: ignore[dict-item]
    ch.NotModelled: _not_modelled,  # type: ignore[dict-item]
}
