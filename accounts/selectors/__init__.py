"""What pages of people read."""

from accounts.selectors.people import (
    BY_NUMBER,
    PAGE_SIZE,
    PeopleQuery,
    administrators,
    grants_shown,
    people_page,
    posts_shown,
)

__all__ = [
    "BY_NUMBER",
    "PAGE_SIZE",
    "PeopleQuery",
    "administrators",
    "grants_shown",
    "people_page",
    "posts_shown",
]
