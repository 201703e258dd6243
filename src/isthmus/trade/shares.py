"""Baseline shares of the trade model, from accounts or straight from arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.world.accounts import Accounts, FloatArray, freeze


@dataclass(frozen=True, eq=False, slots=True)
class TradeBaseline:
    """What the equilibrium equations need of the reference year; arrays are read-only.

    Values are in any one money unit; the solver scales them so that world factor income is 1.
    Cells without trade are exact zeros and stay so.
    """

    expenditure_share: FloatArray  # pi (origin, destination, sector), sums to 1 over origins or 0
    theta: FloatArray  # (sector,) trade elasticity
    value_added_share: FloatArray  # al (economy, sector) value added over output
    input_share: FloatArray  # gam (economy, input sector, using sector), sums to 1 over inputs or 0
    final_share: FloatArray  # a (economy, sector), sums to 1
    output: FloatArray  # Y (economy, sector)
    expenditure: FloatArray  # E (economy,) final spending
    deficit: FloatArray  # D (economy,) final spending beyond income of all kinds, sums to 0
    remittances: FloatArray  # R (payer, recipient)
    tariff: FloatArray | None = None  # (origin, destination, sector) ad valorem; None: none
    latent_share: FloatArray | None = None  # (origin, destination, sector) latent value over spending

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def value_added(self) -> FloatArray:
        """(economy, sector) value added."""
        return self.value_added_share * self.output

    @property
    def net_remittances(self) -> FloatArray:
        """(economy,) received less paid."""
        net: FloatArray = self.remittances.sum(axis=0) - self.remittances.sum(axis=1)
        return net

    @property
    def income(self) -> FloatArray:
        """(economy,) factor income, tariff revenue and remittances: the base of equation (10)."""
        income: FloatArray = self.value_added.sum(axis=1) + self.net_remittances + self.tariff_revenue
        return income

    @property
    def purchases(self) -> FloatArray:
        """X (economy, sector): spending on each good, tariffs included."""
        inputs = (1.0 - self.value_added_share) * self.output
        spent: FloatArray = self.final_share * self.expenditure[:, None] + np.einsum(
            "nkj,nj->nk", self.input_share, inputs
        )
        return spent

    @property
    def tariff_revenue(self) -> FloatArray:
        """(economy,) revenue of import tariffs."""
        if self.tariff is None:
            return np.zeros_like(self.expenditure)
        rate = self.tariff / (1.0 + self.tariff)
        revenue: FloatArray = np.einsum("ink,ink,nk->n", rate, self.expenditure_share, self.purchases)
        return revenue


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, exactly 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def compute_shares(accounts: Accounts, theta: FloatArray) -> TradeBaseline:
    """Return the baseline of a world's accounts for one set of trade elasticities.

    Parameters
    ----------
    accounts : Accounts
        Balanced accounts, USD million.
    theta : (sector,) array
        Trade elasticity of each sector; the Armington elasticity is 1 + theta.

    Returns
    -------
    TradeBaseline
        Shares and levels, USD million.
    """
    purchases = accounts.flow.sum(axis=0)
    value_added = accounts.value_added
    inputs = accounts.inputs.sum(axis=1)
    expenditure = accounts.final_use.sum(axis=1)
    net = accounts.remittances.sum(axis=0) - accounts.remittances.sum(axis=1)
    deficit = expenditure - value_added.sum(axis=1) - net
    latent = accounts.latent
    return TradeBaseline(
        expenditure_share=_ratio(accounts.flow, purchases[None]),
        theta=np.asarray(theta, dtype=float),
        value_added_share=np.where(accounts.output > 0, _ratio(value_added, accounts.output), 1.0),
        input_share=_ratio(accounts.inputs, inputs[:, None, :]),
        final_share=_ratio(accounts.final_use, expenditure[:, None]),
        output=accounts.output.copy(),
        expenditure=expenditure,
        deficit=deficit - deficit.mean(),
        remittances=accounts.remittances.copy(),
        latent_share=_ratio(latent, purchases[None]) if latent.any() else None,
    )
