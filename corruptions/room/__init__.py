"""Rooms: simulated and measured impulse responses, their public corpora, and what they do to speech.

What is added to speech is in ``corruptions.noise``.
"""
