"""One OpenAPI file for the JSON twins, on the schemas of the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from isthmus.version import __version__
from isthmus.web.engine import TABLES
from isthmus.web.questions import QUESTIONS, Argument

Json = dict[str, Any]

_SCENARIO: Json = {
    "type": "object",
    "description": "A scenario: by its name in the library, as the text of a TOML file, or as that file's keys.",
    "properties": {
        "name": {"type": "string", "description": "of the library"},
        "toml": {"type": "string", "description": "the text of a scenario file"},
        "scenario": {"type": "object", "description": "the keys of a scenario file; `change` is a list of objects"},
        "horizon": {"enum": ["long", "short"]},
        "as_of": {"type": "string", "format": "date"},
    },
    "oneOf": [{"required": [key]} for key in ("name", "toml", "scenario")],
    "additionalProperties": False,
}
_ERROR: Json = {
    "type": "object",
    "required": ["error", "status"],
    "properties": {"error": {"type": "string"}, "status": {"type": "integer"}},
}
_TRANSLATED: Json = {
    "type": "object",
    "required": ["scenario", "toml"],
    "properties": {"scenario": {"type": "object"}, "toml": {"type": "string"}},
}
_ABOUT: Json = {"type": "object", "required": ["world", "year", "as_of", "economies", "kinds", "scenarios"]}
_STATUS: Json = {"type": "object", "required": ["jobs", "workers", "waiting_at_most"]}
_NAMES: Json = {"type": "array", "items": {"type": "object", "required": ["name", "title"]}}

_BASE: Json = {
    "type": "object",
    "description": "Freight by link of the network document, million tonnes a year (modelled)",
    "required": ["before_mt"],
    "properties": {"before_mt": {"type": "array", "items": {"type": "number"}}},
}
_HELD: Json = {
    "type": "object",
    "required": ["megabytes"],
    "properties": {"megabytes": {"type": "integer", "description": "what it takes of memory"}},
}
BASE_ARGUMENTS = (Argument("as_of", "day of the network", "day"),)
QUEUES_ARGUMENTS = (
    Argument("queues", "held: a quick first answer, delays as without the scenario; solved: the equilibrium", "queues"),
)
_KINDS: dict[str, Json] = {
    "text": {"type": "string"},
    "day": {"type": "string", "format": "date"},
    "horizon": {"enum": ["long", "short"]},
    "number": {"type": "integer", "minimum": 0, "maximum": 99999},
    "queues": {"enum": ["held", "solved"]},
}


def _schema(name: str) -> Json:
    text = (resources.files("isthmus") / "schema" / f"{name}.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    schema.pop("$schema", None)
    return schema


def describe() -> Json:
    """Return the OpenAPI 3.1 document of the server."""
    named = ("run", "check", "network", "result_document", *(question.schema for question in QUESTIONS))
    paths: Json = {
        "/api/about": _get("What forms are made of", _ABOUT),
        "/api/status": _get("How much the server has to do", _STATUS),
        "/api/network": _get("The network document", _ref("network"), BASE_ARGUMENTS),
        "/api/validation": _get(
            "The validation stored with the world, or why there is none", _ref("result_document/properties/validation")
        ),
        "/api/scenarios": _get("The library of scenarios", _NAMES),
        "/api/scenarios/{name}": _get("A scenario as data and TOML", _TRANSLATED, path=["name"]),
        "/api/translate": _post("A scenario as data and TOML, checked", _json(_TRANSLATED)),
        "/api/check": _post("What each change alters", _json(_ref("check"))),
        "/api/run": _post("A solved scenario, as `isthmus run --format json`", _json(_ref("run"))),
        "/api/document": _post(
            "The result document; lines of stages before it where application/x-ndjson is accepted",
            {**_json(_ref("result_document")), "application/x-ndjson": {"schema": {"type": "string"}}},
            QUEUES_ARGUMENTS,
        ),
        "/api/report": _post("The self-contained report", {"text/html": {"schema": {"type": "string"}}}),
        "/api/base": _get("Freight without any scenario", _BASE, BASE_ARGUMENTS),
        "/api/prepare": _get("Hold a day's base in memory, so that first answers are quick", _HELD, BASE_ARGUMENTS),
        **{q.path: _get(q.words, _ref(q.schema), q.arguments) for q in QUESTIONS},
    }
    for name in TABLES:
        content = {
            "csv": {"text/csv": {"schema": {"type": "string"}}},
            "parquet": {"application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}}},
        }
        for form, body in content.items():
            paths[f"/api/tables/{name}.{form}"] = _post(f"Table {name} of a solved scenario", body)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "isthmus",
            "version": __version__,
            "description": "What changes when a trade link opens or closes. All numbers are modelled.",
        },
        "paths": paths,
        "components": {"schemas": {"scenario": _SCENARIO, "error": _ERROR, **{n: _schema(n) for n in named}}},
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _responses(content: Json, *, solves: bool) -> Json:
    told = {"400": "Bad input, with the message of the command line", "404": "No such page", "405": "No such method"}
    if solves:
        told |= {
            "413": "Too long",
            "422": "The model has no answer, and why",
            "503": "The queue is full",
            "504": "The solve ran past its time limit",
        }
    errors = {code: {"description": text, "content": _json(_ref("error"))} for code, text in told.items()}
    return {"200": {"description": "Done", "content": content}, **errors}


def _parameters(query: Sequence[Argument]) -> list[Json]:
    return [
        {
            "name": argument.name,
            "in": "query",
            "required": bool(argument.example),
            "schema": _KINDS[argument.kind] | ({"minLength": 1} if argument.example else {}),
            "description": argument.words,
        }
        for argument in query
    ]


def _get(summary: str, schema: Json, query: Sequence[Argument] = (), path: Sequence[str] = ()) -> Json:
    parameters = _parameters(query)
    parameters += [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in path
    ]
    return {"get": {"summary": summary, "parameters": parameters, "responses": _responses(_json(schema), solves=True)}}


def _post(summary: str, content: Json, query: Sequence[Argument] = ()) -> Json:
    body = {"required": True, "content": _json(_ref("scenario"))}
    asked = {"parameters": _parameters(query)} if query else {}
    return {"post": {"summary": summary, **asked, "requestBody": body, "responses": _responses(content, solves=True)}}
