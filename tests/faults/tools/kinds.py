"""The kinds of files that are read back: where they lie under a cache, a run's folder and an export."""

from pathlib import Path

IN_CACHE = {
    "features": "store/*/features/*/*.safetensors",
    "heads": "store/*/heads/*/*.safetensors",
    "histories": "store/*/heads/*/*.history.parquet",
    "predictions": "store/*/predictions/*/*.parquet",
    "transcripts": "store/*/transcripts/*/*.parquet",
    "drift": "store/*/drift/*/*.parquet",
    "corruptions": "store/*/corruptions/*/*.parquet",
    "no_speech": "store/*/no_speech/*/*.parquet",
    "notes of versions": "store/*/versions.json",
    "rooms": "rooms/*/*/*.wav",
    "table of rooms": "rooms/*/*/rooms.*",
}
PROBE = {
    "probe audio": "probe/*/audio/*.wav",
    "probe manifest": "probe/*/manifest.csv",
    "probe design": "probe/*/design.csv",
}
IN_RUN = {
    **{f"run: {name}": name for name in ("predictions.parquet", "transcripts.parquet", "results.parquet")},
    **{f"run: {name}": name for name in ("comparisons.parquet", "links.parquet", "drift.parquet")},
    **{f"run: {name}": name for name in ("dev_predictions.parquet", "costs.parquet")},
    **{
        f"run: {name}": name
        for name in ("no_speech.parquet", "training.parquet", "layers.parquet", "corruptions.parquet")
    },
    **{f"run: {name}": name for name in ("provenance.json", "suite.yaml", "systems.json")},
    "run: mark": ".emonoise",
    "run: models": "models/*",
    "run: examples": "examples/*",
}
IN_EXPORT = {
    "export: .records": ".records/*/*/*.parquet",
    "export: audio": "audio/*/*/*.flac",
    "export: corruptions.parquet": "corruptions.parquet",
}


def files_of(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a kind; of hidden ones those that are meant."""
    return sorted(path for path in folder.glob(pattern) if pattern[0] == "." or path.name[0] != ".")
