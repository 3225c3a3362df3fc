"""Noise: generated, spoken and recorded, how it is added, and the public corpora of it.

What changes speech without adding a sound is in ``corruptions.channels``.
"""
