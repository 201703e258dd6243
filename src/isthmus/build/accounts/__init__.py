"""Balanced accounts of the embedded world: 80 ICIO economies, 13 added ones and the rest of the world."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from isthmus.build.accounts.axes import ADDED, ROW
from isthmus.build.accounts.baci import read_baci
from isthmus.build.accounts.bilateral import make_prior, solve_bilateral
from isthmus.build.accounts.close import close_accounts
from isthmus.build.accounts.controls import make_controls, scale_minerals
from isthmus.build.accounts.energy_split import split_energy
from isthmus.build.accounts.final import solve_final
from isthmus.build.accounts.frames import (
    frame_economies,
    frame_final_use,
    frame_flows,
    frame_inputs,
    frame_production,
    frame_remittances,
)
from isthmus.build.accounts.geography import measure_distances
from isthmus.build.accounts.icio import read_icio, read_icio_csv
from isthmus.build.accounts.latent import estimate_latent, refill_latent
from isthmus.build.accounts.national import make_national
from isthmus.build.accounts.sectors import make_sectors
from isthmus.build.accounts.tonnes import measure_tonnes

__all__ = ["build_accounts", "estimate_latent", "refill_latent"]


def build_accounts(progress: Callable[[str], None], *, icio: Path | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables economies, sectors, flows, inputs, production, final_use and remittances.

    Parameters
    ----------
    progress : callable
        Told one line per stage.
    icio : Path, optional
        An official ICIO 2025 CSV of 2022 to use in place of the pinned package's extract.

    Returns
    -------
    dict of str to DataFrame
        Columns as in `world/schema/*.csv`; values in USD million of 2022, FOB.

    Raises
    ------
    BuildError
        A pinned source is missing, or two totals contradict each other so that accounts cannot close.
    """
    progress("accounts: reading OECD ICIO")
    table = read_icio() if icio is None else read_icio_csv(icio)
    economies = (*table.economies, *ADDED, ROW)
    progress("accounts: reading BACI")
    baci = read_baci(economies)
    progress("accounts: splitting oil from gas")
    core = split_energy(table, baci.value)
    del table
    progress("accounts: national accounts of the added economies")
    mineral = scale_minerals(baci.value, economies)
    controls = make_controls(core, mineral)
    national = make_national(core, controls)
    progress("accounts: trade of the added economies")
    distance = measure_distances(economies)
    prior = make_prior(core, controls, mineral, distance, economies)
    trade = solve_bilateral(core, controls, prior, economies)
    progress(f"accounts: {len(trade.unmet)} facts on partners not met; final demand")
    final = solve_final(core, trade.flow)
    progress("accounts: closing")
    closed = close_accounts(core, controls, national, trade.flow, final, baci.value, economies)
    sectors = make_sectors()
    tonnes = measure_tonnes(closed.flow, baci, sectors, economies)
    latent = estimate_latent(closed.flow, distance, economies)
    return {
        "economies": frame_economies(economies, closed),
        "sectors": sectors,
        "flows": frame_flows(core, closed, trade.flow, tonnes, latent, economies),
        "inputs": frame_inputs(closed, economies),
        "production": frame_production(closed, economies),
        "final_use": frame_final_use(closed, economies),
        "remittances": frame_remittances(economies),
    }
