"""Noise: generated, spoken and recorded, how it is added, and the public corpora of it."""
