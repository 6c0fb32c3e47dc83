"""Boxes and how far they agree."""

import torch
from torch import Tensor


def corners_of(boxes: Tensor) -> Tensor:
    """x1 y1 x2 y2 of cx cy w h."""
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([centre - half, centre + half], -1)


def area_of(boxes: Tensor) -> Tensor:
    sides = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0)
    return sides[..., 0] * sides[..., 1]


def overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection and union of boxes x1 y1 x2 y2 that broadcast."""
    low = torch.maximum(a[..., :2], b[..., :2])
    high = torch.minimum(a[..., 2:], b[..., 2:])
    sides = (high - low).clamp(min=0)
    shared = sides[..., 0] * sides[..., 1]
    return shared, area_of(a) + area_of(b) - shared


def iou(a: Tensor, b: Tensor) -> Tensor:
    shared, union = overlap(a, b)
    return shared / (union + 1e-7)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU (Rezatofighi et al. 2019, arXiv:1902.09630)."""
    shared, union = overlap(a, b)
    low = torch.minimum(a[..., :2], b[..., :2])
    high = torch.maximum(a[..., 2:], b[..., 2:])
    sides = (high - low).clamp(min=0)
    hull = sides[..., 0] * sides[..., 1]
    return shared / (union + 1e-7) - (hull - union) / (hull + 1e-7)
