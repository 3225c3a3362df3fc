"""Trained weights: found, verified, converted, kept; and what networks share: input windows, batches, precision.

What is computed with them is in the rooms above.
"""
