"""Errors as application/problem+json (RFC 9457), in the language the caller asked for."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable, QueryCanceled
from rest_framework.exceptions import (
    APIException,
    NotAuthenticated,
    Throttled,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from core.errors import Crowded, QuotaExceeded, Refused, Stale

PROBLEM = "application/problem+json"
BUSY_SECONDS = 5


class Outdated(APIException):
    """If-Match names a version that is not the present one."""

    status_code = 412


class NoVersion(APIException):
    """A change that does not say which version it is about."""

    status_code = 428


class TooLarge(APIException):
    """A body beyond DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = 413


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to what went wrong; None lets a bug surface."""
    if isinstance(error, Refused | Crowded | OperationalError):
        set_rollback()
        return _ours(error)
    answer = exception_handler(error, context)
    if answer is None:
        return None
    answer.data = _body(error, answer.status_code)
    answer.content_type = PROBLEM
    return answer


def _ours(error: Exception) -> Response | None:
    """Refusals of services, and a database that is too busy for a call."""
    if isinstance(error, OperationalError):
        if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
            return None  # a database that is gone is the whole product's matter
        return told(503, _("Too much is going on just now. Please try again."), BUSY_SECONDS)
    if isinstance(error, Crowded):
        return told(503, str(error), BUSY_SECONDS)
    if isinstance(error, QuotaExceeded):
        return told(429, str(error))
    return told(409 if isinstance(error, Stale) else 422, str(error))


def told(status: int, detail: str, seconds: int = 0) -> Response:
    """A problem with one sentence."""
    headers = {"Retry-After": str(seconds)} if seconds else {}
    body = {"title": title_of(status), "status": status, "detail": detail}
    return Response(body, status=status, headers=headers, content_type=PROBLEM)


def _body(error: Exception, status: int) -> dict[str, Any]:
    body: dict[str, Any] = {"title": title_of(status), "status": status}
    if isinstance(error, ValidationError):
        found = error.detail
        errors = found if isinstance(found, dict) else {"non_field_errors": found}
        return body | {"detail": _("Please check what was sent."), "errors": errors}
    return body | {"detail": _sentence(error)}


def _sentence(error: Exception) -> str:
    if isinstance(error, Http404):
        return _("There is nothing here for you at this address.")
    if isinstance(error, PermissionDenied):
        return _("You may not do this.")
    if isinstance(error, NotAuthenticated):
        return _("Please send a token in the header Authorization.")
    if isinstance(error, UnsupportedMediaType):
        return _("Please send JSON in UTF-8, with the header Content-Type: application/json.")
    if isinstance(error, Throttled):
        return _("So many calls a minute are not allowed. Please wait.")
    return str(getattr(error, "detail", ""))


def title_of(status: int) -> str:
    """The kind of a problem in few words."""
    return {
        400: _("Not understood"),
        401: _("Who are you?"),
        403: _("Not allowed"),
        404: _("Not found"),
        405: _("Not done here"),
        409: _("Changed meanwhile"),
        412: _("Changed meanwhile"),
        413: _("Too much"),
        415: _("Not JSON"),
        422: _("Refused"),
        428: _("Which version?"),
        429: _("Too many"),
        503: _("Busy"),
    }.get(status, _("Problem"))
