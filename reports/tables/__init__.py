"""The tables of a report: for the page, as LaTeX and as CSV."""
