"""Rooms: simulated and measured."""
