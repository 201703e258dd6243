"""Who buys from whom: trade equilibrium in exact hat algebra."""

from isthmus.trade.batch import TradeBatch, solve_trade_batch
from isthmus.trade.decompose import COMPONENTS, Decomposition, decompose
from isthmus.trade.equilibrium import balance, solve_trade
from isthmus.trade.horizon import HORIZONS, horizon_settings, trade_baseline
from isthmus.trade.partial import spread_tax
from isthmus.trade.shares import TradeBaseline, compute_shares
from isthmus.trade.shock import LONG, SHORT, TradeSettings, TradeShock
from isthmus.trade.solution import TradeSolution, rebase
from isthmus.trade.sparse import SparseShock, cut_trade, join, make_sparse
from isthmus.trade.welfare import CaliendoParroWelfare, caliendo_parro_welfare, first_order_change

__all__ = [
    "COMPONENTS",
    "HORIZONS",
    "LONG",
    "SHORT",
    "CaliendoParroWelfare",
    "Decomposition",
    "SparseShock",
    "TradeBaseline",
    "TradeBatch",
    "TradeSettings",
    "TradeShock",
    "TradeSolution",
    "balance",
    "caliendo_parro_welfare",
    "compute_shares",
    "cut_trade",
    "decompose",
    "first_order_change",
    "horizon_settings",
    "join",
    "make_sparse",
    "rebase",
    "solve_trade",
    "solve_trade_batch",
    "spread_tax",
    "trade_baseline",
]
