"""The probe, a synthetic corpus with planted effects: its model, its words, its voice, and how it is built and read.

Nothing outside imports more of it than ``corpus`` and ``build``.
"""
