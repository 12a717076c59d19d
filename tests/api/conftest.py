"""A program that calls with a token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client

from accounts.models import Role, User
from api.models import ApiToken
from api.reach import SCOPES
from api.services import issue


class Program:
    """A client that sends its token with each call, JSON out and in."""

    def __init__(self, user: User, *scopes: str) -> None:
        issued = issue(by=user, name="测试程序", scopes=scopes or SCOPES, days=30)
        self.token: ApiToken = issued.token
        self.text = issued.text
        self.client = Client(headers={"Authorization": f"Bearer {issued.text}"})

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        return self._send(self.client.post, path, data, headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> HttpResponse:
        return self._send(self.client.patch, path, data, headers)

    def _send(
        self, call: Callable[..., Any], path: str, data: Any, headers: dict[str, str]
    ) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(f"/api/v1/{path}", data, content_type="application/json", headers=named)


@pytest.fixture
def everybody_may(world: Any) -> None:
    """Every role may use the API, so that scope is all that differs."""
    right = Permission.objects.get(codename="use_api")
    for role in Role.objects.all():
        role.permissions.add(right)
