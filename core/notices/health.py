"""What an operator must know about outgoing messages, for the outbox page and the self-check."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.doctor import Finding, error, ok, warning
from core.models import OutboxMessage, OutboxState
from core.notices.outbox import counts, open_channels

LATE = timedelta(minutes=15)


def findings() -> Iterator[Finding]:
    """Findings about mail server, waiting, failed and doubtful messages; the good news too."""
    found = counts()
    if not settings.CRM_HAS_MAIL_SERVER:
        yield warning(
            _("There is no mail server, so notifications are shown in the product only."),
            _("Set EMAIL_URL and CRM_MAIL_FROM, and restart. Mails wait for three days."),
        )
    if doubt := found.get(OutboxState.DOUBT, 0):
        sentence = ngettext(
            "{count} mail may or may not have arrived.",
            "{count} mails may or may not have arrived.",
            doubt,
        )
        advice = _("Confirm them or send them again on the page Outbox.")
        yield warning(sentence.format(count=doubt), advice)
    if failed := found.get(OutboxState.FAILED, 0):
        sentence = ngettext(
            "{count} outgoing message failed for good.",
            "{count} outgoing messages failed for good.",
            failed,
        )
        advice = _("See the reasons on the page Outbox; send again or cancel.")
        yield warning(sentence.format(count=failed), advice)
    yield from _late()
    if settings.CRM_HAS_MAIL_SERVER and not doubt and not failed:
        yield ok(_("Outgoing messages are being sent."))


def _late() -> Iterator[Finding]:
    """Messages that are due and not fetched by any sender."""
    late = OutboxMessage.objects.filter(
        state=OutboxState.WAITING,
        channel__in=open_channels(),
        next_try_at__lt=timezone.now() - LATE,
    )
    if late.exists():
        yield error(
            _("Outgoing messages have been due for more than 15 minutes and nobody sends them."),
            _("See that worker and scheduler run; manage.py outbox --send sends by hand."),
        )
