"""What an applied scenario is, and the arrays under change while its changes are applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from isthmus.errors import ScenarioError, nearest
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze
from isthmus.world.world import Sectors, World

#: Sectors that are energy beside those that move as oil products, crude or gas.
_ENERGY = ("B05", "D")


@dataclass(frozen=True, eq=False, slots=True)
class Wedges:
    """What a scenario does to trade beside freight; arrays are read-only, None leaves a channel as it is."""

    access: FloatArray | None  # (origin, destination, sector) factor on phi; 0 embargo
    latent_open: BoolArray  # (origin, destination) pairs whose border the scenario opens
    tariff: FloatArray | None = None  # (origin, destination, sector) ad valorem, of the importer
    tariff_cover: FloatArray | None = None  # (origin, destination, sector) share of the flow that pays it
    export_tax: FloatArray | None = None  # (origin, destination, sector) ad valorem, of the exporter
    export_tax_cover: FloatArray | None = None  # (origin, destination, sector) share of the flow that pays it
    remittances: FloatArray | None = None  # (payer, recipient) share that still flows
    endowment: FloatArray | None = None  # (economy,) hat of the labour at work
    demand: FloatArray | None = None  # (economy, sector) purchases over the reference year's, in both states
    parameters: tuple[tuple[str, float], ...] = ()  # of the solve, in both states

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change alters, for `isthmus check`."""

    change: int
    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, eq=False, slots=True)
class Applied:
    """A scenario applied to a world."""

    world: World
    wedges: Wedges
    effects: tuple[Effect, ...]
    opened: IntArray  # links that were closed before
    not_modelled: tuple[str, ...]
    warnings: tuple[str, ...]
    before: World  # the world that the changes are compared with: the given one, at the scenario's parameters


@dataclass(eq=False, slots=True)
class Wide:
    """Bilateral arrays of the trade changes, made when first touched."""

    access: FloatArray | None = None  # bans on whole sectors, multiplied up
    tariff: FloatArray | None = None
    tariff_cover: FloatArray | None = None
    export_tax: FloatArray | None = None
    export_tax_cover: FloatArray | None = None
    remittances: FloatArray | None = None
    endowment: FloatArray | None = None
    demand: FloatArray | None = None
    #: (origin, destination, sector) -> product -> share of the flow that bans take
    products: dict[tuple[int, int, int], dict[str, float]] = field(default_factory=dict)


def energy_sectors(sectors: Sectors) -> tuple[str, ...]:
    """Return the codes of the energy sectors of a world."""
    return tuple(
        code
        for code, kind in zip(sectors.codes, sectors.commodity_class, strict=True)
        if kind in ("products", "liquid", "gas") or code in _ENERGY
    )


def sector_groups(sectors: Sectors) -> dict[str, tuple[str, ...]]:
    """Return the groups that scenarios may name in place of sectors, and their codes."""
    moved = dict(zip(sectors.codes, sectors.commodity_class, strict=True))
    return {
        "goods": tuple(code for code, kind in moved.items() if kind != "none"),
        "services": tuple(code for code, kind in moved.items() if kind == "none"),
        "energy": energy_sectors(sectors),
    }


class State:
    """Arrays under change."""

    def __init__(self, world: World) -> None:
        self.world = world
        net = world.network
        self.open = net.open.copy()
        self.hours = net.hours.copy()
        self.wait = net.wait_hours.copy()
        self.fee = net.fee_usd_per_t.copy()
        self.rate = net.rate_usd_per_tkm.copy()
        self.capacity = net.capacity_mt.copy()
        self.denials = list(net.denials)
        self.wide = Wide()
        self.parameters: dict[str, float] = {}
        self.effects: list[Effect] = []
        self.not_modelled: list[str] = []
        self.warnings: list[str] = []
        self.number = 0
        self.kind = ""

    def note(self, what: str, before: str, after: str) -> None:
        """Record what the current change alters."""
        self.effects.append(Effect(self.number, self.kind, what, before, after))

    def warn(self, text: str) -> None:
        """Record a warning of the current change."""
        self.warnings.append(f"change {self.number} ({self.kind}): {text}")

    # Names ---------------------------------------------------------------------------------------

    def links(self, names: tuple[str, ...]) -> IntArray:
        """Return link positions of ids (with their pieces ~2, ~3), projects and corridors."""
        net = self.world.network
        index = {link: i for i, link in enumerate(net.link_ids)}
        found: list[int] = []
        for name in names:
            if name in net.projects:
                found += [index[link] for link in net.projects[name]]
            elif name in index:
                found += [index[name]] + [i for link, i in index.items() if link.startswith(f"{name}~")]
            elif name in net.corridors:
                found += [index[link] for link in net.corridors[name]]
            else:
                known = [*net.projects, *net.corridors, *(i for i in net.link_ids if "--" not in i)]
                raise ScenarioError(
                    f"unknown link, project or corridor {name!r}.{nearest(name, known)} Link ids are in the world's "
                    "table links; `isthmus world show` names projects and corridors."
                )
        return np.array(list(dict.fromkeys(found)), dtype=np.int64)

    def economies(self, names: tuple[str, ...] | str) -> list[int]:
        """Return positions of economies, groups spelled out."""
        out: list[int] = []
        for name in (names,) if isinstance(names, str) else names:
            members = self.world.groups.get(name, (name,))
            for member in members:
                if member not in self.world.economies:
                    known = [*self.world.economies, *self.world.groups]
                    raise ScenarioError(
                        f"unknown economy {member!r}.{nearest(member, known)} Use ISO3 codes or groups."
                    )
                out.append(self.world.economies.index(member))
        return list(dict.fromkeys(out))

    def pairs(self, by: tuple[str, ...], on: tuple[str, ...]) -> list[tuple[int, int]]:
        """Return (by, on) positions of all pairs of two sets of economies that do not overlap."""
        first, second = self.economies(by), self.economies(on)
        if set(first) & set(second):
            raise ScenarioError("by and on name the same economy.")
        return [(b, o) for b in first for o in second]

    def territory(self, name: str) -> str:
        """Return a territory code that the network knows."""
        known = sorted(set(self.world.network.territory) | set(self.world.network.zones.territory) - {""})
        if name not in known:
            raise ScenarioError(f"unknown territory {name!r}.{nearest(name, known)} Use ISO3 codes.")
        return name

    def sectors(self, names: Iterable[str]) -> IntArray:
        """Return positions of sectors, groups spelled out; all if none is named."""
        codes = self.world.sectors.codes
        groups = sector_groups(self.world.sectors)
        names = tuple(dict.fromkeys(code for name in names for code in groups.get(name, (name,))))
        for name in names:
            if name not in codes:
                raise ScenarioError(
                    f"unknown sector {name!r}.{nearest(name, [*codes, *groups])} `isthmus world show` lists sectors; "
                    f"{', '.join(groups)} are groups."
                )
        return np.array([codes.index(name) for name in names] if names else range(len(codes)), dtype=np.int64)
