"""What solves of one world share in memory, so that a scenario that touches few links takes seconds.

Pass one `Warm` to every `solve` of a session, for instance in a server or a notebook:

    warm = Warm()
    for scenario in scenarios:
        result = solve(world, scenario, settings=settings, warm=warm)

The first solve with delays held (`Settings(queues="held")`) or without congestion holds the base's passes, about as
long as one full solve of all costs and 0.7 GB for the shipped world; later ones solve again only what their changes
touch (`routing.touched`, `routing.delta`). Where delays are solved, zones or denials differ, or too many links change,
the solve runs in full.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

import numpy as np

from isthmus.routing import (
    MOST_NODES,
    Base,
    PassStore,
    RoutingSettings,
    Touched,
    base_routing,
    find_base,
    floor_scales,
    hold_base,
    hold_passes,
    touch,
)
from isthmus.trade import TradeBaseline, TradeSettings, balance, trade_baseline
from isthmus.world import World
from isthmus.world.network import Network


class Warm:
    """Passes of the last base asked for; safe to share between threads.

    With a central base, worlds drawn around it are routed at its delays (`routing.held_base`), without an equilibrium
    of their own.
    """

    def __init__(self, central: Base | None = None) -> None:
        self.central = central
        self._lock = threading.Lock()
        self._key: tuple[str, str, RoutingSettings] | None = None
        self._store: PassStore | None = None
        self._base: Base | None = None  # of a drawn world
        self._balanced: tuple[Hashable, TradeBaseline] | None = None

    def around(self, central: Base) -> Warm:
        """Return this if the worlds that it routes are drawn around a base with the same delays, else a new one."""
        mine = self.central
        same = mine is not None and all(
            np.array_equal(getattr(mine, name), getattr(central, name)) for name in ("scale", "cost")
        )
        return self if same else Warm(central)

    def find_base(
        self, world: World, settings: RoutingSettings, tell: Callable[[str], None], *, floor: Network | None = None
    ) -> Base:
        """Return what `routing.find_base` returns; where that must solve a base, the passes held make room for it."""

        def make_room(stage: str) -> None:  # it tells of what it computes alone
            self.let_go()
            tell(stage)

        return find_base(world, settings, make_room, floor=floor)

    def let_go(self) -> None:
        """Let go of the passes: a base that is solved takes as much memory as they do."""
        with self._lock:
            self._base = self._store = None

    def drawn_base(
        self, world: World, settings: RoutingSettings, floor: Network, tell: Callable[[str], None]
    ) -> Base | None:
        """Return the base of a drawn world at delays that rest on the central ones, None if there are none.

        Parameters
        ----------
        world : World
            In the state of the day.
        settings : RoutingSettings
        floor : Network
            As for `find_base`.
        tell : callable
            Told if passes are solved.
        """
        if self.central is None or not _fits(world.network):
            return None
        with self._lock:
            key = (world.sha256, world.as_of, settings)
            if self._base is not None and key == self._key:
                scale = floor_scales(world.network, settings, floor)
                if np.array_equal(scale, self._base.scale):
                    return self._base
            self._base = self._store = None
            tell("routing the drawn base at held delays")
            self._base, self._store = hold_base(world, settings, self.central, floor)
            self._key = key
            return self._base

    def balanced(self, world: World, horizon: str, settings: TradeSettings) -> TradeBaseline:
        """Return the trade baseline of a world without deficits, as `trade.balance` makes it.

        Raises
        ------
        NotConverged, Infeasible
            As `balance`.
        """
        with self._lock:
            key = (world.sha256, world.as_of, horizon, settings)
            if self._balanced is None or self._balanced[0] != key:
                self._balanced = key, balance(trade_baseline(world, horizon), settings)
            return self._balanced[1]

    def touch(
        self,
        world: World,
        network: Network,
        base: Base,
        settings: RoutingSettings,
        tell: Callable[[str], None],
    ) -> Touched | None:
        """Return a changed network routed at the base's delays, or None where a full solve is due.

        Parameters
        ----------
        world : World
            Of the base.
        network : Network
            The changed one.
        base : Base
        settings : RoutingSettings
        tell : callable
            Told if the base's passes are held anew.
        """
        if not _fits(network):
            return None
        with self._lock:
            store = self._find(world, base, settings, tell)
        return touch(store, network)

    def _find(self, world: World, base: Base, settings: RoutingSettings, tell: Callable[[str], None]) -> PassStore:
        key, held = (world.sha256, world.as_of, settings), self._store
        if held is not None and key == self._key and _same(held, base):
            return held
        self._store = held = None  # one at a time: a store is large
        tell("holding the base in memory")
        self._store, self._key = hold_passes(base_routing(world, base, settings)), key
        return self._store

    @property
    def megabytes(self) -> float:
        """Return the memory that passes take."""
        return 0.0 if self._store is None else self._store.megabytes


def _fits(network: Network) -> bool:
    """Tell whether passes of a network can be held."""
    return len(network.node_ids) + len(network.zones.ids) <= MOST_NODES


def _same(store: PassStore, base: Base) -> bool:
    """Tell whether passes are those of a base: a scenario below the lowest costs has node scales of its own."""
    routing = store.routing
    return np.array_equal(routing.scale, base.scale) and np.array_equal(routing.delay.now, base.delay.now)
