"""Speech corpora: readers, each of which turns what lies on disk into a validated ``Corpus``, and a look at its audio.

Which corpus a suite means is for ``bench.plan.corpus`` to say.
"""
