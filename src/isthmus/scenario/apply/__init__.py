"""apply_scenario: a world and a scenario to a changed world and wedges on trade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from isthmus.errors import ScenarioError
from isthmus.scenario.apply.model import MODEL_HANDLERS, tune_world
from isthmus.scenario.apply.network import NETWORK_HANDLERS, opened_pairs
from isthmus.scenario.apply.state import Applied, Effect, State, Wedges
from isthmus.scenario.apply.trade import TRADE_HANDLERS, close_trade
from isthmus.scenario.changes import SetDemand, SetParameter, kind_of
from isthmus.scenario.read import Scenario
from isthmus.world.world import World

__all__ = ["Applied", "Effect", "Wedges", "apply_scenario", "touches_network"]

_HANDLERS = {**NETWORK_HANDLERS, **TRADE_HANDLERS, **MODEL_HANDLERS}


def touches_network(scenario: Scenario) -> bool:
    """Tell whether a scenario changes the network or the demand on it; else freight costs stay as they are."""
    freight = (*NETWORK_HANDLERS, SetDemand, SetParameter)
    return any(isinstance(change, freight) for change in scenario.changes)


def apply_scenario(world: World, scenario: Scenario) -> Applied:
    """Return the world with a scenario's changes, applied in order, and what they do to trade.

    Raises
    ------
    ScenarioError
        A change names a link, territory, economy or sector that the world does not have, or a product whose
        share of its sector is not known.
    """
    state = State(world)
    for number, change in enumerate(scenario.changes, start=1):
        state.number, state.kind = number, kind_of(change)
        try:
            _HANDLERS[type(change)](state, change)
        except ScenarioError as error:
            raise ScenarioError(f"{scenario.name}: change {number} ({state.kind}): {error}") from None
    before = tune_world(world, state.parameters)
    network = replace(
        before.network,
        open=state.open,
        hours=state.hours,
        wait_hours=state.wait,
        fee_usd_per_t=state.fee,
        rate_usd_per_tkm=state.rate,
        capacity_mt=state.capacity,
        denials=tuple(state.denials),
    )
    opened = np.flatnonzero(state.open & ~world.network.open)
    latent = opened_pairs(world, opened) & (world.accounts.latent.sum(axis=2) > 0)
    wedges = Wedges(latent_open=latent, parameters=tuple(sorted(state.parameters.items())), **close_trade(state))
    return Applied(
        world=replace(before, network=network),
        wedges=wedges,
        effects=tuple(state.effects),
        opened=opened,
        not_modelled=tuple(state.not_modelled),
        warnings=tuple(state.warnings),
        before=before,
    )
