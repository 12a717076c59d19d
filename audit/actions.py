"""The registered kinds of acts and how each reads. An unregistered act cannot be recorded."""

from django.utils.translation import gettext_lazy as _

ACTIONS = {
    "unit.created": _("created the unit {name} ({code})"),
    "unit.changed": _("changed the unit {name} ({code})"),
    "unit.moved": _("moved the unit {code} under {to}"),
    "user.created": _("created the account {employee_no}"),
    "user.changed": _("changed the account {employee_no}"),
    "user.link_issued": _("issued a link to set a password for {employee_no}"),
    "user.password_set": _("set a password"),
    "grant.given": _("gave {employee_no} the role {role} in {unit}"),
    "grant.ended": _("ended the role {role} of {employee_no} in {unit}"),
    "customer.created": _("created the customer {code}"),
    "customer.changed": _("changed {fields} of the customer {code}"),
    "customer.revealed": _("revealed {field}, reason: {reason}"),
    "customer.handed_over": _("handed over {count} customers to {employee_no}"),
    "customer.exported": _("exported {rows} customers"),
    "customer.shared": _("shared the customer with {employee_no} until {until}"),
    "customer.share_ended": _("ended the share with {employee_no}"),
    "activity.logged": _("logged an activity of the kind {kind}"),
    "activity.changed": _("changed an activity"),
    "contact.added": _("added a contact"),
    "contact.changed": _("changed a contact"),
    "import.applied": _("imported {rows} rows of the kind {kind}"),
    "demo.loaded": _("loaded the demonstration group"),
    "demo.removed": _("removed the demonstration group"),
}
