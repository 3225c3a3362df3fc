"""The public noise corpora: one entry of ``NOISE_CORPORA`` each."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from corruptions.ground.progress import Stage, unseen
from corruptions.noise.folders import NoiseFolder
from corruptions.noise.recordings import read_recordings
from corruptions.sound.public import BY_HASH, Archive, PublicCorpus, Split, Table, choose_recordings


def read_noise_corpus(
    name: str,
    root: Path,
    split: Split | None = None,
    stage: Stage = unseen,
    leave_out: Callable[[str], None] | None = None,
) -> NoiseFolder:
    """Return the recordings of a corpus, or of one split of it; only those are read.

    Args:
        name: a key of ``NOISE_CORPORA``.
        root: the folder it lies in, or any folder above; a part of the corpus is enough.
        split: ``train``, ``dev`` or ``test``; all of it unless said.
        stage: shows how far the reading is.
        leave_out: as in ``read_noise_folder``.

    Raises:
        AudioError: if nothing there is laid out like the corpus, the split is empty, or as in
            ``read_noise_folder``.
        ValueError: for an unknown name.
    """
    names = choose_recordings(NOISE_CORPORA, name, root, split)
    return NoiseFolder(root, read_recordings(root, names, stage, leave_out), split)


def overlaps(names: Iterable[str]) -> list[str]:
    """Return a sentence for each two corpora among ``names`` that share recordings.

    Args:
        names: keys of ``NOISE_CORPORA``.

    Examples:
        >>> overlaps(["demand", "wham"])
        []
        >>> print(*overlaps(["ms-snsd", "demand", "wham"]))
        demand and ms-snsd: MS-SNSD contains recordings of DEMAND, and its splits are not DEMAND's.
    """
    known = set(names)
    return [f"{one} and {other}: {sentence}" for one, other, sentence in _OVERLAPS if {one, other} <= known]


def _parts(train: str, dev: str = "", test: str = "") -> dict[str, Split]:
    """Return the split of each part, from the parts of each split."""
    parts: dict[str, Split] = dict.fromkeys(train.split(), "train")
    parts |= dict.fromkeys(dev.split(), "dev")
    parts |= dict.fromkeys(test.split(), "test")
    return parts


def _musan(description: str, kind: str, n_recordings: int, splits: Mapping[str, Split]) -> PublicCorpus:
    """Return one of the three kinds of sound in MUSAN; they are downloaded together."""
    folders = "|".join(splits)
    return PublicCorpus(
        description=description,
        licence="CC BY 4.0; its files CC or public domain",
        citation="Snyder, Chen and Povey 2015, MUSAN: A Music, Speech, and Noise Corpus, arXiv 1510.08484",
        url="https://www.openslr.org/17/",
        layout=f"{kind}/{{{','.join(splits)}}}/*.wav",
        pattern=rf"{kind}/(?P<source>(?P<part>{folders}))/[^/]+",
        split_rule="by folder: " + ", ".join(f"{folder} {split}" for folder, split in splits.items()),
        splits=splits,
        n_recordings=n_recordings,
        home="musan",
        archives=(
            Archive("https://www.openslr.org/resources/17/musan.tar.gz", "md5:0c472d4fc0c5141eca47ad1ffeb2a7df", 11.1),
        ),
    )


# Of each of the six categories, which the first letter names, one environment trains, one is dev and one tests.
_DEMAND_SPLITS = _parts(
    train="DKITCHEN NFIELD OOFFICE PRESTO STRAFFIC TCAR",
    dev="DWASHING NPARK OHALLWAY PSTATION SPSQUARE TBUS",
    test="DLIVING NRIVER OMEETING PCAFETER SCAFE TMETRO",
)
# At 16 kHz, which is all that is used here; SCAFE is there at 48 kHz only.
_DEMAND_MD5 = {
    "DKITCHEN_16k": "7ffbf52d7f4699f96927846103dc8788",
    "DLIVING_16k": "46741384d9e434a0bd8b3ec1830b6052",
    "DWASHING_16k": "7e5ee9437ce9409c5f9a779b6212a240",
    "NFIELD_16k": "a740046c6f4e174e16f5d568aaec5024",
    "NPARK_16k": "80f1385a34d7f1705758926b57f138ce",
    "NRIVER_16k": "54264db61d3fe073fb81f2e40e0d19b5",
    "OHALLWAY_16k": "fe918bbb0e63e73d09ba7f4843ef33f1",
    "OMEETING_16k": "62f7cfe7fe6d30b7d8a215fe37c2dfd2",
    "OOFFICE_16k": "7b61cc2d182d5a654cb9c3101ddd4041",
    "PCAFETER_16k": "99927d148128254141a9417d051510bb",
    "PRESTO_16k": "b98d2e6854eeebb397f29a8ad7457092",
    "PSTATION_16k": "d7448009f6c2aeb6ba570375df1750a3",
    "SCAFE_48k": "1a4ee387f1900f4b15ba219481c76556",
    "SPSQUARE_16k": "205d0e7b8fe74504a2f8d252fc414b9e",
    "STRAFFIC_16k": "2efa87262f272bbf9ba578088e81939c",
    "TBUS_16k": "706b11b0d8504f9f3b3f3211e91b3863",
    "TCAR_16k": "4d930012796bd298932245a26189f973",
    "TMETRO_16k": "95daf4df678e13b120e14211e6d89571",
}

_NOISEX_SPLITS = _parts(
    train="buccaneer1 buccaneer2 destroyerengine destroyerops hfchannel leopard pink white",
    dev="f16 m109 machinegun",
    test="babble factory1 factory2 volvo",
)
_NOISEX_SOURCES = "babble|buccaneer|destroyer|f16|factory|hfchannel|leopard|m109|machinegun|pink|volvo|white"


NOISE_CORPORA: dict[str, PublicCorpus] = {
    "musan-music": _musan(
        "42 hours of music of many genres",
        "music",
        660,
        _parts(train="fma fma-western-art", dev="hd-classical rfm", test="jamendo"),
    ),
    "musan-speech": _musan(
        "60 hours of read and public speech in twelve languages", "speech", 426, _parts(train="librivox", test="us-gov")
    ),
    "musan-noise": _musan(
        "6 hours of technical and ambient sounds", "noise", 930, _parts(train="free-sound", test="sound-bible")
    ),
    "demand": PublicCorpus(
        description="18 environments, 5 minutes each: homes, nature, offices, public places, streets, vehicles",
        licence="CC BY-SA 3.0",
        citation="Thiemann, Ito and Vincent 2013, The Diverse Environments Multi-channel Acoustic Noise Database, ICA",
        url="https://zenodo.org/records/1227121",
        layout="<ENVIRONMENT>/ch01.wav",  # the other fifteen microphones heard the same at the same time
        pattern=rf"(?P<source>(?P<part>{'|'.join(_DEMAND_SPLITS)}))(_16k|_48k)?/ch01",
        split_rule="by environment: of each category one trains, one is dev, one tests",
        splits=_DEMAND_SPLITS,
        n_recordings=18,
        home="DEMAND",
        archives=tuple(
            Archive(f"https://zenodo.org/records/1227121/files/{name}.zip", f"md5:{md5}", 0.3 if "48k" in name else 0.1)
            for name, md5 in _DEMAND_MD5.items()
        ),
    ),
    "esc-50": PublicCorpus(
        description="2000 clips of 5 s in 50 classes: animals, nature, people, homes, cities",
        licence="CC BY-NC 3.0",
        citation="Piczak 2015, ESC: Dataset for Environmental Sound Classification, ACM Multimedia",
        url="https://github.com/karolpiczak/ESC-50",
        layout="audio/<fold>-<src_file>-<take>-<target>.wav",
        pattern=r"audio/\d+-(?P<source>\d+)-[A-Z]-\d+",
        split_rule=f"by recording on Freesound (src_file): {BY_HASH}",
        n_recordings=2000,
        tables=(Table("meta/esc50.csv", "audio/{filename}"),),
        home="ESC-50",
        archives=(
            # GitHub makes its archives anew, and their checksums change; this copy of one stays as it is.
            Archive(
                "https://paddleaudio.bj.bcebos.com/datasets/ESC-50-master.zip",
                "md5:7771e4b9d86d0945acce719c7a59305a",
                0.6,
            ),
        ),
        by_hand="git clone --depth 1 https://github.com/karolpiczak/ESC-50 {folder}",
    ),
    "ms-snsd": PublicCorpus(
        description="noises of Microsoft's Scalable Noisy Speech Dataset: offices, homes, stations, babble",
        licence="CC0 (Freesound), CC BY-SA 3.0 (DEMAND)",
        citation="Reddy et al. 2019, A Scalable Noisy Speech Dataset and Online Subjective Test Framework, Interspeech",
        url="https://github.com/microsoft/MS-SNSD",
        layout="{noise_train,noise_test}/*.wav",
        pattern=r"(?P<source>(?P<part>noise_train|noise_test)/[^/]+)",
        split_rule="as it comes: noise_train trains, noise_test tests",
        splits={"noise_train": "train", "noise_test": "test"},
        home="MS-SNSD",
        by_hand="it comes as a git repository; git clone --depth 1 https://github.com/microsoft/MS-SNSD {folder}",
    ),
    "wham": PublicCorpus(
        description="WHAM!: 80 hours in restaurants, cafes, bars and parks, without intelligible speech",
        licence="CC BY-NC 4.0",
        citation="Wichern et al. 2019, WHAM!: Extending Speech Separation to Noisy Environments, Interspeech",
        url="http://wham.whisper.ai/",
        layout="{tr,cv,tt}/*.wav",
        pattern=r"(?P<source>(?P<part>tr|cv|tt)/[^/]+)",
        split_rule="as it comes: tr trains, cv is dev, tt tests",
        splits={"tr": "train", "cv": "dev", "tt": "test"},
        n_recordings=28_000,
        tables=tuple(Table(f"metadata/noise_meta_{part}.csv", part + "/{utterance_id}") for part in ("tr", "cv", "tt")),
        home="WHAM",
        by_hand="no checksum of it is known; download wham_noise.zip (18 GB) from http://wham.whisper.ai/ and "
        "unpack it in {folder}",
    ),
    "urbansound8k": PublicCorpus(
        description="8732 clips of up to 4 s in 10 classes: traffic, drills, sirens, dogs, children, street music",
        licence="CC BY-NC 3.0",
        citation="Salamon, Jacoby and Bello 2014, A Dataset and Taxonomy for Urban Sound Research, ACM Multimedia",
        url="https://urbansounddataset.weebly.com/urbansound8k.html",
        layout="audio/fold<1-10>/<fsID>-<classID>-<occurrence>-<slice>.wav",
        pattern=r"audio/fold\d+/(?P<source>\d+)-\d+-\d+-\d+",
        split_rule=f"by recording on Freesound (fsID): {BY_HASH}",
        n_recordings=8732,
        tables=(Table("metadata/UrbanSound8K.csv", "audio/fold{fold}/{slice_file_name}"),),
        home="UrbanSound8K",
        archives=(
            Archive(
                "https://zenodo.org/records/1203745/files/UrbanSound8K.tar.gz",
                "md5:9aa69802bbf37fb986f71ec1483a196e",
                6.0,
            ),
        ),
    ),
    "noisex-92": PublicCorpus(
        description="15 recordings of 4 minutes: cockpits, ships, tanks, factories, babble, a car",
        licence="unclear: ask whom you have it from",
        citation="Varga and Steeneken 1993, NOISEX-92: A Database and an Experiment, Speech Communication 12",
        url="http://spib.linse.ufsc.br/noise.html",
        layout="{babble,buccaneer1,...,white}.wav",
        pattern=rf"(?P<part>(?P<source>{_NOISEX_SOURCES})([12]|engine|ops)?)",
        split_rule="by name less its number: factory1 and factory2 stay together",
        splits=_NOISEX_SPLITS,
        n_recordings=15,
        home="NOISEX-92",
        by_hand="nothing says that it may be passed on; put your copy, as .wav files, in {folder}",
    ),
    "rirs-noises": PublicCorpus(
        description="point-source noises of RIRS_NOISES, which lie beside its impulse responses",
        licence="Apache 2.0; its files CC or public domain",
        citation="Ko et al. 2017, A Study on Data Augmentation of Reverberant Speech for Robust Speech Recognition",
        url="https://www.openslr.org/28/",
        layout="pointsource_noises/*.wav",
        pattern=r"(?P<part>pointsource_noises)/(?P<source>[^/]+)",
        split_rule="all of them train, for they come from the folder of MUSAN that trains",
        splits={"pointsource_noises": "train"},
        home="RIRS_NOISES",
        by_hand="no checksum of it is known; download rirs_noises.zip from https://www.openslr.org/28/ and unpack it "
        "in {folder}",
    ),
    "folder": PublicCorpus(
        description="any folder of recordings, in any format",
        licence="yours to know",
        citation="",
        url="",
        layout="any audio file, in any subfolder",
        pattern=r"(?P<source>.+)",
        split_rule=f"by file: {BY_HASH}",
        by_hand="put recordings in any folder; there is nothing to fetch",
    ),
}

_OVERLAPS = (
    (
        "musan-noise",
        "rirs-noises",
        "the point-source noises of RIRS_NOISES are recordings of MUSAN's free-sound folder.",
    ),
    ("demand", "ms-snsd", "MS-SNSD contains recordings of DEMAND, and its splits are not DEMAND's."),
    (
        "esc-50",
        "urbansound8k",
        "both were cut from Freesound and may share recordings; a shared one is in the same split of both.",
    ),
    ("esc-50", "musan-noise", "both contain recordings from Freesound and may share some, in other splits."),
    ("musan-noise", "urbansound8k", "both contain recordings from Freesound and may share some, in other splits."),
    ("esc-50", "ms-snsd", "both contain recordings from Freesound and may share some, in other splits."),
    ("ms-snsd", "musan-noise", "both contain recordings from Freesound and may share some, in other splits."),
    ("ms-snsd", "urbansound8k", "both contain recordings from Freesound and may share some, in other splits."),
)
