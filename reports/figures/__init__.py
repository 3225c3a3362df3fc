"""The figures of a report, what they are drawn with, and one look for all.

What is said in sentences is in ``reports.words``.
"""
