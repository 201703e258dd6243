"""Requests to scenarios and arguments, with the messages of the command line."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isthmus.errors import QueryError, nearest
from isthmus.scenario import Scenario, parse_scenario, scenario_from_data
from isthmus.web.engine import Engine
from isthmus.web.guard import MOST_BYTES
from isthmus.web.questions import Argument

if TYPE_CHECKING:
    from starlette.requests import Request

HORIZONS = ("long", "short")
QUEUES = ("held", "solved")
_KEYS = ("name", "toml", "scenario", "horizon", "as_of")


class TooLarge(Exception):
    """A body longer than the guard allows, sent without its length."""


async def read_body(request: Request) -> dict[str, Any]:
    """Return a JSON object.

    Raises
    ------
    QueryError
        Not JSON, or no object.
    TooLarge
        Longer than the limit.
    """
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MOST_BYTES:
            raise TooLarge
    try:
        body = json.loads(bytes(raw))
    except (ValueError, RecursionError):
        raise QueryError('the request is no JSON. Send an object such as {"name": "tripp"}.') from None
    if not isinstance(body, dict):
        raise QueryError('the request is no JSON object. Send one such as {"name": "tripp"}.')
    return body


def scenario_of(engine: Engine, body: Mapping[str, Any]) -> Scenario:
    """Return the scenario that a request names, spells out, or holds as TOML, with its horizon and day.

    Raises
    ------
    InputError
        An unknown key or name, or what the command line refuses in a file.
    """
    for key in body:
        if key not in _KEYS:
            raise QueryError(f"unknown key {key!r}.{nearest(key, _KEYS)} Keys: {', '.join(_KEYS)}.")
    given = [key for key in ("name", "toml", "scenario") if body.get(key) is not None]
    if len(given) != 1:
        raise QueryError("give one of name (of the library), toml (text) and scenario (an object).")
    value = body[given[0]]
    if given[0] == "scenario" and isinstance(value, dict):
        scenario = scenario_from_data(value)
    elif given[0] != "scenario" and isinstance(value, str):
        scenario = engine.from_library(value) if given[0] == "name" else parse_scenario(value)
    else:
        kind = "an object" if given[0] == "scenario" else "text"
        raise QueryError(f"{given[0]} is {_short(value)}. Write {kind}.")
    return replace(
        scenario,
        horizon=check_horizon(body.get("horizon")) or scenario.horizon,
        as_of=check_day(body.get("as_of")) or scenario.as_of,
    )


def check_horizon(value: object) -> str | None:
    """Return a horizon, or None if none is given.

    Raises
    ------
    QueryError
        Neither long nor short.
    """
    if value is None or value in HORIZONS:
        return None if value is None else str(value)
    raise QueryError(f"horizon is {_short(value)}. Use {' or '.join(HORIZONS)}.")


def check_queues(value: object) -> str | None:
    """Return held or solved, or None if neither is given.

    Raises
    ------
    QueryError
        Something else.
    """
    if value is None or value in QUEUES:
        return None if value is None else str(value)
    raise QueryError(f"queues is {_short(value)}. Use {' or '.join(QUEUES)}.")


def check_day(value: object) -> str | None:
    """Return a day as ISO date, or None if none is given.

    Raises
    ------
    QueryError
        No date.
    """
    if value is None:
        return None
    try:
        return datetime.date.fromisoformat(value).isoformat() if isinstance(value, str) else _refuse_day(value)
    except ValueError:
        return _refuse_day(value)


def _refuse_day(value: object) -> str:
    raise QueryError(f"as_of is {_short(value)}. Write a date as YYYY-MM-DD, for instance 2025-12-31.")


def read_arguments(request: Request, known: Sequence[Argument] = ()) -> dict[str, str | None]:
    """Return the query of a request by the names that are known, None where not given.

    Raises
    ------
    QueryError
        A name that is not known or given twice, a day or horizon that is none, a needed one that is missing.
    """
    names = [argument.name for argument in known]
    out: dict[str, str | None] = dict.fromkeys(names)
    for key, value in request.query_params.multi_items():
        if key not in out:
            raise QueryError(f"unknown argument {key!r}.{nearest(key, names)} Arguments: {', '.join(names) or 'none'}.")
        if out[key] is not None:
            raise QueryError(f"argument {key!r} is given twice.")
        out[key] = value
    for argument in known:
        text = out[argument.name] or None
        if argument.example and not text:
            raise QueryError(
                f"argument {argument.name!r} is missing. Give one, for instance {argument.name}={argument.example}."
            )
        check = {"day": check_day, "horizon": check_horizon, "queues": check_queues}.get(argument.kind)
        out[argument.name] = check(text) if check else text
    return out


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
