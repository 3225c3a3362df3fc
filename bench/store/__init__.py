"""The ground: the content-addressed cache, names of things, processes, progress, this machine, strict models,
output folders.

Nothing here knows what is measured.
"""
