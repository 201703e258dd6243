"""The parameters that `set_parameter` may set: their names, ranges and meaning.

A parameter holds in the baseline and in the scenario alike, so that a hat never mixes two of them. Those of
a sector or a freight class are written `theta.C19`, `value_of_time.bulk`.
"""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.errors import ScenarioError, nearest
from isthmus.world.network import CLASSES


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter is and may be."""

    low: float  # lowest value allowed
    high: float  # highest value allowed
    meaning: str


#: Parameters by name; `*` stands for a sector code or a freight class.
PARAMETERS: dict[str, Parameter] = {
    "openness": Parameter(0.0, 1.0, "share of the gravity value that an opened border reaches"),
    "choke": Parameter(1.001, 1e6, "backstop price over home cost in cells that the scenario cuts"),
    "eps": Parameter(0.05, 20.0, "elasticity, value added against inputs"),
    "sM": Parameter(0.05, 20.0, "elasticity among inputs"),
    "sC": Parameter(0.05, 20.0, "elasticity among final goods"),
    "kap": Parameter(1.0, float("inf"), "mobility of factors between sectors: 1 fixed, inf mobile"),
    "theta_factor": Parameter(0.01, 100.0, "multiplies every trade elasticity"),
    "theta.*": Parameter(0.05, 100.0, "trade elasticity of a sector, both horizons"),
    "value_of_time_factor": Parameter(0.0, 100.0, "multiplies every value of time"),
    "value_of_time.*": Parameter(0.0, 1e4, "value of time of a freight class, USD per tonne and hour"),
    "remitted_share": Parameter(0.05, 1.0, "share of migrants' earnings that is sent home (assumption 0.4)"),
}


def check_parameter(name: str, value: float) -> None:
    """Raise `ScenarioError` unless the name is a parameter and the value is in its range."""
    family, _, member = name.partition(".")
    known = PARAMETERS.get(f"{family}.*" if member else name)
    if known is None:
        raise ScenarioError(f"unknown parameter {name!r}.{nearest(name, PARAMETERS)} Known: {', '.join(PARAMETERS)}.")
    if family == "value_of_time" and member and member not in CLASSES:
        raise ScenarioError(f"unknown freight class {member!r} in {name!r}.{nearest(member, CLASSES)}")
    if not known.low <= value <= known.high:
        raise ScenarioError(
            f"{name} is {value!r}. Give a value from {known.low:g} to {known.high:g} ({known.meaning})."
        )
