"""What every resource does alike: who may, in whose name, pages, versions, repeated calls."""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pghistory
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from api.errors import NoVersion, Outdated, TooLarge
from api.queries import refuse_unknown
from api.services.repeats import KEY_LENGTH, Answer, digest_of, once
from core.access import by_token
from core.errors import Stale
from core.keyset import Order, Page, read_cursor
from regions.models import OrgUnit

MOST_ROWS, ROWS = 200, 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a method asks for: a scope of the token and a right of its owner; empty is nothing."""

    scope: str = ""
    right: str = ""


class Resource(APIView):
    """An address of the API. `asks` says for each method who may; what it leaves out is refused."""

    asks: ClassVar[Mapping[str, Ask]] = {}
    http_method_names = ["get", "head", "post", "patch"]  # noqa: RUF012

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return by_token(super().as_view(**initkwargs))

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """As always, with the caller named in the history that database triggers write."""
        with ExitStack() as self.whole:
            answer = super().dispatch(request, *args, **kwargs)
        answer.setdefault("Cache-Control", "no-store, private")
        return answer

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(self, request.method, request.query_params)
        if request.method not in ("GET", "HEAD"):
            _read(request._request)
            name = getattr(request._request, "id", "")
            self.whole.enter_context(pghistory.context(user=request.user.pk, request=name))


class Nothing(Resource):
    """Every other address under /api/: 404 as programs read it, not as a page."""

    asks = {"GET": Ask(), "POST": Ask(), "PATCH": Ask()}  # noqa: RUF012
    schema = None

    def get(self, request: Any, rest: str) -> Response:
        raise Http404

    post = patch = get


def _read(request: Any) -> None:
    """Read the body now, bounded, so that it can be looked at twice. Raises TooLarge."""
    try:
        request.body  # noqa: B018 - Django keeps it
    except RequestDataTooBig as big:
        raise TooLarge(_("This is too much for one call.")) from big


# --- lists --------------------------------------------------------------------------------------


def asked_page(request: Any, order: Order) -> dict[str, Any]:
    """Which page a call asks for: arguments of `core.paging.page_of`. Raises ValidationError for
    what is no cursor of this list: a page of anything else would be a wrong answer."""
    after = request.query_params.get("after", "")
    if after and read_cursor(order, after) is None:
        raise ValidationError({"after": [_("This is no cursor of this list.")]})
    return {"after": after, "size": size_of(request)}


def size_of(request: Any) -> int:
    """How many rows a page shall have."""
    text = request.query_params.get("size", str(ROWS))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST_ROWS):
        sentence = _("Please ask for 1 to {most} rows.").format(most=MOST_ROWS)
        raise ValidationError({"size": [sentence]})
    return int(text)


def page_answer(request: Any, page: Page, rows: Any) -> Response:
    """A page of a list, and the address of the next one."""
    following = None
    if page.next:
        address = request.build_absolute_uri()
        following = replace_query_param(address, "after", page.next)
    return Response({"next": following, "results": rows})


def filled(form: Any) -> dict[str, Any]:
    """The clean data of a form. Raises ValidationError with its sentences by field."""
    if not form.is_valid():
        raise ValidationError(
            {
                "non_field_errors" if name == "__all__" else name: [str(one) for one in errors]
                for name, errors in form.errors.items()
            }
        )
    data: dict[str, Any] = form.cleaned_data
    return data


def unit_asked(request: Any, right: str) -> OrgUnit | None:
    """The unit of `?unit=` in reach of a right. Raises ValidationError for another one."""
    code = request.query_params.get("unit", "")
    if not code:
        return None
    unit: OrgUnit | None = OrgUnit.objects.visible_to(request.user, right).filter(code=code).first()
    if unit is None:
        raise ValidationError({"unit": [_("There is no such unit within your reach.")]})
    return unit


def found_or_404(row: Any) -> Any:
    """The row. Raises Http404 for none: foreign and missing ones look the same."""
    if row is None:
        raise Http404
    return row


def checked(serializer: Any, data: Any) -> dict[str, Any]:
    """What was sent, read by its serializer. Raises ValidationError, also for unknown fields: a
    misspelt one must not be passed over in silence."""
    if not isinstance(data, Mapping):
        raise ValidationError({"non_field_errors": [_("Please send a JSON object.")]})
    given = serializer(data=data)
    given.is_valid(raise_exception=True)
    unknown = set(data) - set(given.fields)
    if unknown:
        raise ValidationError({name: [_("There is no such field.")] for name in sorted(unknown)})
    return dict(given.validated_data)


# --- versions -----------------------------------------------------------------------------------


def tag_of(instant: datetime) -> str:
    """The version of a row as an ETag: microseconds since 1970."""
    return f'"{(instant - EPOCH) // timedelta(microseconds=1)}"'


def version_asked(request: Any) -> datetime:
    """The version that If-Match names. Raises NoVersion without one, Outdated for nonsense."""
    text = request.headers.get("If-Match", "")
    if not text:
        raise NoVersion(_("Please send the ETag of what you read in the header If-Match."))
    digits = text.removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 17):
        raise Outdated(_("If-Match names no version of this."))
    try:
        return EPOCH + timedelta(microseconds=int(digits))
    except OverflowError as far:
        raise Outdated(_("If-Match names no version of this.")) from far


def changed(act: Callable[[], Any]) -> Any:
    """Do a change that may find something newer: that is 412 where If-Match was asked for."""
    try:
        return act()
    except Stale as stale:
        raise Outdated(str(stale)) from stale


# --- repeated calls -----------------------------------------------------------------------------


def written(request: Any, act: Callable[[], Answer]) -> Response:
    """Do a write, once for each Idempotency-Key."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY_LENGTH or not key.isprintable() or not key.isascii():
        sentence = _("An idempotency key has at most {most} plain characters.")
        raise ValidationError({"Idempotency-Key": [sentence.format(most=KEY_LENGTH)]})
    if key:
        digest = digest_of(request.method, request.path, request._request.body)
        answer = once(token=request.auth, key=key, digest=digest, act=act)
    else:
        answer = act()
    return Response(answer.body, status=answer.status, headers=answer.headers)


def plain(data: Any) -> Any:
    """What a serializer gives as JSON that can be kept."""
    return json.loads(JSONRenderer().render(data))
