"""Real images: fixed splits, in the range the generators use."""

from paperlib.data.digits import digits, uci_digits, uci_train_test
from paperlib.data.image_folder import FolderImages, image_folder
from paperlib.data.imagenet import imagenet10
from paperlib.data.images import Images, check_images, check_labels, returned_images, split, to_bytes, to_floats
from paperlib.data.utkface import Faces, utkface

__all__ = [
    "Faces",
    "FolderImages",
    "Images",
    "check_images",
    "check_labels",
    "digits",
    "image_folder",
    "imagenet10",
    "returned_images",
    "split",
    "to_bytes",
    "to_floats",
    "uci_digits",
    "uci_train_test",
    "utkface",
]
