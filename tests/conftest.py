"""Fixtures: the shipped worlds, loaded once; a cache folder of the test run's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import isthmus as ist


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--redraw", action="store_true", help="Write the golden tables anew instead of comparing.")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep solved bases out of the user's cache, except fetched packages of the build."""
    before = os.environ.get("ISTHMUS_CACHE")
    os.environ["ISTHMUS_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["ISTHMUS_CACHE"]
    else:
        os.environ["ISTHMUS_CACHE"] = before


@pytest.fixture(scope="session")
def toy() -> ist.World:
    return ist.load_world("toy")


@pytest.fixture(scope="session")
def eurasia() -> ist.World:
    return ist.load_world("eurasia-2022")


@pytest.fixture(scope="session")
def toy_folder() -> Path:
    from isthmus.world.load import worlds_folder

    return worlds_folder() / "toy"
