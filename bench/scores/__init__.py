"""From predictions to numbers: metrics, intervals, whole curves, comparisons, and the table that holds them.

Nothing here knows what a suite asks for, or where predictions come from.
"""
