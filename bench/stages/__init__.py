"""The work of a run: represent, train, evaluate, the tables and files that it leaves, and what it keeps in the cache.

What there is to do, and under which names, is known before: ``bench.plan``.
"""
