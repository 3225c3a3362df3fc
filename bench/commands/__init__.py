"""What a person types and reads: the ``emonoise`` command, its options, what is printed. It parses and prints.

No logic is here: what a command does is a function of a room below.
"""
