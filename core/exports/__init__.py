"""Lists to take away: `lists` (asked for and written), `pages`, `files` (where they lie), `gates`
(held back until a release), `commands` (the operator's exports).

    # <app>/exports.py
    CUSTOMERS = offer(ListExport(kind="customers.export", title=…, write=_write, …))

    # <app>/views/exports.py
    @fresh
    @requires(CUSTOMERS.right)
    @require_POST
    def export_new(request):
        return pages.asking(request, CUSTOMERS, crumbs=…)
"""

from core.exports.commands import WRITERS, exports
from core.exports.files import folder, path_of
from core.exports.gates import GATES, Gate
from core.exports.lists import ListExport, announce, offer, start

__all__ = [
    "GATES",
    "WRITERS",
    "Gate",
    "ListExport",
    "announce",
    "exports",
    "folder",
    "offer",
    "path_of",
    "start",
]
