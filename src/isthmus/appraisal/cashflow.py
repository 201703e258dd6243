"""Cash flows of a corridor: pure functions of yearly numbers.

Years are counted from the present: flows[0] falls in the present year and is not discounted. Money is
real (USD million of one price year), so the discount rate is real too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.world.accounts import FloatArray

#: Rates between which a return is sought.
_LOWEST, _HIGHEST = -0.99, 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """When a corridor is built, opens and ends, and what it costs besides being built."""

    present: int  # the year to which all is discounted
    opening: int  # first year of benefits
    years: int = 30  # of benefits
    building: int = 3  # years before the opening over which capex is spread evenly
    ramp: int = 3  # years until full use: 1/3, 2/3, 1 for 3
    discount: float = 0.08  # real, a year
    upkeep: float = 0.025  # share of capex a year, from the opening on

    @property
    def span(self) -> int:
        """Years from the present to the last of benefits."""
        return self.opening + self.years - self.present

    @property
    def calendar(self) -> tuple[int, ...]:
        """Years of the flows."""
        return tuple(range(self.present, self.present + self.span))


def ramp_up(plan: Plan) -> FloatArray:
    """Return the (year,) share of full use: 0 before the opening, rising in equal steps over the ramp."""
    after = np.array(plan.calendar) - plan.opening + 1
    share: FloatArray = np.clip(after / max(plan.ramp, 1), 0.0, 1.0)
    return share


def spread_capex(plan: Plan, capex: float) -> FloatArray:
    """Return the (year,) cost of building; what would fall before the present falls in the present year."""
    flow = np.zeros(plan.span)
    for year in range(plan.opening - plan.building, plan.opening):
        flow[max(year - plan.present, 0)] += capex / plan.building
    return flow


def spread_upkeep(plan: Plan, capex: float) -> FloatArray:
    """Return the (year,) cost of upkeep."""
    flow: FloatArray = np.where(np.array(plan.calendar) >= plan.opening, plan.upkeep * capex, 0.0)
    return flow


def present_value(flow: FloatArray, discount: float) -> float:
    """Return sum over t of flow[t] / (1 + discount)^t."""
    return float((flow / (1.0 + discount) ** np.arange(flow.size)).sum())


@dataclass(frozen=True, slots=True)
class Return:
    """An internal rate of return, or why there is none."""

    rate: float | None  # a year, real
    why_not: str = ""


def internal_rate(flow: FloatArray) -> Return:
    """Return the rate at which the present value of a flow is 0.

    Parameters
    ----------
    flow : (year,) array
        Net benefits.
    """
    from scipy.optimize import brentq

    if not (flow > 0).any():
        return Return(None, "no year has a net benefit")
    if not (flow < 0).any():
        return Return(None, "no year has a net cost: any rate pays")
    rates = np.concatenate([np.linspace(_LOWEST, 1.0, 400), np.linspace(1.0, _HIGHEST, 100)[1:]])
    values = np.array([present_value(flow, rate) for rate in rates])
    crossings = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    if not crossings.size:
        side = "below" if values[-1] > 0 else "above"
        return Return(None, f"the present value never crosses 0: it stays {'above' if side == 'below' else 'below'} it")
    if crossings.size > 1:
        return Return(None, f"{crossings.size} rates bring the present value to 0: signs of the flow change twice")
    at = int(crossings[0])
    return Return(float(brentq(lambda rate: present_value(flow, rate), rates[at], rates[at + 1], xtol=1e-12)))


@dataclass(frozen=True, eq=False, slots=True)
class Balance:
    """Yearly flows and what they come to; money in USD million of the price year."""

    plan: Plan
    benefit: FloatArray  # (year,) real income, after the ramp
    capex: FloatArray  # (year,)
    upkeep: FloatArray  # (year,)

    @property
    def net(self) -> FloatArray:
        """(year,) benefit less costs."""
        net: FloatArray = self.benefit - self.capex - self.upkeep
        return net

    @property
    def benefit_value(self) -> float:
        """Present value of benefits."""
        return present_value(self.benefit, self.plan.discount)

    @property
    def cost_value(self) -> float:
        """Present value of capex and upkeep."""
        return present_value(self.capex + self.upkeep, self.plan.discount)

    @property
    def npv(self) -> float:
        """Net present value."""
        return self.benefit_value - self.cost_value

    @property
    def bcr(self) -> float | None:
        """Benefits over costs, both as present values; None without costs."""
        return self.benefit_value / self.cost_value if self.cost_value > 0 else None

    @property
    def irr(self) -> Return:
        """Internal rate of return."""
        return internal_rate(self.net)


def make_balance(plan: Plan, full_benefit: FloatArray, capex: float) -> Balance:
    """Return the balance of a plan.

    Parameters
    ----------
    plan : Plan
    full_benefit : (year,) array
        Benefit in each year of the plan's calendar at full use.
    capex : float
        Cost of building, all of it.
    """
    return Balance(plan, full_benefit * ramp_up(plan), spread_capex(plan, capex), spread_upkeep(plan, capex))


def interpolate_years(years: tuple[int, ...], points: tuple[int, ...], values: FloatArray) -> FloatArray:
    """Return yearly values from those of a few points: straight lines between, constant outside.

    Parameters
    ----------
    years : (year,) tuple
    points : (point,) tuple, rising
    values : (point, ...) array

    Returns
    -------
    (year, ...) array
    """
    flat = values.reshape(len(points), -1)
    columns = [np.interp(years, points, flat[:, c]) for c in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape(len(years), *values.shape[1:])


def break_even(tonnage: float, balance: Balance) -> float | None:
    """Return the tonnage at which the corridor pays, if benefits rise in proportion to it; None if they cannot.

    Parameters
    ----------
    tonnage : float
        At full use, Mt a year.
    balance : Balance
        At that tonnage.
    """
    if balance.benefit_value <= 0 or tonnage <= 0:
        return None
    return tonnage * balance.cost_value / balance.benefit_value
