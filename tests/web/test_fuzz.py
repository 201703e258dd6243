"""The server against its own OpenAPI: requests good and bad; none may crash it or be answered otherwise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import isthmus as ist
from web.serving import served

pytest.importorskip("schemathesis", reason="schemathesis is not installed")


@pytest.fixture
def address(toy: ist.World) -> Iterator[str]:
    with served(toy, seconds=20.0) as where:
        yield where


@pytest.mark.slow
def test_no_request_breaks_the_server(address: str, tmp_path: Path) -> None:
    words = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/api/openapi.json"]
    words += ["--max-examples", "15", "--seed", "1", "--phases", "examples,coverage,fuzzing", "--request-timeout", "60"]
    words += [
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
