"""What the self-check says about the mailbox that owners write to."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from complaints.models import Mailbox
from core.doctor import Finding, error, ok, register, warning

SILENT = timedelta(minutes=30)


@register("complaints.mailbox", gettext_lazy("Mailbox of owners"), needs_database=True)
def mailbox() -> Iterator[Finding]:
    """Whether mails of owners arrive. Without a mailbox there is nothing to say."""
    account = settings.CRM_MAILBOX
    if account is None:
        return
    box = Mailbox.objects.filter(name=account.name).first()
    if box is not None and box.failure:
        advice = _("Try the account with a mail program; the log has the reason.")
        yield error(box.failure, advice)
    elif box is None or box.checked_at is None or box.checked_at < timezone.now() - SILENT:
        advice = _("See that worker and scheduler run and that “Fetch e-mails” is switched on.")
        sentence = _("The mailbox {name} was not read in the last half hour.")
        yield warning(sentence.format(name=account.name), advice)
    else:
        yield ok(_("The mailbox {name} is being read.").format(name=account.name))
