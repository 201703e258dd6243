"""The freight network: costs, lines of the facts, zones, access, corridors, laid on the base graph."""

from isthmus.build.overlay.assemble import build_network

__all__ = ["build_network"]
