"""The ground: audio in and out, levels and measures, what public corpora and records are.

What is done to sound is in the rooms beside and above.
"""
