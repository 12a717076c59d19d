"""Sentences of Django and its companions that their own Chinese lacks and that people meet here.

Naming them makes `manage.py catalogue update` collect them, and the project's catalogue comes
before those of the packages. Drop a sentence once its package translates it or no longer says it.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

DJANGO = (
    gettext_noop("Add link"),
    gettext_noop("Change or view list link"),
    gettext_noop("Error:"),
    gettext_noop("Model name"),
    gettext_noop("%(model)s instance with %(field)s %(value)r is not a valid choice."),
)
# Django says these in Chinese too, but about "fields" and "choices"; people here read what to do.
FORMS = (
    gettext_noop("This field is required."),
    gettext_noop("Enter a valid date."),
    gettext_noop("Enter a valid time."),
    gettext_noop("Enter a valid date/time."),
    gettext_noop("Enter a whole number."),
    gettext_noop("Enter a number."),
    gettext_noop("Enter a valid email address."),
    gettext_noop("Select a valid choice. That choice is not one of the available choices."),
    gettext_noop("Select a valid choice. %(value)s is not one of the available choices."),
    gettext_noop("Ensure this value is less than or equal to %(limit_value)s."),
    gettext_noop("Ensure this value is greater than or equal to %(limit_value)s."),
    ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
)
CELERY_BEAT = (
    gettext_noop(
        'Cron Days Of The Week to Run. Use "*" for "all", Sunday is 0 or 7, Monday is 1. '
        '(Example: "0,5")'
    ),
    gettext_noop('Cron Months (1-12) Of The Year to Run. Use "*" for "all". (Example: "1,12")'),
    gettext_noop("Execution Options"),
    gettext_noop("Periodic Tasks Using This Schedule"),
    gettext_noop("Schedule"),
    ngettext_lazy(
        "{0} task was successfully disabled", "{0} tasks were successfully disabled", "count"
    ),
    ngettext_lazy(
        "{0} task was successfully enabled", "{0} tasks were successfully enabled", "count"
    ),
    ngettext_lazy(
        "{0} task was successfully toggled", "{0} tasks were successfully toggled", "count"
    ),
)
HISTORY = (gettext_noop("Events"),)
