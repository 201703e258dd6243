"""apply_scenario: a world and a scenario to a changed world and wedges on trade."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import ScenarioError, nearest
from isthmus.scenario import changes as ch
from isthmus.scenario.read import Scenario
from isthmus.world.accounts import BoolArray, FloatArray, IntArray, freeze
from isthmus.world.network import KINDS, MODES, Denial
from isthmus.world.world import World


@dataclass(frozen=True, eq=False, slots=True)
class Wedges:
    """What a scenario does to trade beside freight; arrays are read-only."""

    access: FloatArray | None  # (origin, destination, sector) factor on phi; 0 embargo; None: unchanged
    latent_open: BoolArray  # (origin, destination) pairs whose border the scenario opens

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


class _State:
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
        self.access: FloatArray | None = None
        self.effects: list[Effect] = []
        self.not_modelled: list[str] = []
        self.warnings: list[str] = []
        self.number = 0
        self.kind = ""

    def note(self, what: str, before: str, after: str) -> None:
        self.effects.append(Effect(self.number, self.kind, what, before, after))

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

    def territory(self, name: str) -> str:
        """Return a territory code that the network knows."""
        known = sorted(set(self.world.network.territory) | set(self.world.network.zones.territory) - {""})
        if name not in known:
            raise ScenarioError(f"unknown territory {name!r}.{nearest(name, known)} Use ISO3 codes.")
        return name

    def sectors(self, names: tuple[str, ...]) -> IntArray:
        """Return positions of sectors; all if none is named."""
        codes = self.world.sectors.codes
        for name in names:
            if name not in codes:
                raise ScenarioError(
                    f"unknown sector {name!r}.{nearest(name, codes)} `isthmus world show` lists sectors."
                )
        return np.array([codes.index(name) for name in names] if names else range(len(codes)), dtype=np.int64)


def apply_scenario(world: World, scenario: Scenario) -> Applied:
    """Return the world with a scenario's changes, applied in order, and what they do to trade.

    Raises
    ------
    ScenarioError
        A change names a link, territory, economy or sector that the world does not have.
    """
    state = _State(world)
    for number, change in enumerate(scenario.changes, start=1):
        state.number, state.kind = number, ch.kind_of(change)
        try:
            _HANDLERS[type(change)](state, change)
        except ScenarioError as error:
            raise ScenarioError(f"{scenario.name}: change {number} ({state.kind}): {error}") from None
    network = replace(
        world.network,
        open=state.open,
        hours=state.hours,
        wait_hours=state.wait,
        fee_usd_per_t=state.fee,
        rate_usd_per_tkm=state.rate,
        capacity_mt=state.capacity,
        denials=tuple(state.denials),
    )
    opened = np.flatnonzero(state.open & ~world.network.open)
    latent = _opened_pairs(world, opened) & (world.accounts.latent.sum(axis=2) > 0)
    return Applied(
        world=replace(world, network=network),
        wedges=Wedges(state.access, latent),
        effects=tuple(state.effects),
        opened=opened,
        not_modelled=tuple(state.not_modelled),
        warnings=tuple(state.warnings),
    )


def _set_open(state: _State, links: IntArray, value: bool) -> None:
    words = {True: "open", False: "closed"}
    for i in links:
        state.note(state.world.network.link_ids[i], words[bool(state.open[i])], words[value])
    if (state.open[links] == value).all():
        state.warnings.append(f"change {state.number} ({state.kind}): all its links are {words[value]} already")
    state.open[links] = value


def _opened_pairs(world: World, opened: IntArray) -> BoolArray:
    """Return (origin, destination) pairs of economies whose border the opened links cross."""
    net, economies = world.network, world.economies
    pairs = np.zeros((len(economies), len(economies)), dtype=bool)
    for i in opened:
        a, b = net.node_territory[net.from_node[i]], net.node_territory[net.to_node[i]]
        if a != b and a in economies and b in economies:
            x, y = economies.index(a), economies.index(b)
            pairs[x, y] = pairs[y, x] = True
    return pairs


def _open_link(state: _State, change: ch.OpenLink) -> None:
    _set_open(state, state.links(change.links), True)


def _close_link(state: _State, change: ch.CloseLink) -> None:
    _set_open(state, state.links(change.links), False)


def _change_link(state: _State, change: ch.ChangeLink) -> None:
    links = state.links(change.links)
    for i in links:
        before = _describe(state, i)
        if change.capacity_factor is not None:
            state.capacity[i] *= change.capacity_factor
        if change.capacity_mt_per_year is not None:
            state.capacity[i] = change.capacity_mt_per_year
        if change.hours_factor is not None:
            state.hours[i] *= change.hours_factor
            state.wait[i] *= change.hours_factor
        if change.hours is not None:
            state.hours[i], state.wait[i] = change.hours, 0.0
        if change.cost_factor is not None:
            state.fee[i] *= change.cost_factor
            state.rate[i] *= change.cost_factor
        if change.cost_usd_per_t is not None:
            allowed = np.isfinite(state.fee[i]) & np.isfinite(state.rate[i])
            state.fee[i, allowed], state.rate[i, allowed] = change.cost_usd_per_t, 0.0
        state.note(state.world.network.link_ids[i], before, _describe(state, i))
    if change.capacity_factor is not None or change.capacity_mt_per_year is not None:
        state.warnings.append(
            f"change {state.number} (change_link): capacities are recorded but do not bind: "
            "routing is without congestion"
        )


def _describe(state: _State, i: int) -> str:
    fee = state.fee[i][np.isfinite(state.fee[i])]
    money = state.rate[i][np.isfinite(state.rate[i])].max(initial=0.0) * state.world.network.length_km[i] + fee.max(
        initial=0
    )
    return f"{state.hours[i] + state.wait[i].max():.1f} h, at most {money:.1f} USD/t, {state.capacity[i]:.3g} Mt a year"


def _border_links(state: _State, between: tuple[str, ...], modes: tuple[str, ...]) -> IntArray:
    a, b = (state.territory(name) for name in between)
    net = state.world.network
    node = np.array(net.node_territory, dtype=object)
    start, end = node[net.from_node], node[net.to_node]
    hit = ((start == a) & (end == b)) | ((start == b) & (end == a))
    hit &= np.isin(net.kind, [KINDS.index(kind) for kind in ("border", "project", "pipeline", "line")])
    land = [MODES.index(mode) for mode in (modes or ("road", "rail"))]
    hit &= np.isin(net.mode, land)
    links = np.flatnonzero(hit)
    if not links.size:
        raise ScenarioError(
            f"no crossing between {a} and {b}{' by ' + ', '.join(modes) if modes else ''} in this world."
        )
    ids = [net.link_ids[i] for i in links]
    pieces = [i for i, link in enumerate(net.link_ids) if "~" in link and link.split("~")[0] in ids]
    return np.array(sorted({*links.tolist(), *pieces}), dtype=np.int64)


def _open_border(state: _State, change: ch.OpenBorder) -> None:
    links = _border_links(state, change.between, change.modes)
    net = state.world.network
    # Roads that are to be built are projects: opening a border opens its posts, not new lines.
    built = np.array([i for i in links if not net.link_ids[i].startswith(("meghri-", "tripp-"))], dtype=np.int64)
    _set_open(state, built if built.size else links, True)
    pair = set(change.between)
    for denial in [d for d in state.denials if {d.by, d.against} == pair]:
        # Denials of other modes than those opened stay.
        left = tuple(m for m in denial.modes or MODES if change.modes and m not in change.modes)
        if left == (denial.modes or MODES):
            continue
        at = state.denials.index(denial)
        state.denials[at : at + 1] = [replace(denial, modes=left)] if left else []
        state.note(
            f"{denial.by} to trips of {denial.against}",
            "denied" if not denial.modes else f"denied by {', '.join(denial.modes)}",
            f"denied by {', '.join(left)}" if left else "transit allowed",
        )


def _close_border(state: _State, change: ch.CloseBorder) -> None:
    _set_open(state, _border_links(state, change.between, change.modes), False)


def _deny_transit(state: _State, change: ch.DenyTransit) -> None:
    by = state.territory(change.by)
    for name in change.against:
        members = state.world.groups.get(name, (name,))
        for member in members:
            state.denials.append(Denial(by, state.territory(member), change.modes, change.source))
            state.note(
                f"{by} to trips of {member}", "transit allowed", f"denied by {', '.join(change.modes) or 'all modes'}"
            )


def _ban(state: _State, change: ch._Ban) -> None:
    by, on, sectors = state.economies(change.by), state.economies(change.on), state.sectors(change.sectors)
    if set(by) & set(on):
        raise ScenarioError("by and on name the same economy.")
    accounts = state.world.accounts
    if state.access is None:
        state.access = np.ones_like(accounts.flow)
    pairs = []
    if isinstance(change, ch.ExportBan | ch.Embargo):
        pairs += [(b, o) for b in by for o in on]
    if isinstance(change, ch.ImportBan | ch.Embargo):
        pairs += [(o, b) for b in by for o in on]
    names = state.world.economies
    what = ", ".join(change.products or change.sectors) or "all goods and services"
    for i, n in pairs:
        value = float(accounts.flow[i, n, sectors].sum())
        state.access[i, n, sectors] *= change.access
        state.note(
            f"{names[i]} to {names[n]}: {what}",
            f"{value:,.1f} USD m of {state.world.year}",
            f"access {change.access:g}",
        )


def _pipeline_outage(state: _State, change: ch.PipelineOutage) -> None:
    links = state.links(change.links)
    net = state.world.network
    wrong = [net.link_ids[i] for i in links if not MODES[net.mode[i]].endswith("pipeline")]
    if wrong:
        raise ScenarioError(f"{wrong[0]!r} is no pipeline. Use close_link or change_link.")
    if change.share >= 1.0:
        _set_open(state, links, False)
        return
    for i in links:
        state.note(
            net.link_ids[i],
            f"{state.capacity[i]:.3g} Mt a year",
            f"{state.capacity[i] * (1 - change.share):.3g} Mt a year",
        )
    state.capacity[links] *= 1.0 - change.share
    state.warnings.append(
        f"change {state.number} (pipeline_outage): a partial outage is recorded but does not bind: "
        "routing is without congestion"
    )


def _not_modelled(state: _State, change: ch.NotModelled) -> None:
    state.not_modelled.append(change.description)
    state.note(change.description, "-", "not modelled")


_HANDLERS: dict[type, Callable[[_State, object], None]] = {
    ch.OpenLink: _open_link,  # type: ignore[dict-item]
    ch.CloseLink: _close_link,  # type: ignore[dict-item]
    ch.ChangeLink: _change_link,  # type: ignore[dict-item]
    ch.OpenBorder: _open_border,  # type: ignore[dict-item]
    ch.CloseBorder: _close_border,  # type: ignore[dict-item]
    ch.DenyTransit: _deny_transit,  # type: ignore[dict-item]
    ch.ImportBan: _ban,  # type: ignore[dict-item]
    ch.ExportBan: _ban,  # type: ignore[dict-item]
    ch.Embargo: _ban,  # type: ignore[dict-item]
    ch.PipelineOutage: _pipeline_outage,  # type: ignore[dict-item]
    ch.NotModelled: _not_modelled,  # type: ignore[dict-item]
}
