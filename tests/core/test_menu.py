"""The left menu shows what exists and what the reader may open, and marks where he is."""

from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from core.access import public, requires, signed_in
from core.menu import MENU, ShownGroup, menu_for

pytestmark = pytest.mark.urls(__name__)


@signed_in
def for_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@requires("customers.change_customer")
def for_editors(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", for_all, name="home"),
    path("search/", public(undeclared), name="search"),
    path(
        "customers/",
        include(
            (
                [
                    path("", for_all, name="list"),
                    path("<int:pk>/", for_all, name="detail"),
                    path("duplicates/", for_editors, name="duplicates"),
                    path("quality/", lambda request: HttpResponse(), name="quality"),
                ],
                "customers",
            )
        ),
    ),
    path("organisation/units/", include(([path("", for_all, name="units")], "regions"))),
]


def menu(path: str = "/", rights: tuple[str, ...] = (), **counts: int) -> list[ShownGroup]:
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(is_authenticated=True, has_perm=lambda right: right in rights)
    return menu_for(request, {"customers:list": counts.get("customers", 0)})


def addresses(groups: list[ShownGroup]) -> dict[str, list[str]]:
    return {group.key: [item.url for item in group.items] for group in groups}


def current(groups: list[ShownGroup]) -> list[str]:
    return [item.url for group in groups for item in group.items if item.current]


def test_only_installed_pages_and_their_groups_are_shown():
    assert addresses(menu()) == {
        "home": ["/"],
        "customers": ["/customers/"],
        "organisation": ["/organisation/units/"],
    }


def test_the_right_of_the_view_decides():
    assert addresses(menu(rights=("customers.change_customer",)))["customers"] == [
        "/customers/",
        "/customers/duplicates/",
    ]


def test_nobody_sees_a_menu_before_log_in():
    request = RequestFactory().get("/")
    assert menu_for(request) == []
    request.user = SimpleNamespace(is_authenticated=False)
    assert menu_for(request) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ["/"]),
        ("/customers/", ["/customers/"]),
        ("/customers/48213/", ["/customers/"]),
        ("/customers/duplicates/7/merge/", ["/customers/duplicates/"]),
        ("/organisation/tree/", ["/organisation/units/"]),
        ("/search/", []),
    ],
)
def test_the_longest_address_is_current(path, expected):
    groups = menu(path, rights=("customers.change_customer",))
    assert current(groups) == expected
    assert [group.key for group in groups if group.current] == [
        group.key for group in groups if any(item.url in expected for item in group.items)
    ]


def test_counts_stand_beside_the_item_and_add_up_in_the_group():
    customers = next(group for group in menu(customers=3) if group.key == "customers")
    assert [(item.url, item.count) for item in customers.items] == [("/customers/", 3)]
    assert customers.count == 3


def test_each_address_stands_in_the_menu_once():
    names = [item.url_name for group in MENU for item in group.items]
    assert sorted(set(names)) == sorted(names)
