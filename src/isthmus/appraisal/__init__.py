"""What a corridor is worth, and to whom."""

from isthmus.appraisal.appraise import Appraisal, Ask, Together, appraise

__all__ = ["Appraisal", "Ask", "Together", "appraise"]
