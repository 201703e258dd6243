"""Who buys from whom: trade equilibrium in exact hat algebra."""

from isthmus.trade.equilibrium import LONG, SHORT, TradeSettings, TradeShock, TradeSolution, solve_trade
from isthmus.trade.shares import TradeBaseline, compute_shares

__all__ = [
    "LONG",
    "SHORT",
    "TradeBaseline",
    "TradeSettings",
    "TradeShock",
    "TradeSolution",
    "compute_shares",
    "solve_trade",
]
