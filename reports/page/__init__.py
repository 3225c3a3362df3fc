"""The report as a page: one folder that opens from disk.

It arranges what the rooms below make, and computes nothing.
"""
