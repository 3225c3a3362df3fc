"""Recognisers: waveforms to ``Transcript``, and how often they are wrong.

What their encoders hear, as frames, is in ``models.speech``.
"""
