"""The rules of compliance as policies; importing the package registers them."""

from compliance.policies import daily, duties, staffing, strategic  # noqa: F401
