"""Cases of the demonstration: a year of them in every state, some open, some late.

`stories` has the words, `year` plans and writes, `shown` chooses for whom `pictures` draws and
`works` adds the work on them, `mails` waits to be registered, `removal` takes all of it out.
"""

from django.utils.translation import gettext_lazy as _

from complaints.demo.mails import write_mails
from complaints.demo.removal import HISTORIES, remove_cases, remove_mails
from complaints.demo.year import write_cases
from customers.demo.parts import Part, register

register(Part(write_mails, remove_mails, {"mails": _("Incoming mails")}))
register(
    Part(
        write_cases,
        remove_cases,
        {"cases": _("Cases"), "case_files": _("Files attached to cases")},
        HISTORIES,
    )
)
