"""The work of a run: represent, train, evaluate, and the tables and files that it leaves.

What there is to do, and under which names, is known before: ``bench.plan``.
"""
