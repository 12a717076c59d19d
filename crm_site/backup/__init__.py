"""Backups of an installation: made in one point in time, put back whole, tried on a second one.

A backup is a folder: `database.dump` (pg_dump, custom format), `files/`, `files.sha256` and
`manifest.json`, which says what the dump must contain. The master key of personal data is never
in it: who steals a backup must not be able to read telephone numbers (docs/backup.md).
"""
