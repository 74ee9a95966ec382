"""Tables and figures of each subject, from tidy frames: one file a subject. They never import torch."""
