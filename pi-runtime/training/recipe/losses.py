"""What the dense head and the decoder are told about their answers."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from .boxes import area_of, corners_of, giou, iou, overlap
from .dataset import Truth

# An answer that shares so much with an object that does not count, of the smaller of the two, is told nothing about that
# object's class: as in judgement (accuracy.py).
SHARED = 0.5


def heard(boxes: Tensor, truth: Truth, classes: int) -> Tensor:
    """1 where an answer's class is judged, 0 where it may mean an object that does not count. [N, A, C]"""
    weights = torch.ones(*boxes.shape[:2], classes)
    if truth.ignored.shape[1] == 0:
        return weights
    shared, _ = overlap(boxes[:, :, None], truth.ignored[:, None])
    smaller = torch.minimum(area_of(boxes)[:, :, None], area_of(truth.ignored)[:, None])
    near = shared >= SHARED * smaller.clamp(min=1e-6)
    batch, answer, which = near.nonzero(as_tuple=True)
    weights[batch, answer, truth.ignored_labels[batch, which]] = 0.0
    return weights


def dense_loss(logits: Tensor, boxes: Tensor, centres: Tensor, strides: Tensor, truth: Truth) -> dict[str, Tensor]:
    """Task-aligned one-to-many assignment (Feng et al. 2021, arXiv:2108.07755). Boxes and truth in pixels."""
    with torch.no_grad():
        target, targets, weights, chosen = assign(logits, boxes, centres, truth)
        judged = heard(boxes, truth, logits.shape[-1])
        judged[targets > 0] = 1.0
    total = targets.sum().clamp(min=1.0)
    classes = (F.binary_cross_entropy_with_logits(logits, targets, reduction="none") * judged).sum() / total
    mine, theirs, weight = boxes[chosen], target[chosen], weights[chosen]
    scale = strides.expand(boxes.shape[0], -1, -1)[chosen]
    overlap = ((1 - giou(mine, theirs)) * weight).sum() / total
    distance = (((mine - theirs).abs() / scale).clamp(max=20).mean(-1) * weight).sum() / total
    return {"class": classes, "giou": 2.0 * overlap, "l1": 0.25 * distance}


def assign(logits: Tensor, boxes: Tensor, centres: Tensor, truth: Truth, power: float = 6.0, most: int = 10):
    """Target box [N, A, 4], class targets [N, A, C], weight [N, A] and which places answer for an object [N, A]."""
    batch, places, classes = logits.shape
    objects = truth.boxes.shape[1]
    scores = logits.sigmoid()
    score = scores.gather(2, truth.labels[:, None].expand(-1, places, -1))
    agree = iou(boxes[:, :, None], truth.boxes[:, None]).clamp(0, 1)
    x, y = centres[None, :, None, 0], centres[None, :, None, 1]
    b = truth.boxes[:, None]
    inside = (x > b[..., 0]) & (x < b[..., 2]) & (y > b[..., 1]) & (y < b[..., 3]) & truth.valid[:, None]
    align = score.sqrt() * agree.pow(power) * inside
    best = align.topk(min(most, places), dim=1)
    picked = torch.zeros_like(align, dtype=torch.bool).scatter_(1, best.indices, best.values > 1e-9)
    # A place that several objects want answers for the one it agrees with most.
    owner = torch.where(picked, agree, -1.0).argmax(2) if objects else torch.zeros(batch, places, dtype=torch.long)
    only = F.one_hot(owner, objects).bool() & picked
    align, agree = align * only, agree * only
    top_align = align.amax(1, keepdim=True)
    top_agree = agree.amax(1, keepdim=True)
    value = (align / (top_align + 1e-9) * top_agree).amax(2)
    chosen = only.any(2)
    target = truth.boxes.gather(1, owner[..., None].expand(-1, -1, 4))
    label = truth.labels.gather(1, owner)
    targets = torch.zeros(batch, places, classes).scatter_(2, label[..., None], (value * chosen)[..., None])
    return target, targets, value, chosen


def decoder_loss(all_logits: list[Tensor], all_boxes: list[Tensor], truth: Truth, scale: Tensor) -> dict[str, Tensor]:
    """One object, one query (Carion et al. 2020, arXiv:2005.12872), scores aligned with boxes as in RT-DETR."""
    sums = {"d_class": torch.zeros(()), "d_giou": torch.zeros(()), "d_l1": torch.zeros(())}
    truths = truth.boxes / scale
    for logits, boxes in zip(all_logits, all_boxes):
        corners = corners_of(boxes)
        with torch.no_grad():
            batches, queries, objects = match(logits, boxes, corners, truths, truth)
            judged = heard(corners * scale, truth, logits.shape[-1])
        mine, theirs = corners[batches, queries], truths[batches, objects]
        labels = truth.labels[batches, objects]
        targets = torch.zeros_like(logits)
        targets[batches, queries, labels] = iou(mine.detach(), theirs).clamp(0, 1)
        judged[batches, queries, labels] = 1.0
        # Varifocal loss (Zhang et al. 2021, arXiv:2008.13367): what is no object counts by how sure the answer is of it.
        weights = torch.where(targets > 0, targets, 0.75 * logits.detach().sigmoid().square()) * judged
        count = max(1, len(batches))
        sums["d_class"] = sums["d_class"] + (
            F.binary_cross_entropy_with_logits(logits, targets, weight=weights, reduction="sum") / count
        )
        sums["d_giou"] = sums["d_giou"] + 2.0 * (1 - giou(mine, theirs)).sum() / count
        wanted = torch.cat([(theirs[:, :2] + theirs[:, 2:]) / 2, theirs[:, 2:] - theirs[:, :2]], -1)
        sums["d_l1"] = sums["d_l1"] + 5.0 * (boxes[batches, queries] - wanted).abs().sum() / count
    return sums


def match(logits: Tensor, boxes: Tensor, corners: Tensor, truths: Tensor, truth: Truth) -> tuple[Tensor, Tensor, Tensor]:
    """The cheapest pairs of query and object in every picture."""
    score = logits.sigmoid()
    gain = 0.25 * (1 - score).square() * -(score + 1e-8).log() - 0.75 * score.square() * -(1 - score + 1e-8).log()
    cost = 2.0 * gain.gather(2, truth.labels[:, None].expand(-1, logits.shape[1], -1))
    theirs = torch.cat([(truths[..., :2] + truths[..., 2:]) / 2, truths[..., 2:] - truths[..., :2]], -1)
    cost = cost + 5.0 * (boxes[:, :, None] - theirs[:, None]).abs().sum(-1)
    cost = cost - 2.0 * giou(corners[:, :, None], truths[:, None])
    table = cost.float().numpy()
    counts = truth.valid.sum(1).tolist()
    pairs = [linear_sum_assignment(table[index][:, :count]) for index, count in enumerate(counts)]
    batches = np.concatenate([np.full(len(rows), index) for index, (rows, _) in enumerate(pairs)])
    rows = np.concatenate([rows for rows, _ in pairs])
    columns = np.concatenate([columns for _, columns in pairs])
    return torch.from_numpy(batches), torch.from_numpy(rows), torch.from_numpy(columns)
