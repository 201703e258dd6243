"""`isthmus serve`: where it listens, and what it says where it cannot."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner

from isthmus.cli import main
from isthmus.report import is_built


@pytest.fixture(autouse=True)
def _needs() -> None:
    pytest.importorskip("uvicorn", reason="the extra web is not installed")
    if not is_built():
        pytest.skip("the front end is not built")


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(main, ["serve", "--world", "toy", "--port", port])
    assert done.exit_code == 2
    assert f"serve cannot listen on 127.0.0.1 port {port}" in done.stderr


def test_an_address_of_another_machine_is_told() -> None:
    done = CliRunner().invoke(main, ["serve", "--world", "toy", "--host", "203.0.113.7", "--port", "0"])
    assert done.exit_code == 2
    assert "Give another --port or --host." in done.stderr


def test_an_unknown_world_is_told() -> None:
    done = CliRunner().invoke(main, ["serve", "--world", "toi"])
    assert done.exit_code == 2
    assert "toy" in done.stderr
