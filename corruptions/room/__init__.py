"""Rooms: simulated and measured impulse responses, their public corpora, and what they do to speech."""
