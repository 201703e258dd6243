"""Leverage on the toy world, solved once."""

from __future__ import annotations

import pytest

import isthmus as ist
from isthmus.leverage import Leverage, Terms


@pytest.fixture(scope="session")
def doria_on_celia(toy: ist.World) -> Leverage:
    return ist.compute_leverage(toy, "DDD", "CCC")


@pytest.fixture(scope="session")
def doria_on_celia_few(toy: ist.World) -> Leverage:
    """Eleven instruments: every set is solved."""
    return ist.compute_leverage(toy, "DDD", "CCC", terms=Terms(kinds=("exports", "energy", "transit")))
