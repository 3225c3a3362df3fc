"""What is done to audio: noise, rooms and channels, at levels that are known exactly."""

from corruptions.catalog import CORRUPTIONS
from corruptions.condition import CLEAN, Condition, Step, parse_condition
from corruptions.corruption import Corruption
from corruptions.engine import (
    check_for_training,
    check_levels,
    check_material,
    corrupt,
    corrupt_audio,
    find_corruption,
    fingerprint,
)
from corruptions.material import Material
from corruptions.noise.additive import mix_at_snr
from corruptions.noise.corpora import NOISE_CORPORA, read_noise_corpus
from corruptions.noise.folders import NoiseFolder, decoded, read_noise_folder
from corruptions.noise.generated import Spectrum, long_term_spectrum
from corruptions.room.bank import build_rooms
from corruptions.room.corpora import ROOM_CORPORA, read_room_corpus
from corruptions.room.responses import Response, read_responses
from corruptions.room.simulation import RoomSpec
from corruptions.sound.audio import SAMPLE_RATE, Waveform, read_audio, write_audio
from corruptions.sound.levels import LEVELS, active_level_dbfs, rms_dbfs
from corruptions.sound.measures import intelligibility_snr_db, segmental_snr_db
from corruptions.sound.promises import AudioError
from corruptions.sound.record import Corrupted, Record
from corruptions.sound.segments import Clip
from corruptions.transforms import from_audiomentations

__all__ = [
    "CLEAN",
    "CORRUPTIONS",
    "LEVELS",
    "NOISE_CORPORA",
    "ROOM_CORPORA",
    "SAMPLE_RATE",
    "AudioError",
    "Clip",
    "Condition",
    "Corrupted",
    "Corruption",
    "Material",
    "NoiseFolder",
    "Record",
    "Response",
    "RoomSpec",
    "Spectrum",
    "Step",
    "Waveform",
    "active_level_dbfs",
    "build_rooms",
    "check_for_training",
    "check_levels",
    "check_material",
    "corrupt",
    "corrupt_audio",
    "decoded",
    "find_corruption",
    "fingerprint",
    "from_audiomentations",
    "intelligibility_snr_db",
    "long_term_spectrum",
    "mix_at_snr",
    "parse_condition",
    "read_audio",
    "read_noise_corpus",
    "read_noise_folder",
    "read_responses",
    "read_room_corpus",
    "rms_dbfs",
    "segmental_snr_db",
    "write_audio",
]
