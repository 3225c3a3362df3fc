"""Channels: codecs and distortions between a microphone and a listener.

Added sounds are in ``corruptions.noise``, echoes in ``corruptions.room``.
"""
