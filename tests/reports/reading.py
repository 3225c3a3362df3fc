"""A page as one reads it: its words, and what it links to."""

import re
from html.parser import HTMLParser


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):  # noqa: ARG002 - the parser's signature
        self.found += [value for name, value in attributes if name in {"href", "src"}]


def words(page: str) -> str:
    """Return what one reads on the page, on one line."""
    body = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
