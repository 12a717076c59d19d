"""The product for other programs: /api/v1/, tokens, idempotency keys, the schema."""
