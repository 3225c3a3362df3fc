"""Heads that hear several representations of an utterance.

What any head is made of, and how it learns, is in the folder above.
"""
