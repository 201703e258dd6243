"""What to show: tables, JSON, run folders, maps."""

from isthmus.report.maps import draw_flow_map
from isthmus.report.run import result_to_json, write_run
from isthmus.report.tables import print_result
from isthmus.report.worlds import economy_profile, print_profile

__all__ = ["draw_flow_map", "economy_profile", "print_profile", "print_result", "result_to_json", "write_run"]
