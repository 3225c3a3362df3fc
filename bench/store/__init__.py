"""The ground: the content-addressed cache, names of things, output folders, processes, progress, this machine.

Nothing here knows what is measured.
"""
