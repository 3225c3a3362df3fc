"""The ground: audio and files in and out, levels and measures, records, public corpora, progress and problems.

What is done to sound is in the rooms above.
"""
