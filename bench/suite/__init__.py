"""What is asked for: the YAML file as strict models, and the systems and representations that it can name.

It says what is wanted and refuses what cannot be. Nothing here opens a corpus or a model.
"""
