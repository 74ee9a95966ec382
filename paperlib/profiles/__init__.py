"""Profiles: which generator, data, classifiers and sizes. A profile makes the configs of its runs and holds the parts they use.

profile = load("digits")
config = profile.classifier_run(seed=0, hsm=True, r=0.5)
"""

from paperlib.config import check_choice
from paperlib.profiles.digits import DIGITS, SMOKE, TUNING
from paperlib.profiles.faces import FACES, FACES_SMOKE
from paperlib.profiles.imagenet10 import IMAGENET10, IMAGENET10_SMOKE
from paperlib.profiles.profile import Parts, Profile, device

__all__ = [
    "DIGITS",
    "FACES",
    "FACES_SMOKE",
    "IMAGENET10",
    "IMAGENET10_SMOKE",
    "PROFILES",
    "SMOKE",
    "TUNING",
    "Parts",
    "Profile",
    "device",
    "load",
]

PROFILES = {profile.name: profile for profile in (DIGITS, SMOKE, TUNING, IMAGENET10, IMAGENET10_SMOKE, FACES, FACES_SMOKE)}


def load(name: str) -> Profile:
    """Raises ConfigError for an unknown name."""
    check_choice("profile", name, tuple(PROFILES))
    return PROFILES[name]
