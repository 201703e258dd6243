"""What exists: economies, sectors, accounts, network, and where each table came from."""

from isthmus.world.accounts import Accounts
from isthmus.world.check import CheckLine, run_checks
from isthmus.world.load import at, load_world, shipped_worlds
from isthmus.world.network import Denial, Network, Zones
from isthmus.world.world import Sectors, Source, World

__all__ = [
    "Accounts",
    "CheckLine",
    "Denial",
    "Network",
    "Sectors",
    "Source",
    "World",
    "Zones",
    "at",
    "load_world",
    "run_checks",
    "shipped_worlds",
]
