"""What is looked after every night: flags, drafts, misses, anonymous waves."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from satisfaction.models import Wave, WaveState
from satisfaction.services.drafts import delete_old_drafts
from satisfaction.services.misses import delete_old_misses
from satisfaction.services.mixing import mix_anonymous_waves
from satisfaction.services.quality import flag_wave

LOOKED_AT = timedelta(days=14)  # after its end; files of agencies come late


def look_after_answers() -> None:
    """Flag what looks careless, mix what is anonymous, delete what nobody came back to."""
    since = timezone.localdate() - LOOKED_AT
    for wave in Wave.objects.filter(Q(state=WaveState.OPEN) | Q(closes_on__gte=since)):
        flag_wave(wave)
    mix_anonymous_waves()
    delete_old_drafts()
    delete_old_misses()
