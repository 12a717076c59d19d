"""The registered kinds of acts and how each reads. An unregistered act cannot be recorded."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.display import listed

ACTIONS = {
    "unit.created": _("created the unit {name} ({code})"),
    "unit.changed": _("changed the unit {name} ({code})"),
    "unit.moved": _("moved the unit {code} under {to}"),
    "calendar.created": _("created the working calendar {name}"),
    "calendar.changed": _("changed the working calendar {name}"),
    "calendar.deleted": _("deleted the working calendar {name}"),
    "calendar.hours_set": _("set the weekly hours of the calendar {name} from {on}"),
    "calendar.hours_dropped": _("took back the weekly hours of the calendar {name} from {on}"),
    "calendar.used": _("gave the unit {code} the working calendar {name} from {on}"),
    "calendar.use_dropped": _("took back the working calendar of the unit {code} from {on}"),
    "calendar.exception_added": _("entered an exception of {name}, {first} to {last}: {reason}"),
    "calendar.exception_removed": _("removed an exception of {name}, {first} to {last}: {reason}"),
    "calendar.public_days": _("entered {count} public days, {first} to {last}"),
    "calendar.public_day_removed": _("removed the public day {on} {name}"),
    "user.created": _("created the account {employee_no}"),
    "user.changed": _("changed the account {employee_no}"),
    "user.link_issued": _("issued a link to set a password for {employee_no}"),
    "user.password_set": _("set a password"),
    "user.frozen": _("froze the account {employee_no}: {reason}"),
    "user.activated": _("made the account {employee_no} active again"),
    "user.left": _("recorded that {employee_no} left on {on}"),
    "user.unlocked": _("ended the log-in lock of {employee_no}"),
    "user.factor_added": _("set up a second factor ({method})"),
    "user.factor_removed": _("removed a second factor ({method})"),
    "user.recovery_codes_made": _("made new recovery codes"),
    "user.factors_reset": _("took the second factors of {employee_no} away: {reason}"),
    "session.ended": _("signed {employee_no} out of {count} devices"),
    "post.given": _("gave {employee_no} the post {function} in {unit}"),
    "post.ended": _("ended the post {function} of {employee_no} in {unit}"),
    "grant.given": _("gave {employee_no} the role {role} in {unit}"),
    "grant.ended": _("ended the role {role} of {employee_no} in {unit}"),
    "grant.reviewed": _("reviewed the role {role} of {employee_no} in {unit}: {decision} {reason}"),
    "work.handed_over": _("handed over {count} pieces of work of {giver} to {receivers}"),
    "work.returned": _("gave back {count} pieces of work; {left} stayed"),
    "customer.created": _("created the customer {code}"),
    "customer.changed": _("changed {fields} of the customer {code}"),
    "customer.revealed": _("revealed {field}, reason: {reason}"),
    "customer.handed_over": _("handed over {count} customers to {employee_no}"),
    "customer.exported": _("exported {rows} customers"),
    "customer.shared": _("shared the customer with {employee_no} until {until}: {reason}"),
    "customer.share_ended": _("ended the share with {employee_no}"),
    "activity.logged": _("logged an activity of the kind {kind}"),
    "activity.changed": _("changed an activity"),
    "contact.added": _("added a contact"),
    "contact.changed": _("changed a contact"),
    "import.applied": _("imported {rows} rows of the kind {kind}"),
    "outbox.resent": _("let {count} outgoing messages be sent again"),
    "outbox.confirmed": _("confirmed that {count} outgoing messages arrived"),
    "outbox.cancelled": _("cancelled {count} outgoing messages"),
    "webhook.created": _("created the webhook {name}"),
    "webhook.changed": _("changed the webhook {name}"),
    "webhook.deleted": _("deleted the webhook {name}"),
    "webhook.secret_renewed": _("renewed the secret of the webhook {name}"),
    "webhook.tested": _("sent a test to the webhook {name}"),
    "backup.made": _("made a backup of {rows} rows"),
    "backup.restored": _("restored the backup of {made_at}"),
    "keys.backed_up": _("copied the master key to a safe place"),
    "keys.added": _("added the master key {key}"),
    "keys.rotated": _("wrapped {count} keys of persons with the master key {key}"),
    "keys.retired": _("took the master key {key} out of the file"),
    "demo.loaded": _("loaded the demonstration group"),
    "demo.removed": _("removed the demonstration group"),
}

# Details are stored as the code's own words, so that every reader sees them in his language.
WORDS = {
    "phone": _("Phone"),
    "other_phone": _("Other phone"),
    "identity": _("Identity number"),
    "email": _("E-mail"),
    "name": _("Name"),
    "gender": _("Gender"),
    "level": _("Level"),
    "address": _("Address"),
    "remark": _("Remark"),
    "source": _("Customer source"),
    "industry": _("Industry"),
    "nature": _("Nature of the organisation"),
    "ownership_class": _("Ownership class"),
    "call": _("Call"),
    "visit": _("Visit"),
    "message": _("Message"),
    "meeting": _("Meeting"),
    "care": _("Care"),
    "survey": _("Survey"),
    "note": _("Note"),
    "totp": _("Authenticator app"),
    "passkey": _("Passkey"),
    "owners": _("Owners"),
    "organisations": _("Business customers"),
    "org": _("Organisation and people"),
    "case": _("Handling a case"),
    "call-back": _("Call-back"),
    "check": _("Checking the archive"),
    "other": _("Another reason"),
    "keep": _("Kept"),
    "end": _("Ended"),
}


def in_words(value: Any) -> Any:
    """A stored detail as a reader sees it; what is no word of the code stays as it is."""
    if isinstance(value, str):
        return WORDS.get(value, value)
    if isinstance(value, Iterable):
        return listed(in_words(one) for one in value)
    return value
