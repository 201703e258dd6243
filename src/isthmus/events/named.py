"""Named analyses: the questions of the project, shipped as files so that nobody can pick windows afterwards.

`events/analyses/NAME.toml` holds `title`, `about`, `[names]` (lists that queries write as `$name`), `[shared]` (keys of
all tests) and `[[test]]` tables with `label`, `note` and the fields of `Question`. `pool = true` adds up the tests.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from isthmus.errors import QueryError, nearest
from isthmus.events.coincidence import Question
from isthmus.events.finding import Finding, compute_coincidence
from isthmus.events.pool import Pooled, pool_findings
from isthmus.events.record import Record
from isthmus.events.significance import ALPHA, holm
from isthmus.events.verdict import POSITIVE

#: Types of the keys of a test, and an example of each.
_TYPES: tuple[tuple[str, type, str], ...] = (
    ("lag", int, "1"),
    ("merge_days", int, "14"),
    ("direction", str, '"before"'),
    ("start", str, '"2021-08"'),
    ("end", str, '"2022"'),
)
_KEYS = tuple(field.name for field in fields(Question))


@dataclass(frozen=True, slots=True)
class Test:
    """One question of a named analysis."""

    label: str
    note: str
    question: Question


@dataclass(frozen=True, slots=True)
class Analysis:
    """A named analysis."""

    name: str
    title: str
    about: str
    tests: tuple[Test, ...]
    pool: bool


@dataclass(frozen=True, eq=False, slots=True)
class Findings:
    """Answers to all tests of an analysis.

    Attributes
    ----------
    p_family : tuple of float
        The smallest corrected p of each test, corrected once more for the number of tests (Holm).
    verdicts : tuple of str
        One sentence per test; one that does not hold after that correction says so.
    pooled : Pooled or None
        All tests added up.
    """

    analysis: Analysis
    findings: tuple[Finding, ...]
    p_family: tuple[float, ...]
    verdicts: tuple[str, ...]
    pooled: Pooled | None


def _folder() -> Path:
    return Path(str(resources.files("isthmus"))) / "events" / "analyses"


def analyses() -> tuple[str, ...]:
    """Return the names of the shipped analyses."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def read_analysis(name: str | Path) -> Analysis:
    """Return a shipped analysis by its name, or one's own by its file.

    Raises
    ------
    QueryError
        No such analysis; broken TOML; an unknown key; a test without trigger or response.
    """
    shipped = _folder() / f"{name}.toml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        raise QueryError(
            f"analysis {str(name)!r}: neither shipped nor a file.{nearest(str(name), analyses())} "
            f"Shipped: {', '.join(analyses())}."
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QueryError(f"{path.name}: broken TOML ({error}). Mend the file.") from None
    known = ("title", "about", "names", "shared", "test", "pool")
    for key in data:
        if key not in known:
            raise QueryError(f"{path.name}: unknown key {key!r}.{nearest(key, known)} Keys: {', '.join(known)}.")
    tests = data.get("test", [])
    if not isinstance(tests, list) or not tests:
        raise QueryError(f"{path.name}: no [[test]]. Add one with trigger and response.")
    shared, names = data.get("shared", {}), data.get("names", {})
    if not all(isinstance(table, dict) for table in (shared, names, *tests)):
        raise QueryError(f"{path.name}: shared, names and test are tables. Write [shared], [names], [[test]].")
    read = tuple(_read_test({**shared, **test}, names, f"{path.name}, test {i}") for i, test in enumerate(tests, 1))
    about = " ".join(str(data.get("about", "")).split())
    return Analysis(path.stem, str(data.get("title", path.stem)), about, read, bool(data.get("pool", False)))


def _read_test(table: dict[str, Any], names: dict[str, str], where: str) -> Test:
    known = ("label", "note", *_KEYS)
    for key in table:
        if key not in known:
            raise QueryError(f"{where}: unknown key {key!r}.{nearest(key, known)} Keys: {', '.join(known)}.")
    for key in ("trigger", "response"):
        if not isinstance(table.get(key), str):
            raise QueryError(f'{where}: {key} is {table.get(key)!r}. Write it as a query, for instance "actor=KAZ".')
    values = {key: table[key] for key in _KEYS if key in table}
    try:
        values |= {key: Template(values[key]).substitute(names) for key in ("trigger", "response")}
    except (KeyError, ValueError) as error:
        raise QueryError(f"{where}: a query names ${error} that [names] lacks. Add it there.") from None
    for key, kind, like in _TYPES:
        if key in values and (not isinstance(values[key], kind) or isinstance(values[key], bool)):
            raise QueryError(f"{where}: {key} is {values[key]!r}. Write it like {key} = {like}.")
    windows = values.get("windows", [30])
    if not isinstance(windows, list) or not all(isinstance(days, int) for days in windows):
        raise QueryError(f"{where}: windows is {windows!r}. Write whole days, for instance [30, 60].")
    return Test(
        label=str(table.get("label", where)),
        note=" ".join(str(table.get("note", "")).split()),
        question=Question(**{**values, "windows": tuple(windows)}),
    )


def compute_analysis(record: Record, analysis: Analysis, *, permutations: int = 10_000, seed: int = 0) -> Findings:
    """Return the answers to all tests of an analysis."""
    found = tuple(
        compute_coincidence(record, test.question, permutations=permutations, seed=seed + number)
        for number, test in enumerate(analysis.tests)
    )
    family = holm([min(window.trigger.p_holm for window in one.answer.windows) for one in found])
    pooled = pool_findings(found, [test.label for test in analysis.tests]) if analysis.pool else None
    verdicts = [_with_family(one.verdict, p, len(found)) for one, p in zip(found, family, strict=True)]
    return Findings(analysis, found, tuple(family), tuple(verdicts), pooled)


def _with_family(verdict: str, p: float, tests: int) -> str:
    """Return the verdict of one test, weakened if it is one of many that one would expect to find."""
    if not verdict.startswith(POSITIVE) or p <= ALPHA:
        return verdict
    plain = verdict.removeprefix(f"{POSITIVE}: ").removesuffix(".")
    return f"No more than chance among {tests} tests: {plain}, but corrected for all {tests} tests p is {p:.2g}."
