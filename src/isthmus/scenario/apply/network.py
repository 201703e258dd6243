"""Changes of the network: links, borders, transit, pipelines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from isthmus.errors import ScenarioError
from isthmus.scenario import changes as ch
from isthmus.scenario.apply.state import State
from isthmus.world.accounts import BoolArray, IntArray
from isthmus.world.network import KINDS, MODES, Denial
from isthmus.world.world import World


def _set_open(state: State, links: IntArray, value: bool) -> None:
    words = {True: "open", False: "closed"}
    for i in links:
        state.note(state.world.network.link_ids[i], words[bool(state.open[i])], words[value])
    if (state.open[links] == value).all():
        state.warn(f"all its links are {words[value]} already")
    state.open[links] = value


def opened_pairs(world: World, opened: IntArray) -> BoolArray:
    """Return (origin, destination) pairs of economies whose border the opened links cross."""
    net, economies = world.network, world.economies
    pairs = np.zeros((len(economies), len(economies)), dtype=bool)
    for i in opened:
        a, b = net.node_territory[net.from_node[i]], net.node_territory[net.to_node[i]]
        if a != b and a in economies and b in economies:
            x, y = economies.index(a), economies.index(b)
            pairs[x, y] = pairs[y, x] = True
    return pairs


def _open_link(state: State, change: ch.OpenLink) -> None:
    _set_open(state, state.links(change.links), True)


def _close_link(state: State, change: ch.CloseLink) -> None:
    _set_open(state, state.links(change.links), False)


def _change_link(state: State, change: ch.ChangeLink) -> None:
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


def _describe(state: State, i: int) -> str:
    fee = state.fee[i][np.isfinite(state.fee[i])]
    money = state.rate[i][np.isfinite(state.rate[i])].max(initial=0.0) * state.world.network.length_km[i] + fee.max(
        initial=0
    )
    return f"{state.hours[i] + state.wait[i].max():.1f} h, at most {money:.1f} USD/t, {state.capacity[i]:.3g} Mt a year"


def _border_links(state: State, between: tuple[str, ...], modes: tuple[str, ...]) -> IntArray:
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


def _open_border(state: State, change: ch.OpenBorder) -> None:
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


def _close_border(state: State, change: ch.CloseBorder) -> None:
    _set_open(state, _border_links(state, change.between, change.modes), False)


def _deny_transit(state: State, change: ch.DenyTransit) -> None:
    by = state.territory(change.by)
    for name in change.against:
        members = state.world.groups.get(name, (name,))
        for member in members:
            state.denials.append(Denial(by, state.territory(member), change.modes, change.source))
            state.note(
                f"{by} to trips of {member}", "transit allowed", f"denied by {', '.join(change.modes) or 'all modes'}"
            )


def _pipeline_outage(state: State, change: ch.PipelineOutage) -> None:
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


NETWORK_HANDLERS: dict[type, Callable[[State, ch.Change], None]] = {
    ch.OpenLink: _open_link,  # type: ignore[dict-item]
    ch.CloseLink: _close_link,  # type: ignore[dict-item]
    ch.ChangeLink: _change_link,  # type: ignore[dict-item]
    ch.OpenBorder: _open_border,  # type: ignore[dict-item]
    ch.CloseBorder: _close_border,  # type: ignore[dict-item]
    ch.DenyTransit: _deny_transit,  # type: ignore[dict-item]
    ch.PipelineOutage: _pipeline_outage,  # type: ignore[dict-item]
}
