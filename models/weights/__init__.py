"""Trained weights: found, verified, converted; and what networks share: input windows, batches, precision.

What is computed with them is in the rooms above.
"""
