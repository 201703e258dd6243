"""What a corridor is worth, and to whom."""

from isthmus.appraisal.appraise import Appraisal, Ask, Together, appraise
from isthmus.appraisal.facts import read_assumptions
from isthmus.appraisal.points import place, sobol_point, sobol_points
from isthmus.appraisal.ranges import OF_THE_PLAN
from isthmus.appraisal.worth import Prospect, can_weigh, find_prospect, world_gain, worth_in_words

__all__ = [
    "OF_THE_PLAN",
    "Appraisal",
    "Ask",
    "Prospect",
    "Together",
    "appraise",
    "can_weigh",
    "find_prospect",
    "place",
    "read_assumptions",
    "sobol_point",
    "sobol_points",
    "world_gain",
    "worth_in_words",
]
