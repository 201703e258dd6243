"""Dependence profiles: what an economy needs of whom, as reported and as the model's own accounts have it.

Hirschman (1945): what a partner can hurt with is what one buys of it, sells to it or sends through it and cannot
replace soon. Reported rows come from `data/dependencies.csv`, each with its document and basis; beside each stands the
same share in the world's accounts where the world holds it. Concentration is the Hirschman-Herfindahl index, the sum
of squared shares of the partners, 1 for a single one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from isthmus.errors import QueryError, nearest
from isthmus.leverage.crossings import TransitShare, transit_shares
from isthmus.scenario.apply.state import sector_groups
from isthmus.world import World
from isthmus.world.accounts import FloatArray
from isthmus.world.package_data import package_rows

#: What the model tells of every economy: kind, direction, sectors of the shipped world or a group of sectors.
MODEL_KINDS: tuple[tuple[str, str, str], ...] = (
    ("trade", "export", "goods"),
    ("trade", "import", "goods"),
    ("services", "export", "services"),
    ("gas", "import", "B06G"),
    ("oil", "import", "B06O"),
    ("oil products", "import", "C19"),
    ("coal", "import", "B05"),
    ("electricity", "import", "D"),
    ("farm goods", "import", "A01"),
    ("food", "export", "A01 A03 C10T12"),
    ("gas", "export", "B06G"),
    ("oil", "export", "B06O"),
    ("minerals", "export", "B07"),
    ("tourism", "export", "I"),
)


@dataclass(frozen=True, slots=True)
class Dependence:
    """One dependence of an economy on a partner; None where nothing is known."""

    economy: str
    on: str
    kind: str
    item: str
    direction: str  # import, export, both, remittances, transit, none
    year: int
    share_percent: float | None
    value: float | None
    unit: str
    hhi: float | None  # of the reported partners, a lower bound; 1 is a single partner
    alternatives: str
    source: str
    basis: str
    note: str
    model_sectors: str  # what of the world's accounts stands beside it; "" if nothing does
    model_share_percent: float | None  # in the world's accounts or, for transit, on its least-cost ways
    model_value: float | None
    model_unit: str
    model_hhi: float | None
    model_alternatives: str  # largest other partners
    model_year: int


@cache
def _reported() -> tuple[dict[str, str], ...]:
    return tuple(package_rows("leverage", "dependencies"))


@cache
def _partner_hhi() -> dict[tuple[str, str, str, str], float]:
    return {
        (r["economy"], r["flow"], r["product"], r["year"]): float(r["hhi"])
        for r in package_rows("leverage", "partner_hhi")
    }


#: Products of the table of concentration that stand for a kind.
_PRODUCTS = {"trade": "goods", "gas": "gas", "oil": "crude_oil", "oil products": "refined_oil", "coal": "coal",
             "minerals": "metal_ores", "tourism": "tourism", "wheat": "cereals"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Model:
    """What the world's accounts say of one dependence."""

    share_percent: float
    value: float
    unit: str
    hhi: float | None
    alternatives: str


class _Accounts:
    """Shares of partners in the accounts of one economy, each looked up once."""

    def __init__(self, world: World, economy: str) -> None:
        self.world = world
        self.n = world.economies.index(economy)
        self.groups = sector_groups(world.sectors)
        self._ways: tuple[TransitShare, ...] | None = None
        self.economy = economy

    def partners(self, direction: str, sectors: str) -> FloatArray | None:
        """Return (economy,) USD million by partner; None if the world has no such sectors."""
        accounts, codes = self.world.accounts, self.world.sectors.codes
        if direction == "remittances":
            return accounts.remittances[:, self.n].copy()
        named = [code for word in sectors.split() for code in self.groups.get(word, (word,))]
        at = [codes.index(code) for code in named if code in codes]
        if not at:
            return None
        value = np.zeros(len(self.world.economies))
        if direction in ("import", "both"):
            value += accounts.flow[:, self.n, at].sum(axis=1)
        if direction in ("export", "both"):
            value += accounts.flow[self.n][:, at].sum(axis=1)
        value[self.n] = 0.0
        return value

    def look_up(self, direction: str, sectors: str, on: str) -> _Model | None:
        """Return the model's number for a partner or group; None if the world holds none."""
        if direction == "transit":
            return self._transit(on)
        value = self.partners(direction, sectors)
        if value is None or value.sum() <= 0:
            return None
        members = [e for e in self.world.groups.get(on, (on,)) if e in self.world.economies]
        if not members:
            return None
        its = float(value[[self.world.economies.index(e) for e in members]].sum())
        others = [
            f"{self.world.economies[i]} {100 * value[i] / value.sum():.0f} %"
            for i in np.argsort(-value, kind="stable")
            if self.world.economies[i] not in members and value[i] >= 0.02 * value.sum()
        ]
        hhi = float(((value / value.sum()) ** 2).sum())
        return _Model(100.0 * its / float(value.sum()), its, "USD million", hhi, ", ".join(others[:3]))

    def ways(self) -> tuple[TransitShare, ...]:
        """Return the territories that the economy's trade crosses."""
        if self._ways is None:
            self._ways = transit_shares(self.world, self.economy)
        return self._ways

    def _transit(self, on: str) -> _Model | None:
        for row in self.ways():
            if row.territory == on:
                tonnes = f"exports {row.export_percent:.0f} %, imports {row.import_percent:.0f} % of tonnes"
                share = max(row.export_percent, row.import_percent)
                return _Model(share, row.tonnes_mt, "Mt a year on least-cost ways", None, tonnes)
        return _Model(0.0, 0.0, "Mt a year on least-cost ways", None, "")


