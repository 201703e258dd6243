"""Where reference results are: with the tests, beside the checkout, or where ISTHMUS_ORACLES says."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve()


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], Path]:
    """Return the function that finds an oracle's folder, or skips."""
    places = [_HERE.parents[1] / "oracles", _HERE.parents[3] / "shared" / "oracles"]
    if "ISTHMUS_ORACLES" in os.environ:
        places.append(Path(os.environ["ISTHMUS_ORACLES"]))

    def find(name: str) -> Path:
        for place in places:
            if (place / name).is_dir():
                return place / name
        pytest.skip(f"oracle {name} holds data of others and is not shipped; set ISTHMUS_ORACLES to its parent folder")

    return find
