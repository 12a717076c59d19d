"""The reports that the group's rules prescribe: declared, read, written, their templates."""
