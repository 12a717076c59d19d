"""JSON as it is sent, read strictly: what could be understood in two ways is refused."""

import codecs
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

MOST_NAMED = 20  # fields that an answer names


class StrictJson(BaseParser):
    """UTF-8 JSON. A field that is named twice is refused: which of both was meant nobody knows."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            text = codecs.decode(stream.read(), "utf-8")
            found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
            # What no text of the database can hold: half of a character.
            json.dumps(found, ensure_ascii=False).encode()
        except RecursionError as deep:
            raise ParseError(_("This JSON is nested too deeply.")) from deep
        except UnicodeEncodeError as half:
            raise ParseError(_("This JSON holds half of a character (a lone surrogate).")) from half
        except json.JSONDecodeError as error:
            sentence = _("This is not JSON: see line {line}, column {column}.")
            raise ParseError(sentence.format(line=error.lineno, column=error.colno)) from error
        except ValueError as error:
            raise ParseError(
                _("This is not JSON in UTF-8 with numbers of a usual size.")
            ) from error
        return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises ValidationError for a field that stands in it twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _value in pairs)
        twice = [name for name, count in counts.most_common(MOST_NAMED) if count > 1]
        raise ValidationError({name: [_("This field stands there twice.")] for name in twice})
    return found


def _no_number(name: str) -> Any:
    """NaN and infinities are no JSON. Raises ValueError."""
    raise ValueError(name)
