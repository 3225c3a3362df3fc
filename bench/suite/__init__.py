"""What is asked for: the YAML file as strict models, and the systems, representations and recordings that it names.

It says what is wanted and refuses what cannot be. No speech corpus is read here, and no model made.
"""
