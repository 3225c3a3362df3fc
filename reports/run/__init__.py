"""A run as a report reads it: its tables, systems, curves and pairs, and how numbers and names are written.

No metric is computed here or above: ``results.parquet`` holds them.
"""
