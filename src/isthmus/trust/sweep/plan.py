"""What a sweep will solve: read from a file, fixed for the life of its store.

A plan crosses scenarios, as-of days, horizons and draws. One *unit* is one day and one draw: all scenarios
and horizons of it are solved together, since they share the routed base. Draw 0 is the model at its central
values; draws 1 to n are the points of a scrambled Sobol sequence. A *batch* is a run of units and becomes
one part file. Everything that could change a number is in the plan, so that a resumed sweep can be refused
when world, code, libraries or scenarios are no longer those it began with.
"""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from isthmus.cache import make_key
from isthmus.errors import SweepError, nearest
from isthmus.scenario import read_scenario
from isthmus.solve import QUEUES, Queues
from isthmus.trade import HORIZONS
from isthmus.world import load_world
from isthmus.world.timeline import check_date

#: Libraries whose version can move the last digits of a number or the bytes of a part.
_LIBRARIES = ("numpy", "scipy", "numba", "pandas", "pyarrow")
#: How draws are laid out.
DESIGNS = ("sobol", "grouped")
#: Parts of the package that no number of a sweep rests on.
_OUTSIDE = ("cli", "web", "report", "build", "events", "__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a user asks for; the keys of a sweep file."""

    title: str = ""
    scenarios: tuple[str, ...]  # names of the library, or files
    as_of: tuple[str, ...] = ()  # none: the world's own day
    horizons: tuple[str, ...] = ("long",)
    draws: int = 0
    design: str = "sobol"  # or "grouped": the draws of a grouped Sobol analysis
    seed: int = 0
    batch: int = 4  # units to a part
    route_draws: int = 2
    queues: Queues = "held"  # at delays that rest on those of the central base
    leverage: tuple[str, ...] = ()  # pairs COERCER:TARGET
    world: str = "eurasia-2022"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Ask):
    """A sweep, whole; equal plans give equal bytes."""

    scenario_sha256: tuple[str, ...]
    world_sha256: str
    code_sha256: str
    libraries: tuple[str, ...]  # "numpy 2.4.6", ...

    @property
    def id(self) -> str:
        """Hash of all the above."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:32]

    @property
    def units(self) -> int:
        """Number of (day, draw) pairs."""
        return len(self.as_of) * (self.draws + 1)

    @property
    def batches(self) -> int:
        """Number of part files."""
        return math.ceil(self.units / self.batch)

    def unit(self, index: int) -> tuple[str, int]:
        """Return the day and the draw of a unit."""
        day, draw = divmod(index, self.draws + 1)
        return self.as_of[day], draw

    def units_of(self, batch: int) -> range:
        """Return the units of a batch."""
        return range(batch * self.batch, min((batch + 1) * self.batch, self.units))

    def to_json(self) -> str:
        """Return the plan as canonical JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def plan_from_json(text: str, where: str) -> Plan:
    """Return the plan that `to_json` wrote."""
    try:
        data: dict[str, Any] = json.loads(text)
        names = [field.name for field in fields(Plan)]
        values: dict[str, Any] = {name: tuple(v) if isinstance(v := data[name], list) else v for name in names}
        return Plan(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise SweepError(f"{where}: no sweep plan ({error}). Name the folder of a sweep.") from None


def read_plan(path: Path) -> Plan:
    """Return the plan of a sweep file (TOML).

    Raises
    ------
    SweepError
        Broken TOML, an unknown key, a bad value, all told at once.
    QueryError, ScenarioError, WorldError
        A scenario, day or world that cannot be read.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SweepError(f"{path}: no such sweep file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SweepError(f"{path}: broken TOML ({error}). Mend the file and try again.") from None
    problems = _problems(data)
    if problems:
        raise SweepError(f"{path}: " + "; ".join(problems))
    asked: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in data.items()}
    asked["scenarios"] = tuple(_beside(path, name) for name in data["scenarios"])
    asked.setdefault("title", path.stem)
    return make_plan(Ask(**asked))


def make_plan(ask: Ask) -> Plan:
    """Return a plan with the hashes of all that it rests on."""
    world = load_world(ask.world)
    days = ask.as_of or (world.as_of,)
    for day in days:
        check_date(day)
    digests = [hashlib.sha256(repr(read_scenario(name).changes).encode()).hexdigest() for name in ask.scenarios]
    return Plan(
        **{**asdict(ask), "as_of": days},
        scenario_sha256=tuple(digests),
        world_sha256=world.sha256,
        code_sha256=code_digest(),
        libraries=tuple(f"{name} {version(name)}" for name in _LIBRARIES),
    )


def code_digest() -> str:
    """Return a hash of the code that the numbers of a sweep rest on."""
    root = Path(__file__).parents[2]
    parts = [p for p in sorted(root.iterdir()) if p.name not in _OUTSIDE and (p.suffix == ".py" or p.is_dir())]
    return make_key((), [p for p in parts if p.suffix == ".py" or (p / "__init__.py").exists()])


def differences(old: Plan, new: Plan) -> list[str]:
    """Return what two plans do not share, in words."""
    out = []
    for field in fields(Plan):
        a, b = getattr(old, field.name), getattr(new, field.name)
        if a != b:
            out.append(f"{field.name} was {_short(a)} and is {_short(b)}")
    return out


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _beside(path: Path, name: str) -> str:
    """Return a scenario's name, a file taken relative to the sweep file."""
    file = path.parent / name
    return str(file.resolve()) if file.is_file() else name


def _problems(data: dict[str, Any]) -> list[str]:
    keys = [field.name for field in fields(Ask)]
    out = [f"unknown key {key!r}.{nearest(key, keys)} Keys: {', '.join(keys)}" for key in data if key not in keys]
    for key, least in (("draws", 0), ("seed", 0), ("batch", 1), ("route_draws", 1)):
        value = data.get(key, least)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            out.append(f"{key} is {value!r}: write a whole number of {least} or more")
    for key in ("title", "world", "design"):
        if not isinstance(data.get(key, ""), str):
            out.append(f"{key} is {data[key]!r}: write text in quotes")
    if not data.get("scenarios"):
        out.append('scenarios is missing: write for instance scenarios = ["tripp"]')
    for key, valid in (("scenarios", None), ("as_of", None), ("horizons", tuple(HORIZONS)), ("leverage", None)):
        out += _list_problems(key, data.get(key, []), valid)
    if data.get("queues", "held") not in QUEUES:
        out.append(f"queues is {data['queues']!r}: use {', '.join(QUEUES)}")
    if data.get("design", "sobol") not in DESIGNS:
        out.append(f"design is {data['design']!r}: use {' or '.join(DESIGNS)}")
    return out


def _list_problems(key: str, value: object, valid: tuple[str, ...] | None) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        return [f"{key} is {value!r}: write a list of names in quotes"]
    out = [f"{key} names something twice"] if len({Path(v).stem for v in value}) < len(value) else []
    if valid is not None:
        out += [f"{key} holds {v!r}: use {' or '.join(valid)}" for v in value if v not in valid]
    if key == "leverage":
        out += [f"leverage pair {v!r}: write COERCER:TARGET, for instance RUS:ARM" for v in value if not _is_pair(v)]
    return out


def _is_pair(text: str) -> bool:
    by, _, on = text.partition(":")
    return bool(by and on)


def coercers_of(pair: str) -> tuple[tuple[str, ...], str]:
    """Return the coercers and the target of a pair written COERCER:TARGET or A+B:TARGET."""
    by, _, on = pair.partition(":")
    return tuple(by.split("+")), on
