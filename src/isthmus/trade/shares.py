"""Baseline shares of the trade model, from accounts or straight from arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.errors import InputError
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
    export_tax: FloatArray | None = None  # (origin, destination, sector) ad valorem; None: none
    latent_share: FloatArray | None = None  # (origin, destination, sector) latent value over spending
    economies: tuple[str, ...] = ()  # names, for messages
    sectors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.theta > 0).all():
            raise InputError(
                f"theta is {self.theta.min():g} in sector {int(self.theta.argmin())}: a trade elasticity is above 0."
            )
        freeze(self)

    def __repr__(self) -> str:
        n, s = self.output.shape
        return f"<TradeBaseline: {n} economies x {s} sectors>"

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
        """(economy,) factor income, tax revenue at the border, remittances: the base of equation (10)."""
        income: FloatArray = self.value_added.sum(axis=1) + self.net_remittances + self.tax_revenue
        return income

    @property
    def purchases(self) -> FloatArray:
        """X (economy, sector): spending on each good, tariffs included."""
        inputs = (1.0 - self.value_added_share) * self.output
        spent: FloatArray = (
            self.final_share * self.expenditure[:, None] + (self.input_share @ inputs[:, :, None])[..., 0]
        )
        return spent

    @property
    def border_value(self) -> FloatArray:
        """(origin, destination, sector): trade net of the importer's tariff, export tax included."""
        spent = self.expenditure_share * self.purchases
        if self.tariff is not None:
            spent = spent / (1.0 + self.tariff)
        return spent

    @property
    def flow(self) -> FloatArray:
        """(origin, destination, sector): trade at the origin's price, free of tariff and export tax."""
        value = self.border_value
        if self.export_tax is not None:
            value = value / (1.0 + self.export_tax)
        return value

    @property
    def tax_revenue(self) -> FloatArray:
        """(economy,) revenue of import tariffs and export taxes."""
        revenue = np.zeros_like(self.expenditure)
        if self.tariff is not None:
            revenue += (self.tariff * self.border_value).sum(axis=(0, 2))
        if self.export_tax is not None:
            revenue += (self.export_tax * self.flow).sum(axis=(1, 2))
        return revenue


def _ratio(part: FloatArray, whole: FloatArray, empty: float = 0.0) -> FloatArray:
    """Return part / whole, exactly `empty` where the whole is 0."""
    whole = np.broadcast_to(whole, part.shape)
    ratio: FloatArray = np.divide(part, whole, out=np.full(part.shape, empty), where=whole > 0)
    return ratio


def compute_shares(
    accounts: Accounts,
    theta: FloatArray,
    *,
    remittances: bool = True,
    economies: tuple[str, ...] = (),
    sectors: tuple[str, ...] = (),
) -> TradeBaseline:
    """Return the baseline of a world's accounts for one set of trade elasticities.

    Parameters
    ----------
    accounts : Accounts
        Balanced accounts, USD million.
    theta : (sector,) array
        Trade elasticity of each sector; the Armington elasticity is 1 + theta.
    remittances : bool
        Count remittances as income of their own; else they are part of the deficit.
    economies, sectors : tuple of str, optional
        Names used in messages.

    Returns
    -------
    TradeBaseline
        Shares and levels, USD million.

    Raises
    ------
    InputError
        A trade elasticity is not above 0.
    """
    purchases = accounts.flow.sum(axis=0)
    inputs = accounts.inputs.sum(axis=1)
    expenditure = accounts.final_use.sum(axis=1)
    transfers = accounts.remittances.copy() if remittances else np.zeros_like(accounts.remittances)
    net = transfers.sum(axis=0) - transfers.sum(axis=1)
    deficit = expenditure - accounts.value_added.sum(axis=1) - net
    return TradeBaseline(
        expenditure_share=_ratio(accounts.flow, purchases[None]),
        theta=np.array(theta, dtype=float),
        value_added_share=_ratio(accounts.value_added, accounts.output, empty=1.0),
        input_share=_ratio(accounts.inputs, inputs[:, None, :]),
        final_share=_ratio(accounts.final_use, expenditure[:, None]),
        output=accounts.output.copy(),
        expenditure=expenditure,
        deficit=deficit - deficit.mean(),
        remittances=transfers,
        latent_share=_ratio(accounts.latent, purchases[None]) if accounts.latent.any() else None,
        economies=economies,
        sectors=sectors,
    )
