"""Trained weights: found, verified, converted, and the ground they stand on: input windows, batches, precision.

What is computed with them is in the rooms above.
"""
