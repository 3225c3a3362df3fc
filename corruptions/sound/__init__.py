"""Audio in and out, levels and measures, records, public corpora.

What is done to sound is in the rooms above.
"""
