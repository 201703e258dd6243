"""Scenarios from the library, from a TOML file, or from text and data that came from elsewhere."""

from __future__ import annotations

import datetime
import math
import tomllib
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from isthmus.errors import QueryError, ScenarioError, nearest
from isthmus.scenario.changes import KINDS, Change

_TOP = ("title", "story", "source", "as_of", "horizon", "extends", "change")
_HORIZONS = ("long", "short")


@dataclass(frozen=True, slots=True)
class Scenario:
    """An ordered tuple of changes."""

    name: str
    title: str
    changes: tuple[Change, ...]
    story: str = ""
    source: str = ""
    as_of: str | None = None
    horizon: str = "long"

    def __repr__(self) -> str:
        return f"<Scenario {self.name}: {len(self.changes)} changes>"


def library_folder() -> Path:
    """Return the folder of the scenarios that the package ships."""
    return Path(str(resources.files("isthmus"))) / "scenario" / "library"


def library() -> tuple[str, ...]:
    """Return the names of the shipped scenarios."""
    return tuple(sorted(path.stem for path in library_folder().glob("*.toml")))


def read_scenario(name: str | Path) -> Scenario:
    """Return a scenario by its name in the library or by its file.

    Raises
    ------
    QueryError
        No such name or file.
    ScenarioError
        Broken TOML, an unknown key or kind, a bad value; all problems of a file at once.
    """
    path = _find(name)
    return _read(path, ())


def parse_scenario(text: str, *, name: str = "scenario") -> Scenario:
    """Return a scenario from TOML text; it may extend the library, never a file.

    Raises
    ------
    QueryError
        It extends a name that the library does not have.
    ScenarioError
        Broken TOML, an unknown key or kind, a bad value; all problems at once.
    """
    return scenario_from_data(_parse(text, name), name=name)


def scenario_from_data(data: dict[str, Any], *, name: str = "scenario") -> Scenario:
    """Return a scenario from the keys of a scenario file; it may extend the library, never a file.

    Raises
    ------
    QueryError
        It extends a name that the library does not have.
    ScenarioError
        An unknown key or kind, a bad value; all problems at once.
    """

    def extend(base: str) -> Scenario:
        if base not in library():
            raise QueryError(
                f"extends {base!r}: not in the library.{nearest(base, library())} `isthmus scenarios` lists it."
            )
        return read_scenario(base)

    return _build(data, name, name, extend)


def _find(name: str | Path, *, beside: Path | None = None) -> Path:
    shipped = library_folder() / f"{name}.toml"
    if shipped.is_file():
        return shipped
    path = Path(name) if beside is None else beside / Path(name)
    if path.is_file():
        return path
    raise QueryError(
        f"scenario {str(name)!r}: neither in the library nor a file.{nearest(str(name), library())} "
        "`isthmus scenarios` lists the library."
    )


def _read(path: Path, chain: tuple[Path, ...]) -> Scenario:
    if path.resolve() in chain:
        raise ScenarioError(f"{path.name}: extends itself over {' -> '.join(p.name for p in chain)}. Break the loop.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path.name}: broken TOML ({error}). Mend the file and try again.") from None

    def extend(base: str) -> Scenario:
        return _read(_find(base, beside=path.parent), (*chain, path.resolve()))

    return _build(_parse(text, path.name), path.stem, path.name, extend)


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioError(f"{where}: broken TOML ({error}). Mend the file and try again.") from None


