"""What happens to samples when two customers become one."""

from customers.merging import settles
from satisfaction.models import Sample, SampleState
from satisfaction.models.samples import SAMPLE_ENDS


def _answered(mine: Sample, theirs: Sample) -> bool:
    return theirs.state == SampleState.ANSWERED and mine.state != SampleState.ANSWERED


@settles(Sample, prefer=_answered, part=True)
def one_sample(stays: Sample, goes: Sample) -> None:
    """Asked once in a wave: the other row stays in the wave without a person, because its state
    counts there. Who refused under either record is not asked again."""
    if goes.state == SampleState.REFUSED and stays.state not in SAMPLE_ENDS:
        stays.state = SampleState.REFUSED
    if goes.state not in SAMPLE_ENDS:
        goes.state = SampleState.DROPPED
