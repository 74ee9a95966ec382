"""Which images count as copies of one picture."""

import torch

from paperlib.data.copies import WITHIN, groups_of_copies, nearest


def faces(n, side=32, seed=0):
    return (
        torch.randint(0, 256, (n, 3, side // 4, side // 4), generator=torch.Generator().manual_seed(seed))
        .repeat_interleave(4, 2)
        .repeat_interleave(4, 3)
        .byte()
    )


def shifted(image, by):
    return (image.float() + by).clamp(0, 255).byte()


def test_copies_are_one_group_and_chains_join():
    a, b, c = faces(3) // 2 + 40
    images = torch.stack([a, b, shifted(a, 10), c, shifted(a, 20), b])
    assert groups_of_copies(images) == [[0, 2, 4], [1, 5], [3]]


def test_the_nearest_of_the_others():
    a, b, c = faces(3) // 2 + 40
    assert nearest(torch.stack([a, b]), torch.stack([shifted(a, 10), b, c])).tolist() == [10, 0]


def test_the_limit_is_the_mean_difference():
    image = faces(1)[0] // 2 + 40
    assert len(groups_of_copies(torch.stack([image, shifted(image, WITHIN - 1)]))) == 1
    assert len(groups_of_copies(torch.stack([image, shifted(image, WITHIN + 1)]))) == 2


def test_it_finds_what_comparing_all_pairs_finds():
    """Also over the borders of the blocks of rows."""
    base = faces(300, side=16) // 5 + 100
    found = groups_of_copies(base)
    all_pairs = torch.cdist(base.flatten(1).float(), base.flatten(1).float(), p=1) / base[0].numel() < WITHIN
    assert 1 < len(found) < 300
    for group in found:
        others = torch.ones(300, dtype=torch.bool)
        others[group] = False
        assert not all_pairs[group][:, others].any()
        assert len(group) == 1 or (all_pairs[group][:, group].sum(1) > 1).all()


def test_the_size_of_the_images_does_not_matter():
    small = torch.cat([faces(5), faces(5) // 2 * 2])
    large = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert groups_of_copies(small) == groups_of_copies(large) == [[i, i + 5] for i in range(5)]
