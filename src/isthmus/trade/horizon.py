"""Horizons: which elasticities and which mobility of factors a question of months or of years takes.

`long` is Caliendo and Parro (2015): `theta_long` of the sectors, Cobb-Douglas upper nests, factors that
move between sectors (kap = inf). `short` takes `theta_short`, inputs that are hard to replace (sM 0.2,
eps 0.5) and factors fixed in their sector (kap = 1); wages flex, nobody is unemployed, so that short
losses are a floor. Between them lie settings of one's own, for instance `replace(SHORT, kap=3.0)`.
"""

from __future__ import annotations

from isthmus.errors import ScenarioError, nearest
from isthmus.trade.shares import TradeBaseline, compute_shares
from isthmus.trade.shock import LONG, SHORT, TradeSettings
from isthmus.world.world import World

#: Settings of each horizon.
HORIZONS: dict[str, TradeSettings] = {"long": LONG, "short": SHORT}


def horizon_settings(horizon: str) -> TradeSettings:
    """Return the trade settings of a horizon.

    Raises
    ------
    ScenarioError
        No such horizon.
    """
    if horizon not in HORIZONS:
        raise ScenarioError(f"horizon is {horizon!r}.{nearest(horizon, HORIZONS)} Use {' or '.join(HORIZONS)}.")
    return HORIZONS[horizon]


def trade_baseline(world: World, horizon: str = "long") -> TradeBaseline:
    """Return the baseline of a world with the trade elasticities of a horizon, named for messages.

    Raises
    ------
    ScenarioError
        No such horizon.
    """
    horizon_settings(horizon)
    theta = world.sectors.theta_long if horizon == "long" else world.sectors.theta_short
    return compute_shares(world.accounts, theta, economies=world.economies, sectors=world.sectors.codes)
