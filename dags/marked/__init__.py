"""The agency's own file with its wrong cells marked: an .xlsx copy with a note on each, and a first sheet that sums up.

``write_marked`` writes it for a delivery that was judged, ``Sent`` says where the delivery's files and refused rows are.
"""

from dags.marked.sent import Sent, kept_of
from dags.marked.writing import MOST_NOTES, write_marked

__all__ = ["MOST_NOTES", "Sent", "kept_of", "write_marked"]
