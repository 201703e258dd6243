"""What commands print as JSON has the form of its schema: required keys and types, one level at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main

SCHEMAS = Path(ist.__file__).parent / "schema"
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def hold(value: Any, schema: dict[str, Any], where: str) -> None:
    """Check the words of JSON Schema that our schemas use."""
    words = schema.get("type", [])
    allowed = [t for word in ([words] if isinstance(words, str) else words) for t in _TYPES[word]]
    assert not allowed or isinstance(value, tuple(allowed)), (where, value, words)
    assert value in schema.get("enum", [value]), (where, value)
    if isinstance(value, dict):
        assert set(schema.get("required", [])) <= set(value), (where, set(value))
        extra = schema.get("additionalProperties", {})
        for key, part in value.items():
            inner = schema.get("properties", {}).get(key, extra)
            assert inner is not False, (where, key)
            hold(part, inner if isinstance(inner, dict) else {}, f"{where}.{key}")
    if isinstance(value, list):
        for i, part in enumerate(value):
            hold(part, schema.get("items", {}), f"{where}[{i}]")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run", ("run", "line.toml", "--world", "toy")),
        ("check", ("check", "line.toml", "--world", "toy")),
        ("scenarios", ("scenarios",)),
        ("scenarios", ("scenarios", "tripp")),
        ("dependence", ("dependence", "CCC", "--world", "toy")),
        ("dependence_minerals", ("dependence", "--minerals", "--mineral", "uranium")),
        ("scenarios_episodes", ("scenarios", "--episodes", "P22")),
        ("routes", ("routes", "AAA", "EEE", "--world", "toy")),
        ("routes", ("routes", "exclave", "celia-city", "--class", "gas", "--world", "toy")),
        ("world_show", ("world", "show", "CCC", "--world", "toy")),
        ("world_elasticities", ("world", "show", "--elasticities", "--world", "toy")),
    ],
)
def test_json_has_the_form_of_its_schema(
    name: str, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.toml").write_text('[[change]]\nkind = "open_link"\nlinks = "new-line"\n', encoding="utf-8")
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    done = CliRunner().invoke(main, [*words, "--format", "json"])
    hold(json.loads(done.stdout), schema, name)
