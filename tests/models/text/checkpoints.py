"""Small text encoders with their tokenizers, laid out as on the hub, and their hidden states by hand."""

from functools import cache
from string import ascii_lowercase

from models.text.encoder import transformers_text
from models.text.words import words_of
from models.types import Pretrained
from models.weights.torchaudio_cpu import import_torchaudio

CORPUS = ["i had a dreadful day", "the weather is lovely", "they don't know what the kids are talking about", "so what"]
VOCABULARY = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "'"),
    *ascii_lowercase,
    *(f"##{letter}" for letter in ascii_lowercase),
    *sorted({word for sentence in CORPUS for word in sentence.split()} - {"i", "a", "they", "don't"}),
]
POSITIONS = 24
SHAPE = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": POSITIONS,
}


def wordpiece():
    """BERT's tokenizer."""
    from tokenizers import BertWordPieceTokenizer

    return BertWordPieceTokenizer({token: number for number, token in enumerate(VOCABULARY)})


@cache
def byte_pairs():
    """RoBERTa's tokenizer, trained on a few sentences; which of two equal pairs it merges first differs each time."""
    from tokenizers import ByteLevelBPETokenizer
    from tokenizers.processors import RobertaProcessing

    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(CORPUS, vocab_size=290, special_tokens=special, show_progress=False)
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


@cache
def network(name):
    """A small random network of a class of transformers, whose every weight differs from its initial value."""
    import_torchaudio()
    import torch
    import transformers

    configs = {
        "Bert": transformers.BertConfig(**SHAPE),
        "Roberta": transformers.RobertaConfig(**{**SHAPE, "vocab_size": 290}),
        "DistilBert": transformers.DistilBertConfig(
            vocab_size=len(VOCABULARY), dim=32, n_layers=2, n_heads=2, hidden_dim=64, max_position_embeddings=POSITIONS
        ),
        "DebertaV2": transformers.DebertaV2Config(
            **SHAPE, relative_attention=True, pos_att_type=["p2c", "c2p"], position_biased_input=False
        ),
        "Electra": transformers.ElectraConfig(**SHAPE, embedding_size=16),
        "MPNet": transformers.MPNetConfig(**SHAPE),
        "Albert": transformers.AlbertConfig(**SHAPE, embedding_size=16),
    }
    family = next(family for family in configs if name.startswith(family))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = getattr(transformers, name)(configs[family])
        for weights in made.parameters():
            weights.data += 0.1 * torch.randn_like(weights)
    return made.eval()


def tokenizer_of(name):
    return byte_pairs() if name.startswith("Roberta") else wordpiece()


def save(folder, name, tokenizer=None):
    """Lay out a checkpoint as the hub does."""
    network(name).save_pretrained(folder)
    (tokenizer or tokenizer_of(name)).save(str(folder / "tokenizer.json"))
    return folder


def edit(folder, change):
    """Rewrite the weights of a checkpoint as ``change`` of its state dict."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path, metadata={"format": "pt"})


def encoder_of(folder, layer=None):
    return transformers_text("cpu", Pretrained(str(folder)), layer)


def limit_of(name):
    return POSITIONS - 2 if name.startswith(("Roberta", "MPNet")) else POSITIONS  # theirs begin after the padding's, 1


def by_hand(name, text, layer):
    """The same with transformers itself: the whole network, heads and all, on tokens cut by hand."""
    import torch

    whole = network(name)
    ids = tokenizer_of(name).encode(words_of(text)).ids
    limit = limit_of(name)
    if len(ids) > limit:
        ids = [*ids[: limit - 1], ids[-1]]
    with torch.inference_mode():
        states = whole.base_model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
    return states[layer][0].numpy()
