"""What an experiment computes, without its record."""

from companion.experiment.fingerprints import Fingerprints
from companion.experiment.one_run import measured


def outcome(config, profile):
    """config: of one of the profile's runs, or of one like them."""
    return measured(config, Fingerprints(profile), False)
