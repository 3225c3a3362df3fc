"""The ground: files that are whole, sealed and held by one process, names that can be shown, problems, progress.

Nothing here knows of sound.
"""
