"""What to show: tables, JSON, run folders, maps."""

from isthmus.report.document import Beside, make_report, result_document, write_report
from isthmus.report.maps import draw_flow_map
from isthmus.report.network_document import network_document
from isthmus.report.page import is_built
from isthmus.report.run import result_to_json, write_run
from isthmus.report.tables import print_result
from isthmus.report.workbook import to_xarray, write_workbook
from isthmus.report.worlds import economy_profile, print_profile

__all__ = [
    "Beside",
    "draw_flow_map",
    "economy_profile",
    "is_built",
    "make_report",
    "network_document",
    "print_profile",
    "print_result",
    "result_document",
    "result_to_json",
    "to_xarray",
    "write_report",
    "write_run",
    "write_workbook",
]
