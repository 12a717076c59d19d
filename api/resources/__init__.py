"""The resources: each reads the call, calls one selector or service of the product, answers."""
