"""The server's answers: the numbers of the command line, its messages for bad input, and what it refuses."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from web.serving import served

httpx = pytest.importorskip("httpx", reason="httpx is not installed")

LINE = {"scenario": {"title": "Line", "change": [{"kind": "open_link", "links": ["new-line"]}]}}
TOML = '[[change]]\nkind = "open_link"\nlinks = "new-line"\n'


@pytest.fixture(scope="module")
def client(toy: ist.World) -> Iterator[Any]:
    with served(toy) as address, httpx.Client(base_url=address, timeout=300) as asker:
        yield asker


def test_run_gives_the_numbers_of_the_command_line(client: Any, tmp_path: Path) -> None:
    answer = client.post("/api/run", json=LINE)
    assert answer.status_code == 200
    toml = client.post("/api/translate", json=LINE).json()["toml"]
    (tmp_path / "scenario.toml").write_text(toml, encoding="utf-8")
    done = CliRunner().invoke(main, ["run", str(tmp_path / "scenario.toml"), "--world", "toy", "--format", "json"])
    told = json.loads(done.stdout)
    got = answer.json()
    for same in (told, got):
        same.pop("seconds")
    assert got == told


def test_every_json_has_the_form_that_openapi_says(client: Any) -> None:
    from isthmus.web.openapi import describe

    schemas = describe()["components"]["schemas"]
    for path, name in (("run", "run"), ("document", "result_document"), ("check", "check")):
        jsonschema.validate(client.post(f"/api/{path}", json=LINE).json(), schemas[name])
    jsonschema.validate(client.get("/api/network").json(), schemas["network"])
    found = client.get("/api/leverage", params={"coercer": "AAA", "target": "BBB"})
    assert found.status_code == 200, found.text
    jsonschema.validate(found.json(), schemas["leverage"])
    for path, name, given in (
        ("critical", "critical", {"economy": "CCC"}),
        ("events", "events", {"query": "target=ARM"}),
        ("coincide", "coincide", {"trigger": "actor=KAZ", "response": "target=KAZ", "window": "60"}),
        ("dependence", "dependence", {"economy": "AAA"}),
    ):
        answer = client.get(f"/api/{path}", params=given)
        assert answer.status_code == 200, answer.text
        jsonschema.validate(answer.json(), schemas[name])
    assert len(client.get("/api/base").json()["before_mt"]) == len(client.get("/api/network").json()["links"]["id"])
    matrix = client.get("/api/leverage/matrix", params={"among": "AAA,BBB,CCC"})
    jsonschema.validate(matrix.json(), schemas["leverage_matrix"])


def test_the_day_and_horizon_of_a_request_win(client: Any) -> None:
    answer = client.post("/api/run", json={"toml": TOML, "horizon": "short", "as_of": "2001-06-01"}).json()
    assert (answer["horizon"], answer["as_of"]) == ("short", "2001-06-01")


def test_stages_are_told_as_lines(client: Any) -> None:
    body = {"toml": TOML, "as_of": "2001-03-03"}
    answer = client.post("/api/document", json=body, headers={"accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "solving trade" in [line.get("stage") for line in lines]
    assert lines[-1]["result"]["summary"]["as_of"] == "2001-03-03"


def test_tables_and_the_report_can_be_taken_away(client: Any) -> None:
    from isthmus.web.engine import TABLES

    for name in TABLES:
        text = client.post(f"/api/tables/{name}.csv", json=LINE)
        binary = client.post(f"/api/tables/{name}.parquet", json=LINE)
        frame = pd.read_csv(io.BytesIO(text.content))
        assert list(pd.read_parquet(io.BytesIO(binary.content)).columns) == list(frame.columns)
    page = client.post("/api/report", json=LINE)
    assert page.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'" in page.text


BAD: list[tuple[Any, str]] = [
    ({}, "give one of name"),
    ({"name": "tripp", "toml": TOML}, "give one of name"),
    ({"nam": "tripp"}, "unknown key 'nam'. Nearest: 'name'"),
    ({"name": "trip"}, "not in the library. Nearest: 'tripp'"),
    ({"name": "../../etc/passwd"}, "not in the library"),
    ({"toml": 'extends = "/etc/passwd"'}, "not in the library"),
    ({"toml": "title ="}, "broken TOML"),
    ({"toml": "a = " + "[" * 5000}, "broken TOML"),
    ({"toml": 5}, "toml is 5. Write text."),
    ({"scenario": []}, "scenario is []. Write an object."),
    ({"scenario": {"change": [{"kind": "close_link", "links": ["nowhere"]}]}}, "unknown link, project or corridor"),
    ({"toml": TOML, "horizon": "medium"}, "horizon is 'medium'. Use long or short."),
    ({"toml": TOML, "as_of": "someday"}, "as_of is 'someday'. Write a date"),
    ([], "no JSON object"),
]


@pytest.mark.parametrize(("body", "message"), BAD, ids=[str(i) for i in range(len(BAD))])
@pytest.mark.parametrize("path", ["/api/run", "/api/check", "/api/document"])
def test_bad_input_is_told(client: Any, path: str, body: Any, message: str) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]


def test_bad_input_has_the_message_of_the_command_line(client: Any, tmp_path: Path) -> None:
    text = '[[change]]\nkind = "close_link"\nlinks = "nowhere"\n'
    (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["run", str(tmp_path / "scenario.toml"), "--world", "toy"])
    assert done.stderr.strip() == f"isthmus: {client.post('/api/run', json={'toml': text}).json()['error']}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/leverage?coercer=AAA", 400),
        ("/api/leverage?coercer=XXX&target=AAA", 400),
        ("/api/leverage?coercer=AAA&target=BBB&target=CCC", 400),
        ("/api/leverage?coercer=AAA&target=BBB&scenario=../x", 400),
        ("/api/leverage/matrix?among=AAA", 400),
        ("/api/network?as_of=x", 400),
        ("/api/scenarios/..%2Fx", 404),
        ("/static/..%2Fserver.py", 404),
        ("/static/nothing.js", 404),
        ("/nowhere", 404),
        ("/api/run", 405),
    ],
)
def test_bad_addresses_are_refused_with_json(client: Any, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_no_json_and_too_much_of_it(client: Any) -> None:
    from isthmus.web.guard import MOST_BYTES

    assert client.post("/api/run", content=b"\xff\xfe").status_code == 400
    assert client.post("/api/run", content=b"[" * 50_000).status_code == 400
    assert client.post("/api/run", content=b"x" * (MOST_BYTES + 1)).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    assert client.post("/api/run", content=endless()).status_code == 413


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", ""])
def test_other_hosts_are_refused(client: Any, host: str) -> None:
    assert client.get("/api/about", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8765", "LOCALHOST:9"])
def test_loopback_by_any_name_is_served(client: Any, host: str) -> None:
    assert client.get("/api/status", headers={"host": host}).status_code == 200


def test_pages_of_other_sites_may_not_use_the_server(client: Any) -> None:
    assert client.post("/api/run", json=LINE, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post("/api/check", json=LINE, headers={"origin": str(client.base_url).rstrip("/")}).status_code == 200


def test_pages_forbid_all_but_their_own(client: Any) -> None:
    from isthmus.web.server import PAGES

    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_forms_are_made_of(client: Any) -> None:
    about = client.get("/api/about").json()
    assert about["economies"]["AAA"]
    assert set(about["kinds"]["embargo"]) >= {"by", "on", "severity", "source"}
    assert {"name", "title"} == set(about["scenarios"][0])
    entry = client.get("/api/scenarios/tripp").json()
    assert entry["scenario"]["change"] and 'kind = "open_link"' in entry["toml"]


def test_what_is_named_has_its_name_and_the_stored_validation_is_told(client: Any, toy: ist.World) -> None:
    from isthmus.web.engine import Engine

    about = client.get("/api/about").json()
    assert set(about["projects"]) == set(toy.network.projects)
    assert about["projects"]["new-line"] == toy.facts["projects"].set_index("project")["name"]["new-line"]
    assert set(about["corridors"]) == set(toy.network.corridors)
    told = client.get("/api/validation").json()
    assert told["reason"].startswith("No validation is stored with this world.") and told["flows"] == []
    shipped = Engine(ist.load_world("eurasia-2022")).validation()
    assert shipped["reason"] is None or shipped["reason"].startswith("The stored validation is of a world with other")
    if shipped["reason"] is None:
        assert shipped["near"] == 0 and {flow["moved_mt"] for flow in shipped["flows"]} == {0.0}


def test_openapi_describes_every_route(client: Any, toy: ist.World) -> None:
    from isthmus.web.engine import TABLES, Engine
    from isthmus.web.openapi import describe
    from isthmus.web.server import make_app

    told = client.get("/api/openapi.json").json()
    assert told == describe()
    for route in make_app(Engine(toy)).routes:
        path = getattr(route, "path", "")
        if path.startswith("/api/") and "tables" not in path and path != "/api/openapi.json":
            assert (route.methods - {"HEAD"}) == {method.upper() for method in told["paths"][path]}  # type: ignore[attr-defined]
    assert {f"/api/tables/{n}.{f}" for n in TABLES for f in ("csv", "parquet")} <= set(told["paths"])


def test_a_first_answer_holds_queues_and_the_report_has_grips(client: Any) -> None:
    held = client.post("/api/document", params={"queues": "held"}, json=LINE).json()
    whole = client.post("/api/document", json=LINE).json()
    assert held["summary"]["other_horizon"] is None and whole["summary"]["other_horizon"]["horizon"] == "short"
    income = [{code: row["percent"] for code, row in one["summary"]["real_income"].items()} for one in (held, whole)]
    assert income[0] == pytest.approx(income[1], abs=1e-6)  # nothing queues in the toy world
    page = client.post("/api/report", json=LINE)
    assert page.status_code == 200
    assert '"embargoes":{"measure"' in page.text
    assert client.post("/api/document", params={"queues": "soft"}, json=LINE).status_code == 400


def test_a_held_base_makes_first_answers_quick(client: Any) -> None:
    found = client.get("/api/prepare")
    assert found.status_code == 200 and found.json()["megabytes"] >= 0
    assert client.get("/api/prepare", params={"as_of": "someday"}).status_code == 400


def test_questions_of_tables_do_not_wait_for_solves(toy: ist.World) -> None:
    from isthmus.web.engine import Answer, Engine
    from isthmus.web.work import Tell

    gate = threading.Event()

    class Occupied(Engine):
        def prepare(self, as_of: str | None) -> Callable[[Tell], Answer]:
            def work(_: Tell) -> Answer:
                gate.wait(60)
                return Answer(b"{}")

            return work

    with served(toy, engine=Occupied) as address, httpx.Client(base_url=address, timeout=60) as asker:
        try:
            for path in ("events", "dependence?economy=AAA", "coincide?trigger=actor%3DKAZ&response=target%3DKAZ"):
                assert asker.get(f"/api/{path}").status_code == 200
            assert asker.get("/api/status").json()["jobs"] == 1
        finally:
            gate.set()
