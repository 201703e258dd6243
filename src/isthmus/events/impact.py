"""From events to the model: what an import ban or an outage of the record cost its target, as far as it is modelled.

`data/impacts.csv` says for each such event which measures of which episode it is (their changes come from
`scenario.episodes`), or which pipeline lost which share of its capacity, how long it lasted where the record has no
end, and on what that rests; a row without either says why the event is not modelled. Every act is replayed in the
economy of the world's year, on its network: weights of acts are then comparable, but they are not the losses of
their own year.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

from isthmus.errors import ModelError
from isthmus.events.record import NOBODY, Event
from isthmus.scenario import Scenario, apply_scenario
from isthmus.scenario.changes import NotModelled, PipelineOutage
from isthmus.scenario.episodes import episode_scenario, find_episode
from isthmus.solve import Replay, Settings, replay, unbound
from isthmus.world import World

#: Instruments whose events are given a weight.
INSTRUMENTS = ("import_ban", "pipeline_outage")

#: What an act without an end counts for, days.
YEAR = 365


@dataclass(frozen=True, slots=True)
class Impact:
    """The modelled weight of one event; money in USD million of the world's year.

    Attributes
    ----------
    event : Event
    episode : str
        Id of the episode whose measures it is, or "".
    changes : tuple of str
        What was replayed.
    loss_percent, loss_usd_m_per_year : float or None
        Fall of the target's real income while the act lasts, at a yearly rate; None if it is not modelled.
    own_cost_usd_m_per_year : float or None
        The same of the actor; None if nobody in particular acted.
    days : int or None
        How long it lasted; an act without an end counts for a year.
    loss_usd_m : float or None
        Loss over those days.
    already : bool
        It was in force in the world's year: trade that it had ended is not in the base, so the loss is too small.
    not_modelled : tuple of str
        Parts of the act that are left out.
    basis, note : str
        What the replay rests on (reported, estimate, assumption, gap), and what to know of it.
    why_not : str
        Why there is no number, or "".
    """

    event: Event
    episode: str
    changes: tuple[str, ...]
    loss_percent: float | None
    loss_usd_m_per_year: float | None
    own_cost_usd_m_per_year: float | None
    days: int | None
    loss_usd_m: float | None
    already: bool
    not_modelled: tuple[str, ...]
    basis: str
    note: str
    why_not: str


@dataclass(frozen=True, slots=True)
class _Act:
    """A row of the table of impacts."""

    episode: str
    measures: str
    links: tuple[str, ...]
    share: float | None
    days: int | None
    basis: str
    note: str


@cache
def _acts() -> dict[str, _Act]:
    path = Path(str(resources.files("isthmus"))) / "events" / "data" / "impacts.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            row["event"]: _Act(
                episode=row["episode"],
                measures=row["measures"],
                links=tuple(row["links"].split()),
                share=float(row["share"]) if row["share"] else None,
                days=int(row["days"]) if row["days"] else None,
                basis=row["basis"],
                note=row["note"],
            )
            for row in csv.DictReader(stream)
        }


def compute_impacts(
    world: World,
    events: Sequence[Event],
    *,
    horizon: str = "short",
    settings: Settings | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Impact, ...]:
    """Return the weight of each import ban and outage among `events`, the heaviest first, those not modelled last.

    Parameters
    ----------
    world : World
    events : sequence of Event
        Of the shipped record; events of other instruments are passed over.
    horizon : {"short", "long"}
    settings, progress : optional
        As in `solve`; progress is told one line per event.

    Raises
    ------
    ScenarioError
        The world lacks an economy, sector or link of an act.
    """
    solved: dict[tuple[object, ...], Replay | str] = {}
    out = []
    for event in events:
        if event.instrument not in INSTRUMENTS:
            continue
        (progress or (lambda _: None))(f"{event.id} {event.description}")
        act = _acts().get(event.id)
        if act is None:
            gap = "no row in events/data/impacts.csv says what of it can be modelled"
            out.append(_impact(world, event, _Act("", "", (), None, None, "gap", ""), None, gap))
            continue
        scenario = _scenario(event, act, horizon)
        told = _solve(world, event, scenario, settings, solved)
        out.append(_impact(world, event, act, scenario, told))
    out.sort(key=lambda impact: (impact.loss_usd_m is None, -(impact.loss_usd_m or 0.0), impact.event.id))
    return tuple(out)


def _scenario(event: Event, act: _Act, horizon: str) -> Scenario | None:
    """Return the modelled part of an event as a scenario; None if its row names nothing to replay."""
    if act.links:
        outage = PipelineOutage(links=act.links, share=act.share or 1.0)
        return Scenario(name=event.id, title=event.description, changes=(outage,), horizon=horizon)
    if not act.measures:
        return None
    episode = replace(
        find_episode(act.episode),
        coercer=event.actor,
        target=event.target,
        start=event.date.isoformat(),
        measures=act.measures,
    )
    # The network is that of the world: bans do not touch it.
    return replace(episode_scenario(episode, horizon=horizon), as_of=None)


def _solve(
    world: World,
    event: Event,
    scenario: Scenario | None,
    settings: Settings | None,
    solved: dict[tuple[object, ...], Replay | str],
) -> Replay | str:
    """Return the replay of an event, or why there is none; equal acts are solved once."""
    if scenario is None:
        return _acts()[event.id].note
    if all(isinstance(change, NotModelled) for change in scenario.changes):
        return "; ".join(change.description for change in scenario.changes if isinstance(change, NotModelled))
    coercer = event.actor if _known(world, event.actor) else event.target
    key = (scenario.changes, scenario.horizon, coercer, event.target)
    if key not in solved:
        applied = apply_scenario(world, scenario)
        idle = unbound(applied.before.network, applied.world.network, settings or Settings())
        try:
            solved[key] = idle if idle else replay(
                world, scenario, coercer=coercer, target=event.target, settings=settings
            )  # fmt: skip
        except ModelError as error:
            solved[key] = str(error)
    return solved[key]


def _known(world: World, code: str) -> bool:
    return code in world.groups or code in world.economies


def _impact(world: World, event: Event, act: _Act, scenario: Scenario | None, told: Replay | str) -> Impact:
    changes = scenario.changes if scenario else ()
    modelled = tuple(sorted({type(change).__name__ for change in changes if not isinstance(change, NotModelled)}))
    left_out = tuple(change.description for change in changes if isinstance(change, NotModelled))
    found = told if isinstance(told, Replay) else None
    end = _end(event, act)
    days = YEAR if end is None else min(max((end - event.date).days, 1), YEAR)
    return Impact(
        event=event,
        episode=act.episode,
        changes=modelled,
        loss_percent=-found.target_percent if found else None,
        loss_usd_m_per_year=-found.target_usd_m if found else None,
        own_cost_usd_m_per_year=-found.coercer_usd_m if found and event.actor != NOBODY else None,
        days=days if found else None,
        loss_usd_m=-found.target_usd_m * days / YEAR if found else None,
        already=event.date.year < world.year and (end is None or end.year >= world.year),
        not_modelled=left_out,
        basis=act.basis,
        note=act.note,
        why_not="" if isinstance(told, Replay) else told,
    )


def _end(event: Event, act: _Act) -> datetime.date | None:
    """Return the end of an act: of its row of the table of impacts, of the record, else of its episode."""
    if act.days is not None:
        return event.date + datetime.timedelta(days=act.days)
    if event.end_date is not None or not act.episode:
        return event.end_date
    end = find_episode(act.episode).end
    return datetime.date.fromisoformat(end) if end and end >= event.date.isoformat() else None