def dependence_profile(world: World, economy: str, on: str | None = None) -> tuple[Dependence, ...]:
    """Return the dependences of an economy, reported ones first with the model's numbers beside, then the model's own.

    Parameters
    ----------
    world : World
    economy : str
        ISO3 code.
    on : str, optional
        A partner or group; all if not given. The model's own rows are then those of the largest partner of each kind.

    Returns
    -------
    tuple of Dependence
        Shares in percent of the economy's own total (of imports, exports, remittances, tonnes), values in their unit.

    Raises
    ------
    QueryError
        An economy or partner that the world does not have.
    """
    _check(world, economy, on)
    accounts = _Accounts(world, economy)
    rows = [
        _reported_row(world, accounts, row)
        for row in _reported()
        if row["economy"] == economy and (on is None or row["partner"] == on)
    ]
    rows.sort(key=lambda row: (row.kind, row.item, row.on, row.year))
    return (*rows, *_model_rows(world, accounts, on), *_transit_rows(world, accounts, on))


def _check(world: World, economy: str, on: str | None) -> None:
    known = (*world.economies, *world.groups)
    if economy not in world.economies:
        raise QueryError(f"unknown economy {economy!r}.{nearest(economy, world.economies)} Use an ISO3 code.")
    if on is not None and on not in known:
        raise QueryError(f"unknown partner {on!r}.{nearest(on, known)} Use an ISO3 code or a group.")
    if on == economy:
        raise QueryError(f"{economy} does not depend on itself here. Name another partner with --on.")


def _number(text: str) -> float | None:
    return float(text) if text else None


def _reported_row(world: World, accounts: _Accounts, row: Mapping[str, str]) -> Dependence:
    direction = row["direction"]
    model = accounts.look_up(direction, row["sectors"], row["partner"])
    flow = direction if direction in ("import", "export") else ""
    hhi = _partner_hhi().get((row["economy"], flow, _PRODUCTS.get(row["kind"], ""), row["year"]))
    return _joined(
        world,
        model,
        economy=row["economy"],
        on=row["partner"],
        kind=row["kind"],
        item=row["item"],
        direction=direction,
        model_sectors=row["sectors"],
        year=int(row["year"]),
        share_percent=_number(row["share_percent"]),
        value=_number(row["value"]),
        unit=row["unit"],
        hhi=hhi,
        alternatives=row["alternatives"],
        source=row["source"],
        basis=row["basis"],
        note=row["note"],
    )


def _joined(world: World, model: _Model | None, **known: object) -> Dependence:
    told: dict[str, object] = {
        "model_share_percent": None if model is None else model.share_percent,
        "model_value": None if model is None else model.value,
        "model_unit": "" if model is None else model.unit,
        "model_hhi": None if model is None else model.hhi,
        "model_alternatives": "" if model is None else model.alternatives,
        "model_year": world.year,
    }
    values = {**known, **told}
    return Dependence(**{field.name: values[field.name] for field in fields(Dependence)})  # type: ignore[arg-type]


def _own(
    world: World, model: _Model, *, economy: str, on: str, kind: str, item: str, direction: str, sectors: str = ""
) -> Dependence:
    return _joined(
        world,
        model,
        economy=economy,
        on=on,
        kind=kind,
        item=item,
        direction=direction,
        model_sectors=sectors,
        year=world.year,
        share_percent=None,
        value=None,
        unit="",
        hhi=None,
        alternatives="",
        source=f"accounts and network of {world.name}",
        basis="modelled",
        note="",
    )


def _model_rows(world: World, accounts: _Accounts, on: str | None) -> list[Dependence]:
    rows = []
    for kind, direction, sectors in (*MODEL_KINDS, ("remittances", "remittances", "")):
        value = accounts.partners(direction, sectors)
        if value is None or value.sum() <= 0:
            continue
        partner = on or world.economies[int(value.argmax())]
        model = accounts.look_up(direction, sectors, partner)
        if model is None or model.value <= 0:
            continue
        item = f"{kind} {direction}s" if direction in ("import", "export") else kind
        item += f" ({sectors})" if sectors else ""
        about = {"economy": accounts.economy, "on": partner, "kind": kind, "item": item, "direction": direction}
        rows.append(_own(world, model, **about, sectors=sectors))
    return rows


def _transit_rows(world: World, accounts: _Accounts, on: str | None) -> list[Dependence]:
    wanted: Callable[[TransitShare], bool] = (
        (lambda row: row.territory in world.groups.get(on, (on,)))
        if on is not None
        else (lambda row: max(row.export_percent, row.import_percent) >= 5.0)
    )
    rows = []
    for row in accounts.ways():
        model = accounts.look_up("transit", "", row.territory) if wanted(row) else None
        if model is not None:
            about = {"kind": "transit", "item": "transit of trade with third economies", "direction": "transit"}
            rows.append(_own(world, model, economy=accounts.economy, on=row.territory, **about))
    return rows