def _build(data: dict[str, Any], name: str, where: str, extend: Callable[[str], Scenario]) -> Scenario:
    """Return the scenario of a file's keys; `where` names the file in errors, `extend` finds its bases."""
    problems: list[str] = []
    _check_top(data, problems)
    raw = data.get("change", [])
    if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
        problems.append("change must be written as [[change]] tables")
        raw = []
    changes = [_change(entry, f"change {number}", problems) for number, entry in enumerate(raw, start=1)]
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise ScenarioError(f"{where}: {len(problems)} problem{'s' if len(problems) > 1 else ''}:{listed}")
    named = data.get("extends", [])
    bases = [extend(base) for base in ([named] if isinstance(named, str) else named)]
    own = tuple(change for change in changes if change is not None)
    # Later ones win: of several bases the last, and the file over its bases.
    days = [base.as_of for base in bases if base.as_of is not None]
    return Scenario(
        name=name,
        title=data.get("title", name),
        changes=tuple(change for base in bases for change in base.changes) + own,
        story=" ".join(data.get("story", "").split()),
        source=data.get("source", ""),
        as_of=data.get("as_of", days[-1] if days else None),
        horizon=data.get("horizon", bases[-1].horizon if bases else "long"),
    )


def _check_top(data: dict[str, Any], problems: list[str]) -> None:
    for key in data:
        if key not in _TOP:
            problems.append(f"unknown key {key!r}.{nearest(key, _TOP)} Keys: {', '.join(_TOP)}.")
    for key in ("title", "story", "source", "as_of"):
        if key in data and not isinstance(data[key], str):
            problems.append(f"{key} is {data[key]!r}. Write it as text in quotes.")
    if isinstance(data.get("as_of"), str):
        try:
            datetime.date.fromisoformat(data["as_of"])
        except ValueError:
            problems.append(f"as_of is {data['as_of']!r}. Write a date as YYYY-MM-DD, for instance 2025-12-31.")
    if "extends" in data:
        _value(data["extends"], "Names", "extends", problems)
    if data.get("horizon", "long") not in _HORIZONS:
        problems.append(f"horizon is {data['horizon']!r}. Use {' or '.join(_HORIZONS)}.")
    if not data.get("change") and "extends" not in data:
        problems.append('no [[change]]: the scenario changes nothing. Add one, or extends = "...".')


def make_change(entry: dict[str, Any], where: str) -> Change:
    """Return one entry of a scenario file as a change.

    Raises
    ------
    ScenarioError
        An unknown kind or key, a bad value; all problems at once.
    """
    problems: list[str] = []
    change = _change(entry, where, problems)
    if change is None:
        raise ScenarioError("; ".join(problems))
    return change


def _change(entry: dict[str, Any], where: str, problems: list[str]) -> Change | None:
    word = entry.get("kind")
    if not isinstance(word, str) or word not in KINDS:
        problems.append(f"{where}: kind is {word!r}.{nearest(str(word), KINDS)} Kinds: {', '.join(KINDS)}.")
        return None
    kind = KINDS[word]
    known = {field.name: field for field in fields(kind)}
    where = f"{where} ({word})"
    before = len(problems)
    values: dict[str, Any] = {}
    for key, value in entry.items():
        if key == "kind":
            continue
        if key not in known:
            problems.append(f"{where}: unknown key {key!r}.{nearest(key, known)} Keys: {', '.join(known)}.")
            continue
        values[key] = _value(value, str(known[key].type), f"{where}: {key}", problems)
    for name, field in known.items():
        if field.default is MISSING and name not in values:
            problems.append(f"{where}: key {name!r} is missing.")
    if len(problems) > before:
        return None
    try:
        return kind(**values)
    except ScenarioError as error:
        problems.append(f"{where}: {error}")
        return None


def _value(value: Any, kind: str, where: str, problems: list[str]) -> Any:
    """Return the value in the type of its field; a single name may stand for a list of one."""
    if kind == "Names":
        names = [value] if isinstance(value, str) else value
        if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
            return tuple(names)
        problems.append(f'{where} is {value!r}. Write names in quotes, for instance ["ARM"].')
        return ()
    number = not isinstance(value, bool)
    if kind.startswith("float") and number and isinstance(value, int | float) and not math.isnan(value):
        return float(value)
    if (kind.startswith("int") and number and isinstance(value, int)) or (kind == "str" and isinstance(value, str)):
        return value
    wanted = {"f": "a number", "i": "a whole number", "s": "text in quotes"}[kind[0]]
    problems.append(f"{where} is {value!r}. Write {wanted}.")
    return value
