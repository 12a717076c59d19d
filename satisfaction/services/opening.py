"""Noting that somebody began to answer."""

from satisfaction.models import Sample, SampleState
from satisfaction.services.links import Followed

BEFORE = (SampleState.DRAWN, SampleState.INVITED)


def note_opened(link: Followed) -> None:
    """The first page was sent. Opening the link alone says nothing: chat programs do it to draw a
    preview. Of an anonymous wave it is not noted, for the moment would tell whose draft it is."""
    if link.is_anonymous or link.state not in BEFORE:
        return
    rows = Sample.objects.filter(pk=link.sample, state__in=BEFORE)
    rows.update(state=SampleState.OPENED)
