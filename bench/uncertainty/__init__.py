"""How sure numbers are: other sets of the same speakers, and the intervals and p-values that follow from them.

Nothing here knows what the numbers are of.
"""
