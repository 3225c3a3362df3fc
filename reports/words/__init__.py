"""The sentences of a report: what the run shows, and what a reader must be careful about.

How a number or a name is written is in ``reports.run.words``.
"""
