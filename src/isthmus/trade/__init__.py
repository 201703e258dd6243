"""Who buys from whom: trade equilibrium in exact hat algebra."""

from isthmus.trade.equilibrium import balance, solve_trade
from isthmus.trade.horizon import HORIZONS, horizon_settings, trade_baseline
from isthmus.trade.partial import spread_tax
from isthmus.trade.shares import TradeBaseline, compute_shares
from isthmus.trade.shock import LONG, SHORT, TradeSettings, TradeShock
from isthmus.trade.solution import TradeSolution, rebase
from isthmus.trade.welfare import CaliendoParroWelfare, caliendo_parro_welfare, first_order_change

__all__ = [
    "HORIZONS",
    "LONG",
    "SHORT",
    "CaliendoParroWelfare",
    "TradeBaseline",
    "TradeSettings",
    "TradeShock",
    "TradeSolution",
    "balance",
    "caliendo_parro_welfare",
    "compute_shares",
    "first_order_change",
    "horizon_settings",
    "rebase",
    "solve_trade",
    "spread_tax",
    "trade_baseline",
]
