"""What closing links does to real income: a full solve, trade's answer included, of each closure."""

from __future__ import annotations

from collections.abc import Iterable

from isthmus.errors import ModelError
from isthmus.result import Result
from isthmus.scenario import Scenario
from isthmus.scenario.changes import CloseLink
from isthmus.solve.coupling import Progress, Settings
from isthmus.solve.joint import solve
from isthmus.world import World


def solve_closures(
    world: World, closures: Iterable[tuple[str, tuple[str, ...]]], settings: Settings, progress: Progress
) -> dict[str, Result | str]:
    """Return the result of closing each group of links, or why there is none.

    Parameters
    ----------
    world : World
        In the state of the day.
    closures : iterable of (name, link ids)
    settings : Settings
    progress : callable
        Told one line per closure.

    Returns
    -------
    dict
        By name: a Result, or the message of a solve that has no answer.
    """
    out: dict[str, Result | str] = {}
    for name, links in closures:
        progress(f"solving trade without {name}")
        scenario = Scenario(name=name, title=f"{name} closed", changes=(CloseLink(links=links),))
        try:
            out[name] = solve(world, scenario, settings=settings, as_of=world.as_of)
        except ModelError as error:
            out[name] = str(error)
    return out
