"""What people look at: figures, tables and the page, all from ``results.parquet``."""
