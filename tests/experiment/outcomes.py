"""What an experiment computes, without its record."""

from paperlib.experiment.engine import _outcome
from paperlib.experiment.fingerprints import Fingerprints


def outcome(config, profile):
    """config: of one of the profile's runs, or of one like them."""
    return _outcome(config, Fingerprints(profile), False)
