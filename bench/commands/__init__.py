"""What a person types and reads: the ``emonoise`` command, its options, what is printed.

Nothing is measured here: what a command does to speech or tables is a function of a room below.
"""
