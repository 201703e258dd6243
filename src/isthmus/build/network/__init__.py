"""The base freight graph: rail, road and sea hubs and links, crossings, transfers at places."""

from isthmus.build.network.base import build_base_network

__all__ = ["build_base_network"]
