"""Analysis of customers: methods over their purchases, as pages, workbooks and papers."""
