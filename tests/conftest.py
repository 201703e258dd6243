"""Fixtures: the shipped worlds, loaded once; a cache folder of the test run's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import isthmus as ist

#: Modules that between them compile every sweep: one worker runs them first, so that no two compile the same.
COMPILING = (
    "routing/test_choice", "routing/test_congestion", "routing/test_criticality", "routing/test_touched",
    "properties/test_routing", "trust/test_calibrate", "trust/test_validation", "test_solve", "test_critical",
)  # fmt: skip
#: Folders of tests that compile next to nothing: for the others meanwhile.
LIGHT = ("trade/", "events/", "build/", "scenario/", "properties/")
#: Then those whose modules take longest, so that none is left over at the end.
LONG = ("web/", "trust/", "leverage/")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--redraw", action="store_true", help="Write the golden tables anew instead of comparing.")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # the order below, not that of the number of tests


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each of several workers whole modules, in an order that compiles every sweep once."""
    if not hasattr(config, "workerinput"):
        return
    stages = [(item, _stage(item.nodeid.removeprefix("tests/"))) for item in items]
    for item, stage in stages:
        item.add_marker(pytest.mark.xdist_group("sweeps" if stage == 0 else item.nodeid.split("::")[0]))
    items[:] = [item for item, _ in sorted(stages, key=lambda pair: pair[1])]


def _stage(module: str) -> int:
    starts = (COMPILING, LIGHT, LONG)
    return next((stage for stage, names in enumerate(starts) if module.startswith(names)), len(starts))


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
