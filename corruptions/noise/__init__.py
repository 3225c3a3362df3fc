"""Noise: generated, spoken, and recorded."""
