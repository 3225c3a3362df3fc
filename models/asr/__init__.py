"""Recognisers: waveforms to ``Transcript``, and how often they are wrong.

The frames of their encoders are in ``models.speech``.
"""
