"""A scenario as the keys of a scenario file, and as its TOML: what is read back is the same scenario."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any

from isthmus.scenario.changes import Change, kind_of
from isthmus.scenario.read import Scenario


def scenario_to_data(scenario: Scenario) -> dict[str, Any]:
    """Return the keys of a scenario file, bases spelled out; keys at their defaults are left out."""
    data: dict[str, Any] = {"title": scenario.title}
    for key in ("story", "source"):
        if getattr(scenario, key):
            data[key] = getattr(scenario, key)
    if scenario.as_of is not None:
        data["as_of"] = scenario.as_of
    data["horizon"] = scenario.horizon
    data["change"] = [_change_to_data(change) for change in scenario.changes]
    return data


def _change_to_data(change: Change) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": kind_of(change)}
    for field in sorted(fields(change), key=lambda f: f.name in ("source", "note")):
        value = getattr(change, field.name)
        if field.default is MISSING or value != field.default:
            data[field.name] = list(value) if isinstance(value, tuple) else value
    return data


def scenario_to_toml(scenario: Scenario) -> str:
    """Return the text of a scenario file that `read_scenario` reads as the same scenario."""
    data = scenario_to_data(scenario)
    lines = [f"{key} = {_toml(value)}" for key, value in data.items() if key != "change"]
    for change in data["change"]:
        lines += ["", "[[change]]", *(f"{key} = {_toml(value)}" for key, value in change.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, str):
        # JSON's escapes are TOML's, but JSON lets the delete character stand.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return repr(value)
