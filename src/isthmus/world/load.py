"""load_world: the only reader of world folders. Tables in, frozen arrays out."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isthmus.errors import QueryError, WorldError, nearest
from isthmus.world.accounts import BASIS, Accounts, FloatArray, IntArray
from isthmus.world.check import find_problems
from isthmus.world.load_network import load_network
from isthmus.world.tables import read_tables, tell
from isthmus.world.timeline import check_date, state_network
from isthmus.world.world import Sectors, Source, World

#: Tables that become arrays; all others stay dataframes in `World.facts`.
_ARRAYS = {"sectors", "flows", "inputs", "production", "final_use", "remittances", "nodes", "links"}


def worlds_folder() -> Path:
    """Return the folder of the worlds that the package ships."""
    return Path(str(resources.files("isthmus"))) / "worlds"


def shipped_worlds() -> tuple[str, ...]:
    """Return the names of the shipped worlds."""
    return tuple(sorted(path.parent.name for path in worlds_folder().glob("*/world.toml")))


def load_world(name: str | Path = "eurasia-2022", *, as_of: str | None = None) -> World:
    """Return a world, its network in the state of one day.

    Parameters
    ----------
    name : str or Path
        A shipped world, or a folder that holds `world.toml` and its tables.
    as_of : str, optional
        ISO date of the network's state; the world's own by default.

    Returns
    -------
    World
        Frozen; arrays are read-only.

    Raises
    ------
    QueryError
        No such world, or `as_of` is not a date.
    WorldError
        A table, a cell or a balance is wrong; all problems are told at once.
    """
    folder = _find(name)
    settings = _read_settings(folder)
    tables, digests = read_tables(folder)
    _compare_digests(folder, settings, digests)
    world = _assemble(folder, settings, tables, digests)
    problems = find_problems(world)
    if problems:
        raise WorldError(tell(folder, problems))
    return world if as_of is None else at(world, as_of)


def at(world: World, as_of: str) -> World:
    """Return the world with its network in the state of another day (trade keeps its year)."""
    check_date(as_of)
    network = state_network(world.network, world.facts, as_of, world.groups)
    return replace(world, as_of=as_of, network=network)


def _find(name: str | Path) -> Path:
    shipped = worlds_folder() / str(name)
    if isinstance(name, str) and "/" not in name and (shipped / "world.toml").exists():
        return shipped
    folder = Path(name)
    if folder.is_dir():
        return folder
    known = shipped_worlds()
    raise QueryError(
        f"--world {str(name)!r}: neither a shipped world nor a folder.{nearest(str(name), known)} "
        f"Shipped: {', '.join(known) or 'none'}."
    )


def _read_settings(folder: Path) -> dict[str, Any]:
    path = folder / "world.toml"
    if not path.exists():
        raise WorldError(f"{path}: missing. A world folder needs world.toml with name, year and as_of.")
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorldError(f"{path}: broken TOML ({error}).") from None
    for key, kind in (("name", str), ("year", int), ("as_of", str)):
        if not isinstance(settings.get(key), kind):
            raise WorldError(f"{path}: {key} is {settings.get(key)!r}. Give it as {kind.__name__}.")
    check_date(settings["as_of"], where=str(path))
    return settings


def _compare_digests(folder: Path, settings: dict[str, Any], digests: dict[str, str]) -> None:
    """Raise if a table is not the one that world.toml was written with."""
    problems = []
    for table, about in settings.get("tables", {}).items():
        stated = about.get("sha256", "")
        if stated and table in digests and stated != digests[table]:
            problems.append(
                f"{table}: sha256 is {digests[table][:12]}..., world.toml says {stated[:12]}... "
                "Build the world again, or drop the sha256 line if you changed the table on purpose."
            )
        if stated and table not in digests:
            problems.append(f"{table}: named in world.toml but missing from the folder.")
    if problems:
        raise WorldError(tell(folder, problems))


@dataclass(frozen=True, slots=True)
class _Index:
    """Turns codes into positions and notes unknown ones."""

    what: str
    index: pd.Index[Any]
    problems: list[str]

    def of(self, codes: pd.Series, where: str) -> IntArray:
        positions = self.index.get_indexer(pd.Index(codes))
        if (positions < 0).any():
            bad = str(codes.iloc[int(np.flatnonzero(positions < 0)[0])])
            self.problems.append(
                f"{where}: unknown {self.what} {bad!r} in {int((positions < 0).sum())} rows."
                f"{nearest(bad, [str(v) for v in self.index])}"
            )
            positions = np.where(positions < 0, 0, positions)
        return positions.astype(np.int64)


def _assemble(
    folder: Path, settings: dict[str, Any], tables: dict[str, pd.DataFrame], digests: dict[str, str]
) -> World:
    problems: list[str] = []
    economies = _Index("economy", pd.Index(tables["economies"]["economy"]), problems)
    sectors = _Index("sector", pd.Index(tables["sectors"]["sector"]), problems)
    accounts = _load_accounts(tables, economies, sectors)
    groups = _load_groups(tables["economies"])
    network = load_network(tables, economies.of, problems)
    if problems:
        raise WorldError(tell(folder, problems))
    facts = {name: table for name, table in tables.items() if name not in _ARRAYS}
    about = settings.get("tables", {})
    sources = tuple(
        Source(table, about.get(table, {}).get("sources", ""), about.get(table, {}).get("licence", ""), digest)
        for table, digest in sorted(digests.items())
    )
    digest = hashlib.sha256("".join(f"{table}:{digests[table]};" for table in sorted(digests)).encode())
    return World(
        name=settings["name"],
        year=settings["year"],
        as_of=settings["as_of"],
        economies=tuple(tables["economies"]["economy"]),
        economy_names=tuple(tables["economies"]["name"]),
        groups=groups,
        sectors=_load_sectors(tables["sectors"]),
        accounts=accounts,
        network=state_network(network, facts, settings["as_of"], groups),
        facts=facts,
        sources=sources,
        sha256=digest.hexdigest(),
        folder=folder,
    )


def _load_groups(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for economy, codes in zip(table["economy"], table["groups"], strict=True):
        for code in filter(None, (part.strip() for part in codes.split(";"))):
            groups.setdefault(code, []).append(economy)
    return {code: tuple(members) for code, members in sorted(groups.items())}


def _load_sectors(table: pd.DataFrame) -> Sectors:
    def pair(stem: str) -> FloatArray:
        return table[[f"{stem}_low", f"{stem}_high"]].to_numpy(float)

    return Sectors(
        codes=tuple(table["sector"]),
        names=tuple(table["name"]),
        commodity_class=tuple(table["commodity_class"]),
        theta_long=table["theta_long"].to_numpy(float),
        theta_short=table["theta_short"].to_numpy(float),
        theta_long_range=pair("theta_long"),
        theta_short_range=pair("theta_short"),
        unit_value=table["unit_value_usd_per_t"].fillna(np.inf).to_numpy(float),
        basis=tuple(table["basis"]),
        sources=tuple(table["source"]),
    )


def _load_accounts(tables: dict[str, pd.DataFrame], economies: _Index, sectors: _Index) -> Accounts:
    n, s = len(economies.index), len(sectors.index)
    flows = tables["flows"]
    at_flow = (
        economies.of(flows["origin"], "flows"),
        economies.of(flows["destination"], "flows"),
        sectors.of(flows["sector"], "flows"),
    )
    flow, tonnes, latent = np.zeros((n, n, s)), np.zeros((n, n, s)), np.zeros((n, n, s))
    basis = np.full((n, n, s), BASIS.index("none"), dtype=np.int8)
    flow[at_flow] = flows["value_usd_m"].to_numpy(float)
    tonnes[at_flow] = flows["tonnes"].to_numpy(float)
    latent[at_flow] = flows["latent_usd_m"].to_numpy(float)
    basis[at_flow] = _load_basis(flows["basis"], economies.problems)
    inputs = np.zeros((n, s, s))
    table = tables["inputs"]
    inputs[
        economies.of(table["economy"], "inputs"),
        sectors.of(table["input"], "inputs"),
        sectors.of(table["user"], "inputs"),
    ] = table["value_usd_m"].to_numpy(float)
    output, value_added, final_use = np.zeros((n, s)), np.zeros((n, s)), np.zeros((n, s))
    table = tables["production"]
    where = economies.of(table["economy"], "production"), sectors.of(table["sector"], "production")
    output[where] = table["output_usd_m"].to_numpy(float)
    value_added[where] = table["value_added_usd_m"].to_numpy(float)
    table = tables["final_use"]
    where = economies.of(table["economy"], "final_use"), sectors.of(table["sector"], "final_use")
    final_use[where] = table["value_usd_m"].to_numpy(float)
    remittances = np.zeros((n, n))
    if "remittances" in tables:
        table = tables["remittances"]
        where = economies.of(table["payer"], "remittances"), economies.of(table["recipient"], "remittances")
        remittances[where] = table["value_usd_m"].to_numpy(float)
    return Accounts(
        flow=flow,
        tonnes=tonnes,
        latent=latent,
        basis=basis,
        inputs=inputs,
        final_use=final_use,
        output=output,
        value_added=value_added,
        remittances=remittances,
    )


def _load_basis(words: pd.Series, problems: list[str]) -> np.ndarray[Any, np.dtype[np.int8]]:
    positions = pd.Index(BASIS).get_indexer(pd.Index(words))
    if (positions < 0).any():
        bad = words.iloc[int(np.flatnonzero(positions < 0)[0])]
        problems.append(f"flows: basis is {bad!r}. Use one of {', '.join(BASIS)}.")
    return positions.astype(np.int8)
