"""Episodes of coercion: what was published of each beside what the model says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from isthmus.scenario import Scenario, read_episode
from isthmus.scenario.changes import NotModelled
from isthmus.scenario.episodes import Comparison, Episode, comparisons, outcomes
from isthmus.solve import Replay
from isthmus.trust.episodes import MODELLED, in_force_in, replay_episode
from isthmus.world import World

Row = dict[str, object]


def episode_rows(
    world: World,
    chosen: Iterable[Episode],
    *,
    horizon: str,
    routed: bool,
    tell: Callable[[str], None],
) -> list[Row]:
    """Return one row per episode: measures, the model's numbers, the published ones, units in the keys.

    Parameters
    ----------
    world : World
    chosen : iterable of Episode
    horizon : {"short", "long"}
    routed : bool
        Route episodes that touch the network too, a minute or so each; else their numbers are None and `why_not`
        says so.
    tell : callable
        Told one line per episode.
    """
    rows = []
    for episode in chosen:
        tell(f"{episode.id} {episode.title}")
        scenario = read_episode(episode.id, horizon=horizon)
        found, why_not = replay_episode(world, episode, scenario, routed)
        rows.append(_row(world, episode, scenario, found, why_not))
    return rows


def _row(world: World, episode: Episode, scenario: Scenario, found: Replay | None, why_not: str) -> Row:
    left_out = [change.description for change in scenario.changes if isinstance(change, NotModelled)]
    numbers: Row = dict.fromkeys(Replay.__dataclass_fields__) if found is None else dict(asdict(found))
    return {
        "id": episode.id,
        "title": episode.title,
        "coercer": episode.coercer,
        "target": episode.target,
        "start": episode.start,
        "end": episode.end,
        "measures": episode.measures,
        "modelled": len(scenario.changes) - len(left_out),
        "not_modelled": left_out,
        "as_of": scenario.as_of,
        "year": world.year,
        "in_force_in_year": in_force_in(episode, world.year),
        **numbers,
        "horizon": scenario.horizon,
        "why_not": why_not,
        "published": [_held(one, found) for one in comparisons() if one.episode == episode.id],
        "outcomes": [asdict(outcome) for outcome in outcomes(episode.id)],
        "observed_effect": episode.observed_effect,
        "source": episode.source,
    }


def _held(published: Comparison, found: Replay | None) -> Row:
    model = None if found is None else MODELLED[published.quantity](found)
    told: Row = {name: value for name, value in asdict(published).items() if name != "episode"}
    return {**told, "model": model}


def flat_rows(rows: list[Row]) -> list[Row]:
    """Return the rows without nested lists, for CSV: published quantities side by side as text."""
    return [
        {
            **{key: value for key, value in row.items() if key not in ("published", "outcomes", "not_modelled")},
            "not_modelled": "; ".join(row["not_modelled"]),  # type: ignore[arg-type]
            "published": _told_published(row),
        }
        for row in rows
    ]


def _told_published(row: Row) -> str:
    told = []
    for one in row["published"]:  # type: ignore[attr-defined]
        low, high = one["low"], one["high"]
        span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        model = "-" if one["model"] is None else f"{one['model']:.3g}"
        told.append(f"{one['quantity']} {span} %, model {model} %")
    return "; ".join(told)


def _number(value: object, form: str) -> str:
    return "-" if value is None else format(value, form)


def print_episodes(rows: list[Row], horizon: str, console: Console) -> None:
    """Print the table of episodes, then what is not modelled and what was published on a single one."""
    year = rows[0]["year"] if rows else ""
    table = Table(
        "id", "coercer", "target", "start", "title", "modelled", "hit USD m", "target %", "coercer %",
        "published against the model",
        title=f"Episodes of coercion, replayed on the world of {year}, horizon {horizon}", title_justify="left",
    )  # fmt: skip
    for row in rows:
        words = f"{row['modelled']}" + (f" (+{len(row['not_modelled'])} not)" if row["not_modelled"] else "")  # type: ignore[arg-type]
        starred = " *" if row["in_force_in_year"] else ""
        table.add_row(
            f"{row['id']}{starred}", str(row["coercer"]), str(row["target"]), str(row["start"]), str(row["title"]),
            words, _number(row["hit_usd_m"], ",.0f"), _number(row["target_percent"], "+.3f"),
            _number(row["coercer_percent"], "+.4f"), _told_published(row) or str(row["why_not"]),
        )  # fmt: skip
    console.print(table)
    console.print(
        f"Change of real income in percent; trade hit in USD million of {year}. * in force in {year}: the trade it hit "
        "is small there already. Published figures: JSON, or one episode by its id."
    )
    if len(rows) == 1:
        _print_details(rows[0], console)


def _print_details(row: Row, console: Console) -> None:
    console.print(f"Measures: {row['measures']}\nObserved: {row['observed_effect']}\nSource: {row['source']}")
    for text in row["not_modelled"]:  # type: ignore[attr-defined]
        console.print(f"  not modelled: {text}")
    for one in row["outcomes"]:  # type: ignore[attr-defined]
        value = "" if one["value"] is None else f"{one['value']:g} "
        console.print(f"  {one['when']}: {one['outcome']}: {value}{one['unit']} [{one['source']}]")
