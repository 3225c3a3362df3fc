"""What is asked for: the YAML file as strict models, and the systems, representations and recordings that it names.

No speech corpus is read here, and no model made; noise corpora are fetched and looked at.
"""
