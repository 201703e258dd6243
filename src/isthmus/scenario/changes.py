"""Kinds of change: one frozen class each, with the field names of the scenario file.

Values are checked where they are given; names (links, economies, sectors) where the change is applied.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from isthmus.errors import ScenarioError
from isthmus.scenario.parameters import check_parameter
from isthmus.world.network import MODES

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What every change may carry."""

    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLink(Change):
    """Open links, projects or corridors that are closed on the day."""

    links: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseLink(Change):
    """Close links, projects or corridors."""

    links: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLink(Change):
    """Change capacity, hours or cost of links; a factor or a value, not both."""

    links: Names
    capacity_factor: float | None = None
    capacity_mt_per_year: float | None = None
    hours_factor: float | None = None
    hours: float | None = None
    cost_factor: float | None = None
    cost_usd_per_t: float | None = None

    def __post_init__(self) -> None:
        pairs = (
            ("capacity_factor", "capacity_mt_per_year"),
            ("hours_factor", "hours"),
            ("cost_factor", "cost_usd_per_t"),
        )
        given = 0
        for factor, value in pairs:
            both = [name for name in (factor, value) if getattr(self, name) is not None]
            given += len(both)
            if len(both) == 2:
                raise ScenarioError(f"{factor} and {value} are both given. Keep one of them.")
            for name in both:
                if not 0 <= getattr(self, name) < float("inf"):
                    raise ScenarioError(
                        f"{name} is {getattr(self, name)!r}. Give a number of 0 or more; close_link shuts a link."
                    )
        if not given:
            raise ScenarioError(f"change_link changes nothing. Give one of {', '.join(n for p in pairs for n in p)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Border(Change):
    between: Names
    modes: Names = ()

    def __post_init__(self) -> None:
        if len(self.between) != 2 or self.between[0] == self.between[1]:
            raise ScenarioError(f"between is {list(self.between)!r}. Name two different territories.")
        _check_modes(self.modes)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBorder(_Border):
    """Open all crossings between two territories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseBorder(_Border):
    """Close all crossings between two territories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyTransit(Change):
    """Deny one's territory to trips with an end in `against` and none in one's own."""

    by: str
    against: Names
    modes: Names = ()

    def __post_init__(self) -> None:
        if self.by in self.against:
            raise ScenarioError(f"by and against both name {self.by!r}. A territory cannot deny transit to itself.")
        _check_modes(self.modes)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeChange(Change):
    """An act of `by` on trade with `on`: whole sectors, or products inside one sector."""

    by: Names
    on: Names
    sectors: Names = ()
    products: Names = ()
    product_share: float | None = None  # share of the sector flow that the products make up
    trade_usd_m: float | None = None  # their value instead, with its year and source
    year: int | None = None
    severity: float = 1.0
    leakage: float = 0.0

    def __post_init__(self) -> None:
        for name in ("severity", "leakage", "product_share"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= 1.0:
                raise ScenarioError(f"{name} is {value!r}. Give a share between 0 and 1.")
        if self.product_share is not None and self.trade_usd_m is not None:
            raise ScenarioError("product_share and trade_usd_m are both given. Keep one of them.")
        explicit = self.product_share is not None or self.trade_usd_m is not None
        if explicit and len(self.sectors) != 1:
            given = "product_share" if self.product_share is not None else "trade_usd_m"
            raise ScenarioError(f"{given} is a part of one sector's flow. Name that sector in sectors.")
        if self.trade_usd_m is None:
            if self.year is not None:
                raise ScenarioError(f"year is {self.year!r} without trade_usd_m. Give both, or neither.")
            return
        _check_above(0.0, "trade_usd_m", self.trade_usd_m, "Give a value above 0, USD million.")
        if self.year is None or not self.source.strip():
            raise ScenarioError("trade_usd_m needs its year and its document: give year and source.")

    @property
    def force(self) -> float:
        """Share of what is named that the act really reaches, 0 to 1."""
        return self.severity * (1.0 - self.leakage)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBan(TradeChange):
    """The importer `by` bans goods from the exporter `on`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportBan(TradeChange):
    """The exporter `by` bans sales to the importer `on`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embargo(TradeChange):
    """`by` and `on` stop trading in both directions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTariff(TradeChange):
    """The importer `by` sets the ad valorem rate on goods from the exporter `on`; 0.05 is 5 %."""

    rate: float

    def __post_init__(self) -> None:
        TradeChange.__post_init__(self)
        _check_above(-1.0, "rate", self.rate, "Give an ad valorem rate above -1, for instance 0.05 for 5 %.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyPrice(TradeChange):
    """The exporter `by` multiplies its energy prices to `on` by `factor`: an export tax of factor - 1."""

    factor: float

    def __post_init__(self) -> None:
        TradeChange.__post_init__(self)
        _check_above(0.0, "factor", self.factor, "Give a price ratio above 0; a ban cuts supply off.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow(Change):
    by: Names
    on: Names
    share: float = 1.0

    def __post_init__(self) -> None:
        _check_share(self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutTransfers(_Flow):
    """The payer `by` stops a share of the remittances that flow from it to `on`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpelMigrants(_Flow):
    """The host `by` sends home a share of the workers from `on`: their labour moves, their remittances end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDemand(Change):
    """Purchases of `economy` are `factor` times the reference year's, in the baseline and in the scenario alike."""

    economy: Names
    factor: float
    sectors: Names = ()

    def __post_init__(self) -> None:
        _check_above(0.0, "factor", self.factor, "Give a ratio to the reference year above 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParameter(Change):
    """One parameter of the model takes another value, in the baseline and in the scenario alike."""

    name: str
    value: float

    def __post_init__(self) -> None:
        check_parameter(self.name, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineOutage(Change):
    """A pipeline loses a share of its capacity; 1 closes it."""

    links: Names
    share: float = 1.0

    def __post_init__(self) -> None:
        _check_share(self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModelled(Change):
    """An act that is neither trade nor transport: shown in every output, never dropped."""

    description: str

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise ScenarioError("description is empty. Say in a sentence what is not modelled.")


def _check_above(least: float, name: str, value: float, remedy: str) -> None:
    if not least < value < float("inf"):
        raise ScenarioError(f"{name} is {value!r}. {remedy}")


def _check_share(share: float) -> None:
    if not 0.0 < share <= 1.0:
        raise ScenarioError(f"share is {share!r}. Give the share that is lost, above 0 and at most 1.")


def _check_modes(modes: Names) -> None:
    wrong = [mode for mode in modes if mode not in MODES]
    if wrong:
        raise ScenarioError(f"modes holds {wrong[0]!r}. Use {', '.join(MODES)}.")


#: The words of scenario files.
KINDS: dict[str, type[Change]] = {
    "open_link": OpenLink,
    "close_link": CloseLink,
    "change_link": ChangeLink,
    "open_border": OpenBorder,
    "close_border": CloseBorder,
    "deny_transit": DenyTransit,
    "import_ban": ImportBan,
    "export_ban": ExportBan,
    "embargo": Embargo,
    "tariff": SetTariff,
    "energy_price": EnergyPrice,
    "pipeline_outage": PipelineOutage,
    "cut_transfers": CutTransfers,
    "expel_migrants": ExpelMigrants,
    "set_demand": SetDemand,
    "set_parameter": SetParameter,
    "not_modelled": NotModelled,
}


def kind_of(change: Change) -> str:
    """Return the word of a change's class."""
    return next(word for word, kind in KINDS.items() if type(change) is kind)


def keys_of(kind: type[Change]) -> dict[str, str]:
    """Return the keys of a kind and the types that they take, as text."""
    return {field.name: str(field.type) for field in fields(kind)}
