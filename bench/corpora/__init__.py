"""Speech corpora: readers that turn what lies on disk into a validated ``Corpus``, and a look at every recording.

Which corpus a suite means is for ``bench.plan.corpus`` to say.
"""
