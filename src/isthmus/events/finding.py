"""The whole answer to a question: rates, sensitivities, verdict, power, warnings."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.events.coincidence import Coincidence, Question, measure_coincidence
from isthmus.events.record import Record
from isthmus.events.sensitivity import Variant, compute_variants, compute_years, most_influential
from isthmus.events.verdict import give_verdict, give_warnings, tell_power


@dataclass(frozen=True, eq=False, slots=True)
class Finding:
    """Answer to a question with all that is needed to doubt it.

    Attributes
    ----------
    answer : Coincidence
        Rates, base rates, p-values and intervals by window.
    variants, years : tuple of Variant
        The first window on part of the record, and without each year.
    influential : Variant or None
        The year whose absence moves the p-value most.
    verdict, power : str
        One sentence each.
    warnings : tuple of str
    """

    answer: Coincidence
    variants: tuple[Variant, ...]
    years: tuple[Variant, ...]
    influential: Variant | None
    verdict: str
    power: str
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Finding: {self.verdict}>"


def compute_coincidence(record: Record, question: Question, *, permutations: int = 10_000, seed: int = 0) -> Finding:
    """Return whether the responses of a question follow its triggers more often than chance would have it.

    Parameters
    ----------
    record : Record
        From `load_events`.
    question : Question
    permutations : int
        Draws under each of the four nulls.
    seed : int
        The same seed gives the same p-values.

    Returns
    -------
    Finding

    Raises
    ------
    QueryError
        A query that cannot be read or matches nothing; a period or window that makes no sense.

    References
    ----------
    Donges, Schleussner, Siegmund, Donner (2016), Eur. Phys. J. Spec. Top. 225, 471-487.
    """
    answer = measure_coincidence(record, question, permutations=permutations, seed=seed)
    variants, years = compute_variants(answer), compute_years(answer)
    return Finding(
        answer=answer,
        variants=variants,
        years=years,
        influential=most_influential(answer, years),
        verdict=give_verdict(answer, variants, years),
        power=tell_power(answer),
        warnings=give_warnings(answer),
    )
