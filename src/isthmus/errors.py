"""Every exception isthmus raises on purpose.

::

    IsthmusError
    ├── InputError            bad input; the command line exits with code 2
    │   ├── WorldError        a world folder: a table, a column, a cell, a balance
    │   ├── ScenarioError     a scenario file or change: a key, a kind, a name, a value
    │   ├── RecordError       a file of events: a row, a column, a cell
    │   ├── QueryError        a command's argument: an unknown economy, class, node, world
    │   └── SweepError        a sweep file or its store: a key, another plan, a driver at work, no space
    ├── ModelError            no answer; the command line exits with code 1
    │   ├── NotConverged      an iteration stopped before its tolerance; carries what it had
    │   ├── NoRoute           a pair that must be connected is not; carries the cut
    │   └── Infeasible        no equilibrium exists, told with the chain that causes it
    └── BuildError            `isthmus data build`: a source is missing or contradicts itself
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "BuildError",
    "Infeasible",
    "InputError",
    "IsthmusError",
    "ModelError",
    "NoRoute",
    "NotConverged",
    "QueryError",
    "RecordError",
    "ScenarioError",
    "SweepError",
    "WorldError",
    "nearest",
]


class IsthmusError(Exception):
    """Root of all errors raised on purpose."""


class InputError(IsthmusError):
    """Something the user gave is wrong; the message says where, what and how to mend it."""


class WorldError(InputError):
    """A world folder cannot be read or does not hold together."""


class ScenarioError(InputError):
    """A scenario or one of its changes cannot be read or applied."""


class RecordError(InputError):
    """A file of events cannot be read."""


class QueryError(InputError):
    """An argument of a command or function names something that does not exist."""


class SweepError(InputError):
    """A sweep file or the store of a sweep cannot be used as asked."""


class ModelError(IsthmusError):
    """The model has no answer to a well-formed question."""


class NotConverged(ModelError):
    """An iteration stopped short of its tolerance.

    Attributes
    ----------
    partial : object
        What had been reached, for inspection; never a result.
    """

    def __init__(self, message: str, partial: object = None) -> None:
        super().__init__(message)
        self.partial = partial


class NoRoute(ModelError):
    """No open route joins two places; `cut` names the links or denials that part them."""

    def __init__(self, message: str, cut: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.cut = cut


class Infeasible(ModelError):
    """No equilibrium exists under the scenario."""


class BuildError(IsthmusError):
    """A source of the embedded world is missing, changed, or contradicts another."""


def nearest(name: str, valid: Iterable[str], *, most: int = 3) -> str:
    """Return the valid names closest to `name`, as the end of a message; '' if none is close."""
    by_fold = {word.casefold(): word for word in valid}
    close = difflib.get_close_matches(name.casefold(), by_fold, n=most, cutoff=0.5)
    if not close:
        return ""
    return " Nearest: " + ", ".join(repr(by_fold[word]) for word in close) + "."
