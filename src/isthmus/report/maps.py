"""Maps of freight, drawn as plain SVG so that no plotting library is needed."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from isthmus.report.files import write_text
from isthmus.result import Result
from isthmus.world.names import names_of
from isthmus.world.network import MODES
from isthmus.world.world import World

_COLOUR = {
    "road": "#b5651d",
    "rail": "#1f4e79",
    "sea": "#5b9bd5",
    "ferry": "#00838f",
    "oil_pipeline": "#4d4d4d",
    "gas_pipeline": "#c9a400",
    "air": "#999999",
    "transfer": "#cccccc",
}

Box = tuple[float, float, float, float]

#: The South Caucasus and the Caspian: south, north, west, east.
CAUCASUS: Box = (36.5, 44.5, 36.0, 55.0)


def draw_flow_map(world: World, result: Result, path: Path, *, box: Box = CAUCASUS, width: int = 1200) -> Path:
    """Write an SVG map: line width is freight after the scenario, red lines are those that it opens.

    Parameters
    ----------
    world, result : World, Result
    path : Path
        File to write.
    box : tuple
        South, north, west, east in degrees.
    width : int
        Pixels.

    Returns
    -------
    Path
        The file.
    """
    south, north, west, east = box
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    scale = width / ((east - west) * squeeze)
    height = int((north - south) * scale)
    net = world.network

    def place(node: int) -> tuple[float, float]:
        return (float(net.node_lon[node]) - west) * squeeze * scale, (north - float(net.node_lat[node])) * scale

    total = result.flows.after_t.sum(axis=(0, 2)) / 1e6
    opened = {line.id for line in result.new_lines}
    inside = (
        (net.node_lat > south - 3) & (net.node_lat < north + 3) & (net.node_lon > west - 3) & (net.node_lon < east + 3)
    )
    shown = np.flatnonzero(inside[net.from_node] & inside[net.to_node] & ((total > 0.02) | ~net.open))
    shown = shown[np.argsort(total[shown], kind="stable")]
    called, body = names_of(world).links, []
    for i in shown:
        if not net.open[i] and net.link_ids[i] not in opened:
            continue
        (x1, y1), (x2, y2) = place(int(net.from_node[i])), place(int(net.to_node[i]))
        new = net.link_ids[i] in opened
        colour = "#d62728" if new else _COLOUR[MODES[net.mode[i]]]
        thick = max(0.5, min(9.0, 1.3 * float(np.sqrt(total[i])))) + (1.5 if new else 0.0)
        body.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{thick:.2f}" stroke-linecap="round" opacity="{1.0 if new else 0.75}">'
            f"<title>{escape(called[i])}: {total[i]:.2f} Mt a year</title></line>"
        )
    body += _labels(world, box, scale)
    legend = " ".join(
        f'<tspan fill="{colour}">{mode.replace("_", " ")}</tspan>'
        for mode, colour in _COLOUR.items()
        if mode != "transfer"
    )
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif"><rect width="100%" height="100%" fill="#fbfaf7"/>'
        + "".join(body)
        + f'<text x="12" y="22" font-size="17" font-weight="bold">{escape(result.title)}</text>'
        f'<text x="12" y="42" font-size="12">Freight, Mt a year of {result.year}, network of {result.as_of} '
        f'(modelled); width = square root; {legend} <tspan fill="#d62728">opened by the scenario</tspan></text>'
        f'<text x="12" y="{height - 8}" font-size="10" fill="#555">Network: OpenStreetMap contributors (ODbL 1.0), '
        "Eurostat marnet, own facts. Places: GeoNames (CC BY 4.0).</text></svg>"
    )
    return write_text(path, text)


def _labels(world: World, box: Box, scale: float) -> list[str]:
    south, north, west, east = box
    zones = world.network.zones
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    out = []
    for z, name in enumerate(zones.names):
        lat, lon = float(zones.lat[z]), float(zones.lon[z])
        if "-liquid-" in zones.ids[z] or "-gas-" in zones.ids[z] or not (south < lat < north and west < lon < east):
            continue
        x, y = (lon - west) * squeeze * scale, (north - lat) * scale
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#222"/>')
        out.append(f'<text x="{x + 5:.1f}" y="{y - 4:.1f}" font-size="12">{escape(name)}</text>')
    return out
