"""Readers of speech corpora: each turns what lies on disk into a validated ``Corpus``."""
