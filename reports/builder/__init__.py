"""Reports that people put together: what can be asked (`registry`, `subjects`), the question as
data (`definitions`), its answer within bounds (`query`), when it goes to whom (`sending`)."""
