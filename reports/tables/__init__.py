"""The tables of a report: for the page, as LaTeX and as CSV.

Numbers come from ``reports.run`` and are only laid out here; sentences are in ``reports.words``.
"""
