"""What happened when: the dated record, queries on it, and event coincidence analysis."""

from isthmus.events.coincidence import Question
from isthmus.events.finding import Finding, compute_coincidence
from isthmus.events.impact import Impact, compute_impacts
from isthmus.events.named import Analysis, Findings, analyses, compute_analysis, read_analysis
from isthmus.events.query import select_events
from isthmus.events.record import Event, Record, load_events

__all__ = [
    "Analysis",
    "Event",
    "Finding",
    "Findings",
    "Impact",
    "Question",
    "Record",
    "analyses",
    "compute_analysis",
    "compute_coincidence",
    "compute_impacts",
    "load_events",
    "read_analysis",
    "select_events",
]
