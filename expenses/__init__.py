"""Customer-relationship money: budgets, applications, payments, evidence."""
