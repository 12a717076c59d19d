"""Cases of the demonstration: a year of them in every state, some open, some late.

`stories` has the words, `pictures` draws, `year` plans and writes, `works` adds the work on them,
`removal` takes all of it out.
"""

from complaints.demo.removal import HISTORIES, remove_cases
from complaints.demo.year import write_cases
from customers.demo.parts import Part, register

register(Part(write_cases, remove_cases, HISTORIES))
