"""An invented property group with people, owners and a year of work, to look at and to learn with.

Everything is made up from the word lists in `names`: no person, company, project or city of the
demonstration exists, telephone numbers use ranges nobody was given, identity numbers use area
codes that were never assigned. The same seed on the same day makes the same group.

`services.load_demo` writes it, `removal.remove_demo` takes it out again, with whatever people did
in it meanwhile; `manage.py demo` calls them. Modules: `names` draws words, `organisation` plans
units and people, `archive` plans customers and what they own, `activities` plans the year,
`rooms` writes sections, rules, working time, changes, shares and notices, `purchases` what
business customers bought, `value` their sheets and losses,
`sales` contracts with payments and opportunities, `tables` writes rows by COPY, `parts`
asks other apps for what they add.
"""
