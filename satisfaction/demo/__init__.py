"""Satisfaction in the demonstration: two surveys that were scored, one that people answer now.

`answers` invents what people say, `waves` plans and writes, `removal` takes all of it out.
"""

from django.utils.translation import gettext_lazy as _

from customers.demo.parts import Part, register
from satisfaction.demo.removal import HISTORIES, remove_waves
from satisfaction.demo.waves import write_waves

register(
    Part(
        write_waves,
        remove_waves,
        {"waves": _("Waves"), "responses": _("Responses"), "samples": _("Samples")},
        HISTORIES,
    )
)
