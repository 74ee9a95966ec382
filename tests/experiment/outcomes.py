"""What an experiment computes, without its record."""

from paperlib.experiment.fingerprints import Fingerprints
from paperlib.experiment.one_run import measured


def outcome(config, profile):
    """config: of one of the profile's runs, or of one like them."""
    return measured(config, Fingerprints(profile), False)
