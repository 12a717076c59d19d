"""Drafts of long forms: what is typed is kept every few seconds and offered on return.

An app registers its forms (`forms.register`); `services` keep, restore and delete; `page` is what
a view hands to its template; docs/pages.md shows a form with a draft.
"""
