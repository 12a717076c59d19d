"""What the API speaks."""

from collections.abc import Iterable
from typing import Any

from django.utils.http import parse_header_parameters
from rest_framework.negotiation import BaseContentNegotiation


class AlwaysJson(BaseContentNegotiation):
    """JSON, whatever a caller would rather have: there is nothing else."""

    def select_parser(self, request: Any, parsers: Iterable[Any]) -> Any:
        kind, options = parse_header_parameters(request.content_type or "")
        if options.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
            return None  # JSON is UTF-8, whatever else somebody says of it
        return next((one for one in parsers if one.media_type == kind), None)

    def select_renderer(
        self, request: Any, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        first = next(iter(renderers))
        return first, first.media_type
