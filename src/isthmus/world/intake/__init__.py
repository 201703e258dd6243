"""Data of one's own: multi-regional input-output tables and small sets of CSV files to world folders."""

from isthmus.world.intake.mrio import Mrio, accounts_of, mend
from isthmus.world.intake.read_mrio import read_icio, read_pymrio
from isthmus.world.intake.small import About, import_mrio, import_small

__all__ = ["About", "Mrio", "accounts_of", "import_mrio", "import_small", "mend", "read_icio", "read_pymrio"]
