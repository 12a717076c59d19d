"""Files of customers: home owners with their flats, business customers, purchases."""

from customers.imports import (  # noqa: F401  they register themselves
    organisations,
    owners,
    transactions,
)
