"""The benchmark itself: it conducts ``corruptions``, ``models`` and ``reports``."""
