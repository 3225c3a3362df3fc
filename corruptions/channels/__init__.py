"""Channels: what happens between a microphone and a listener. Codecs, and everything else."""
