"""Files of customers: home owners with their flats, and business customers."""

from customers.imports import organisations, owners  # noqa: F401  they register themselves
