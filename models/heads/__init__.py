"""What is trained here: heads, fusions, students and tuned layers, and how they learn.

They are given frames; what makes those is in ``models.speech`` and ``models.text``.
"""
