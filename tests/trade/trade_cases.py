"""Small baselines for the trade tests, from shares alone."""

import numpy as np

from isthmus.trade import TradeBaseline, TradeShock, TradeSolution


def make_baseline(pi, theta, al, gam, a, E, *, remittances=None, tariff=None, export_tax=None, latent=None):
    """Return the baseline in which goods markets clear at final spending E, given as shares.

    pi (origin, destination, sector); al, a (economy, sector); gam (economy, input, user); E (economy,).
    Deficits are what is left of E after income, so the world is balanced by construction.
    """
    n, s = al.shape
    keep = np.ones((n, n, s))
    for rate in (tariff, export_tax):
        if rate is not None:
            keep = keep / (1 + rate)
    home = pi * keep
    # Y[i,k] = sum_n home[i,n,k] (a[n,k] E[n] + sum_j gam[n,k,j] (1 - al[n,j]) Y[n,j])
    use = np.einsum("ink,nkj,nj->iknj", home, gam, 1 - al).reshape(n * s, n * s)
    sold = np.einsum("ink,nk,n->ik", home, a, E).ravel()
    Y = np.linalg.solve(np.eye(n * s) - use, sold).reshape(n, s)
    remittances = np.zeros((n, n)) if remittances is None else remittances
    half = TradeBaseline(
        pi, np.asarray(theta, float), al, gam, a, Y, E, np.zeros(n), remittances, tariff, export_tax, latent
    )
    deficit = E - half.income
    return TradeBaseline(
        pi,
        np.asarray(theta, float),
        al,
        gam,
        a,
        Y,
        E,
        deficit - deficit.mean(),
        remittances,
        tariff,
        export_tax,
        latent,
    )


def gravity_baseline(trade, theta):
    """Return the one-sector endowment economy of a trade matrix (exporter, importer)."""
    spent = trade.sum(axis=0)
    n = len(trade)
    output = trade.sum(axis=1)
    return TradeBaseline(
        (trade / spent)[:, :, None],
        np.array([float(theta)]),
        np.ones((n, 1)),
        np.zeros((n, 1, 1)),
        np.ones((n, 1)),
        output[:, None],
        spent,
        spent - output,
        np.zeros((n, n)),
    )


def wedge(phi, theta):
    """Return the shock whose phi (origin, destination, sector) is given; 0 is an embargo."""
    with np.errstate(divide="ignore"):
        return TradeShock(trade_cost_change=phi ** (-1 / np.asarray(theta)))


def random_baseline(seed, n=4, s=3, *, taxed=False, sparse=True, transfers=True):
    """Return a seeded world: home bias, some empty cells, some dead nodes, remittances, deficits."""
    rng = np.random.default_rng(seed)
    pi = rng.lognormal(0, 1, (n, n, s))
    pi[np.arange(n), np.arange(n)] *= 6
    if sparse and n > 1:
        empty = rng.random((n, n, s)) < 0.15
        empty[np.arange(n), np.arange(n)] = False
        pi[empty] = 0
        if s > 1:
            pi[0, :, -1] = 0  # economy 0 does not make the last good
    pi /= pi.sum(axis=0)
    gam = rng.lognormal(0, 1, (n, s, s))
    gam /= gam.sum(axis=1, keepdims=True)
    a = rng.lognormal(0, 0.7, (n, s))
    a /= a.sum(axis=1, keepdims=True)
    al = rng.uniform(0.25, 0.8, (n, s))
    if sparse and n > 1 and s > 1:
        al[0, -1] = 1
        gam[0, :, -1] = 0
    E = rng.lognormal(0, 1, n)
    sent = rng.uniform(0, 0.02, (n, n)) * E.min() if transfers else None
    tariff = rng.uniform(0, 0.3, (n, n, s)) * ~np.eye(n, dtype=bool)[:, :, None] if taxed else None
    theta = rng.uniform(1.5, 8, s)
    for _ in range(3):  # leave moderate deficits: large held ones may have no equilibrium
        E = make_baseline(pi, theta, al, gam, a, E, remittances=sent, tariff=tariff).income
    return make_baseline(pi, theta, al, gam, a, E, remittances=sent, tariff=tariff)


def markets(baseline: TradeBaseline, shock: TradeShock, solution: TradeSolution):
    """Return the gaps that an equilibrium must close, each relative: goods, money of each economy, factors."""
    sales = solution.flow.sum(axis=1)
    if solution.latent_flow is not None:
        sales = sales + solution.latent_flow.sum(axis=1)
    sales = sales + solution.backstop_share * solution.purchases
    goods = np.abs(sales - solution.output).max() / solution.output.max()
    sent = baseline.remittances if shock.remittances is None else shock.remittances
    factors = (solution.value_added_share * solution.output).sum(axis=1)
    income = factors + sent.sum(axis=0) - sent.sum(axis=1) + solution.tax_revenue + solution.deficit
    money = np.abs(income / solution.expenditure - 1).max()
    numeraire = abs(factors.sum() / baseline.value_added.sum() - 1)
    return goods, money, numeraire
