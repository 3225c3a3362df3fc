"""The text encoders: a kind for each way to turn a text into frames. To add one, write it and add a line."""

from collections.abc import Callable

from models.text.encoder import transformers_text
from models.types import Pretrained, TextEncoder

TEXT_ENCODERS: dict[str, Callable[[str, Pretrained, int | None], TextEncoder]] = {
    "transformers": transformers_text,
}
"""Kind -> function of the device ("cpu" or "cuda"), the weights and the layer (None: the last): returns the encoder."""
