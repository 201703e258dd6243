"""Queries on the record: `actor=KAZ kind=alignment instrument=away`.

Clauses stand side by side and must all hold; `|` parts alternatives of which one must hold. A value may be a list:
`target=EUU,USA`. `!=` excludes; `severity>=2` compares; `description~moor` looks for text; `from=2013` and `to=2022-06`
bound the date. A blank inside a value is written `_`, or the value is put in double quotes.
"""

from __future__ import annotations

import datetime
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from isthmus.errors import QueryError, nearest
from isthmus.events.record import CONFIDENCES, INSTRUMENTS, KINDS, PRECISIONS, Event, Record, read_date

#: Fields of a query with the values they may take; None if any value goes that the record holds.
FIELDS: dict[str, tuple[str, ...] | None] = {
    "id": None,
    "actor": None,
    "target": None,
    "sector": None,
    "kind": KINDS,
    "instrument": INSTRUMENTS,
    "precision": PRECISIONS,
    "confidence": CONFIDENCES,
    "severity": ("1", "2", "3"),
    "sourced": ("yes", "no"),
    "from": None,
    "to": None,
    "description": None,
    "source": None,
}
_TEXT = ("description", "source")
_CLAUSE = re.compile(r"([a-z_0-9]+)(!=|>=|<=|=|~)(.*)", flags=re.DOTALL)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: a field, an operator, and the values of which one must match."""

    field: str
    operator: str
    values: tuple[str, ...]

    def holds(self, event: Event) -> bool:
        """Whether the condition holds for an event. An interval date is inside bounds if all of it is."""
        if self.field == "from":
            return event.date >= read_date(self.values[0])[0]
        if self.field == "to":
            return event.last <= read_date(self.values[0])[1]
        own = _own(event, self.field)
        if self.operator == "~":
            return any(value.casefold() in own.casefold() for value in self.values)
        if self.operator == ">=":
            return int(own) >= int(self.values[0])
        if self.operator == "<=":
            return int(own) <= int(self.values[0])
        return (_plain(own) in {_plain(value) for value in self.values}) == (self.operator == "=")


def _own(event: Event, field: str) -> str:
    if field == "sourced":
        return "yes" if event.sourced else "no"
    return str(getattr(event, field))


def _plain(text: str) -> str:
    return text.replace("_", " ").casefold()


def read_query(text: str) -> tuple[tuple[Clause, ...], ...]:
    """Return the alternatives of a query, each a tuple of clauses; no clause at all matches everything.

    Raises
    ------
    QueryError
        A clause that is not FIELD=VALUE, an unknown field, an operator or value that the field does not take.
    """
    return tuple(tuple(_read_clause(word, text) for word in _words(part, text)) for part in _parts(text))


def _parts(text: str) -> list[str]:
    """Split at `|` outside double quotes."""
    return re.split(r"\|(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", text)


def _words(part: str, text: str) -> list[str]:
    try:
        words = shlex.split(part)
    except ValueError:
        raise QueryError(f"query {text!r}: a quotation mark is not closed. Close it.") from None
    if not words and "|" in text:
        raise QueryError(f"query {text!r}: nothing stands on one side of '|'. Write a condition there, or drop it.")
    return words


def _read_clause(word: str, text: str) -> Clause:
    where = f"query {text!r}"
    found = _CLAUSE.fullmatch(word)
    if found is None:
        raise QueryError(f"{where}: {word!r} is not FIELD=VALUE. For instance: actor=KAZ instrument=away.")
    field, operator, value = found.groups()
    field = field.removesuffix("_iso3")
    if field not in FIELDS:
        raise QueryError(f"{where}: no field {field!r}.{nearest(field, FIELDS)} Fields: {', '.join(FIELDS)}.")
    values = tuple(filter(None, (part.strip() for part in value.split(",")))) if field not in _TEXT else (value,)
    if not values or not values[0]:
        raise QueryError(f"{where}: {field} has no value. For instance: {field}={(FIELDS[field] or ('KAZ',))[0]}.")
    _check_operator(field, operator, values, where)
    words = FIELDS[field] or values
    for one in values:
        if one not in words:
            raise QueryError(f"{where}: {field} is {one!r}.{nearest(one, words)} One of: {', '.join(words)}.")
    return Clause(field, operator, values)


def _check_operator(field: str, operator: str, values: tuple[str, ...], where: str) -> None:
    if operator in {">=", "<="} and (field != "severity" or len(values) > 1):
        raise QueryError(f"{where}: {operator} compares severity with one number only, for instance severity>=2.")
    if operator == "~" and field not in _TEXT:
        raise QueryError(f"{where}: ~ looks for text in {' or '.join(_TEXT)}. Write {field}={values[0]}.")
    if field in {"from", "to"}:
        if operator != "=" or len(values) > 1:
            raise QueryError(f"{where}: write {field}=DATE with one date.")
        bound(values[0], field)


def bound(text: str, field: str) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day of a bound given as YYYY, YYYY-MM or YYYY-MM-DD.

    Raises
    ------
    QueryError
        `text` is no date.
    """
    try:
        first, last, _ = read_date(text)
    except ValueError:
        raise QueryError(f"{field}: {text!r} is not a date. Write YYYY-MM-DD, YYYY-MM or YYYY.") from None
    return first, last


def select_events(record: Record, query: str) -> tuple[Event, ...]:
    """Return the events that a query matches, in order of date; an empty query matches all.

    Raises
    ------
    QueryError
        The query cannot be read, or names an economy, a sector or an id that no row of the record holds.
    """
    alternatives = read_query(query)
    _check_known(record, alternatives)
    return tuple(
        event
        for event in record.events
        if any(all(clause.holds(event) for clause in clauses) for clauses in alternatives)
    )


def _check_known(record: Record, alternatives: Iterable[tuple[Clause, ...]]) -> None:
    economies = {code for event in record.events for code in (event.actor, event.target)}
    known = {
        "actor": economies,
        "target": economies,
        "sector": {event.sector for event in record.events},
        "id": {event.id for event in record.events},
    }
    for clause in (clause for clauses in alternatives for clause in clauses if clause.field in known):
        held = {_plain(value) for value in known[clause.field]}
        for value in clause.values:
            if _plain(value) not in held:
                raise QueryError(
                    f"{clause.field} {value!r} is in no row of the record {record.name}."
                    f"{nearest(value, sorted(known[clause.field]))} `isthmus events --format csv` prints all rows."
                )
