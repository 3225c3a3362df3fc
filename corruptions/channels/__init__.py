"""Channels: what happens between a microphone and a listener."""
