"""A scenario written as TOML reads back as the same changes."""

from __future__ import annotations

import json
import tempfile
from dataclasses import MISSING, fields
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import isthmus as ist
from isthmus.scenario.changes import (
    Change,
    ChangeLink,
    CloseBorder,
    CloseLink,
    CutTransfers,
    DenyTransit,
    Embargo,
    EnergyPrice,
    ExpelMigrants,
    ExportBan,
    ImportBan,
    NotModelled,
    OpenBorder,
    OpenLink,
    PipelineOutage,
    SetDemand,
    SetParameter,
    SetTariff,
    kind_of,
)
from isthmus.world.network import MODES

_WORD = st.text("abcdefghijklmnopqrstuvwxyz-~0123456789", min_size=1, max_size=12)
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)
_NAMES = st.lists(_WORD, min_size=1, max_size=3).map(tuple)
_TWO = st.lists(_WORD, min_size=2, max_size=2, unique=True).map(tuple)
_MODES = st.lists(st.sampled_from(MODES), unique=True, max_size=3).map(tuple)
_SHARE = st.floats(0, 1)
_BAN = {"by": _NAMES, "on": _NAMES, "severity": _SHARE, "leakage": _SHARE, "source": _TEXT}
_PART = {"sectors": st.just(("FOOD",)), "trade_usd_m": st.floats(0.1, 9), "year": st.integers(1990, 2030)}
_CHANGES = st.one_of(
    st.builds(SetTariff, rate=st.floats(-0.9, 5), by=_NAMES, on=_NAMES),
    st.builds(SetTariff, rate=st.floats(0, 5), by=_NAMES, on=_NAMES, source=st.just("x"), **_PART),
    st.builds(EnergyPrice, factor=st.floats(0.1, 9), by=_NAMES, on=_NAMES),
    st.builds(CutTransfers, by=_NAMES, on=_NAMES, share=st.floats(0.01, 1)),
    st.builds(ExpelMigrants, by=_NAMES, on=_NAMES, share=st.floats(0.01, 1)),
    st.builds(SetDemand, economy=_NAMES, sectors=_NAMES, factor=st.floats(0.1, 9)),
    st.builds(SetParameter, name=st.sampled_from(("openness", "theta.FOOD")), value=st.floats(0.1, 1)),
    st.builds(OpenLink, links=_NAMES, source=_TEXT, note=_TEXT),
    st.builds(CloseLink, links=_NAMES),
    st.builds(ChangeLink, links=_NAMES, hours_factor=st.floats(0, 9), cost_usd_per_t=st.floats(0, 1e4)),
    st.builds(OpenBorder, between=_TWO, modes=_MODES),
    st.builds(CloseBorder, between=_TWO, modes=_MODES),
    st.builds(DenyTransit, by=_WORD.map(str.upper).map("X".__add__), against=_NAMES, modes=_MODES),
    st.builds(ImportBan, **_BAN),
    st.builds(ExportBan, sectors=st.just(("FOOD",)), products=_NAMES, product_share=_SHARE, **_BAN),
    st.builds(Embargo, **_BAN),
    st.builds(PipelineOutage, links=_NAMES, share=st.floats(0.01, 1)),
    st.builds(NotModelled, description=_TEXT.filter(str.strip)),
)


def _toml(change: Change) -> str:
    lines = ["[[change]]", f'kind = "{kind_of(change)}"']
    for field in fields(change):
        value = getattr(change, field.name)
        if field.default is MISSING or value != field.default:
            # A JSON string, list of strings or float is TOML too, save that DEL must be escaped.
            told = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
            lines.append(f"{field.name} = {told}")
    return "\n".join(lines)


@given(st.lists(_CHANGES, min_size=1, max_size=5))
def test_write_then_read_is_the_identity(changes: list[Change]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.toml"
        path.write_text("\n".join(_toml(change) for change in changes), encoding="utf-8")
        assert ist.read_scenario(path).changes == tuple(changes)
