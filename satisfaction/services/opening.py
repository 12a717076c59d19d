"""Noting that somebody began to answer."""

from satisfaction.models import Sample, SampleState

BEFORE = (SampleState.DRAWN, SampleState.INVITED)


def note_opened(sample: Sample) -> None:
    """The first page was sent. Opening the link alone says nothing: chat programs do it to draw a
    preview. Of an anonymous wave it is not noted, for the moment would tell whose draft it is."""
    if sample.wave.is_anonymous or sample.state not in BEFORE:
        return
    rows = Sample.objects.filter(pk=sample.pk, state__in=BEFORE)
    rows.update(state=SampleState.OPENED)
