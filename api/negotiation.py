"""What the API speaks."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation


class AlwaysJson(BaseContentNegotiation):
    """JSON, whatever a caller would rather have: there is nothing else."""

    def select_parser(self, request: Any, parsers: Iterable[Any]) -> Any:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((one for one in parsers if one.media_type == kind), None)

    def select_renderer(
        self, request: Any, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        first = next(iter(renderers))
        return first, first.media_type
