"""The dashboard, the pages of figures and the rows behind them."""
