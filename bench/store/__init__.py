"""The ground: the content-addressed cache, names, output folders, processes, progress, this machine, strict models.

Nothing here knows what is measured.
"""
