"""What trips that only cross a territory pay there, and what it forgoes by denying them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isthmus.routing.choice import Routing, load_flows
from isthmus.routing.graph import bound_trips, through_trips
from isthmus.routing.measure import link_payment
from isthmus.world.accounts import FloatArray
from isthmus.world.network import Denial


def transit_dues(routing: Routing, demand: FloatArray, territories: Sequence[str]) -> FloatArray:
    """Return what transit pays for the links of some territories, by pair of zones.

    Parameters
    ----------
    routing : Routing
    demand : (class, zone, zone) array, t a year
    territories : sequence of str

    Returns
    -------
    (territory, zone, zone) array
        Rates and fees, USD million a year; 0 for trips with an end in the territory.
    """
    network = routing.network
    pay = link_payment(network)
    own = np.array([[place == name for name in territories] for place in network.territory])
    loaded = load_flows(routing, demand, pay[:, :, None] * own[None])
    paid: FloatArray = np.einsum("wodt,wod->tod", loaded.expected, demand) / 1e6
    through = np.array([through_trips(network.zones, name) for name in territories])
    return np.where(through, paid, 0.0)


def denied_dues(routing: Routing, demand: FloatArray, denials: Sequence[Denial]) -> FloatArray:
    """Return what the trips that denials of all modes bind pay to the denying territory, on a routing without them.

    Parameters
    ----------
    routing : Routing
        The network without the denials.
    demand : (class, zone, zone) array, t a year
    denials : sequence of Denial
        Each is taken alone.

    Returns
    -------
    (denial,) array
        USD million a year.
    """
    bound = [bound_trips(routing.network, routing.economies, denial) for denial in denials]
    places = tuple(dict.fromkeys(denial.by for denial in denials))
    met = np.where(np.any(bound, axis=0), demand, 0.0)
    dues = transit_dues(routing, met, places)
    return np.array([dues[places.index(denial.by)][mask].sum() for denial, mask in zip(denials, bound, strict=True)])
