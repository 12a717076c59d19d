"""How the API describes itself: OpenAPI 3.1."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from api.errors import PROBLEM

# What any call may be answered besides what it is there for, and what any write may be.
ALWAYS = (400, 401, 403, 404, 405, 429, 503)
WRITES = (409, 413, 415, 422)
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body has its effect once and is answered alike for 24 "
    "hours; with another body it is refused.",
)
MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of what was read. Left out: 428; outdated: 412.",
)
AFTER = OpenApiParameter(
    "after", str, description="The cursor of the page before; follow `next` instead of making one."
)
SIZE = OpenApiParameter(
    "size", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, description="Rows."
)
UNIT = OpenApiParameter("unit", str, description="The code of a unit; all below it count.")


PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457); `errors` has sentences by field.",
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object"},
    },
    "required": ["title", "status", "detail"],
}


def refuse_empty_queries(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Say of each text in a query that it is not empty (`api.queries`)."""
    for methods in result["paths"].values():
        for operation in methods.values():
            for one in operation.get("parameters", ()):
                inner = one["schema"].get("items", one["schema"])
                if one["in"] == "query" and inner.get("type") == "string" and "enum" not in inner:
                    inner["minLength"] = 1
    return result


def add_problems(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Write into each operation how it may be refused."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in result["paths"].values():
        for method, operation in methods.items():
            codes = [*ALWAYS, *(() if method == "get" else WRITES)]
            if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
                codes += [412, 428]
            for code in sorted(codes):
                operation["responses"].setdefault(
                    str(code), {"description": "Refused", "content": content}
                )
    return result


class Described(AutoSchema):
    """Adds to each operation what its declaration and the common errors say."""

    def get_operation_id(self) -> str:
        """Method and resource, as in `get_one_case`: names for programs that are generated."""
        return operation_of(self.view, self.method)

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        words = super().get_description()
        ask = getattr(self.view, "asks", {}).get(self.method)
        if ask is None or not ask.scope:
            return words
        right = f" Right of the owner: `{ask.right}`." if ask.right else ""
        return f"{words}\n\nScope of the token: `{ask.scope}`.{right}"


class TokenScheme(OpenApiAuthenticationExtension):
    """Bearer tokens."""

    target_class = "api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token of yours."}


def page_of(row: type[serializers.Serializer]) -> serializers.Serializer:
    """A page of a list, for the description."""
    return inline_serializer(
        f"PageOf{row.__name__}",
        {
            "next": serializers.URLField(
                allow_null=True, help_text="The address of the next page, null on the last one."
            ),
            "results": row(many=True),
        },
    )


def lists(
    row: type[serializers.Serializer],
    *parameters: OpenApiParameter,
    paged: bool = True,
    **more: Any,
) -> Callable[[Any], Any]:
    """Describe a method that answers with pages of rows, or with all of a few."""
    return extend_schema(
        parameters=[*parameters, *((SIZE, AFTER) if paged else ())],
        responses={(200, "application/json"): page_of(row)},
        **more,
    )


def shows(row: type[serializers.Serializer], **more: Any) -> Callable[[Any], Any]:
    """Describe a method that answers with one thing."""
    return extend_schema(responses={(200, "application/json"): row}, **more)


def writes(
    sent: type[serializers.Serializer],
    row: type[serializers.Serializer],
    *parameters: OpenApiParameter,
    status: int = 201,
) -> Callable[[Any], Any]:
    """Describe a method that takes something and answers with what became of it."""
    return extend_schema(
        request=sent, parameters=[*parameters], responses={(status, "application/json"): row}
    )


def operation_of(view: Any, method: str) -> str:
    """What a method of a resource is called in the description."""
    resource = re.sub(r"(?<!^)(?=[A-Z])", "_", type(view).__name__)
    return f"{method}_{resource}".lower()


@cache
def description() -> dict[str, Any]:
    """The whole description; it changes only with the code. In the language of the source."""
    with translation.override("en"):
        found: dict[str, Any] = SchemaGenerator(api_version="v1").get_schema(public=True)
    return found


@cache
def queries() -> dict[str, dict[str, dict[str, Any]]]:
    """Operation → the parameters of its query, each with its schema, out of the description: what
    is described is what is taken."""
    return {
        operation["operationId"]: {
            one["name"]: one["schema"]
            for one in operation.get("parameters", ())
            if one["in"] == "query"
        }
        for methods in description()["paths"].values()
        for operation in methods.values()
    }
