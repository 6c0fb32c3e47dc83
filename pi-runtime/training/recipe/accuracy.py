"""Average precision as COCO reckons it: 101 recalls, IoU .50 to .95. Objects that do not count are neither right nor wrong.

The same in TypeScript, with intervals, judges what is shipped: hardware-sim/src/evaluation/detector-accuracy.ts.
"""

import numpy as np

from .dataset import Objects

THRESHOLDS = np.arange(0.5, 0.96, 0.05)
MOST = 100
EXCUSED = 0.5


def iou_table(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), -1)
    areas = [np.prod(x[:, 2:] - x[:, :2], -1) for x in (a, b)]
    return shared / (areas[0][:, None] + areas[1][None] - shared + 1e-9)


def shared_part(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of the smaller of two boxes, the part that lies in the other."""
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    areas = [np.prod(x[:, 2:] - x[:, :2], -1) for x in (a, b)]
    return np.prod(np.clip(sides, 0, None), -1) / (np.minimum(areas[0][:, None], areas[1][None]) + 1e-9)


class Accuracy:
    """Add pictures, then read `result`."""

    def __init__(self, labels: list[str]):
        self.labels = labels
        self._scores: list[list[np.ndarray]] = [[] for _ in labels]
        self._right: list[list[np.ndarray]] = [[] for _ in labels]
        self._objects = np.zeros(len(labels), int)

    def add(self, scores: np.ndarray, labels: np.ndarray, boxes: np.ndarray, truth: Objects) -> None:
        for number in range(len(self.labels)):
            mine = np.flatnonzero(labels == number)
            mine = mine[np.argsort(-scores[mine], kind="stable")][:MOST]
            theirs = truth.labels == number
            objects = truth.boxes[theirs & truth.counted]
            ignored = truth.boxes[theirs & ~truth.counted]
            self._objects[number] += len(objects)
            if len(mine) == 0:
                continue
            agree = iou_table(boxes[mine], objects)
            excused = (shared_part(boxes[mine], ignored) >= EXCUSED).any(1)
            right = np.zeros((len(THRESHOLDS), len(mine)), np.int8)
            for row, threshold in enumerate(THRESHOLDS):
                free = np.ones(len(objects), bool)
                for index in range(len(mine)):
                    candidates = np.where(free, agree[index], 0.0)
                    best = int(candidates.argmax()) if len(objects) else -1
                    if best >= 0 and candidates[best] >= threshold:
                        free[best] = False
                        right[row, index] = 1
                    elif excused[index]:
                        right[row, index] = -1
            self._scores[number].append(scores[mine])
            self._right[number].append(right)

    def result(self) -> dict:
        table = np.full((len(self.labels), len(THRESHOLDS)), np.nan)
        for number, (scores, right) in enumerate(zip(self._scores, self._right)):
            if self._objects[number] == 0:
                continue
            if not scores:
                table[number] = 0.0
                continue
            order = np.argsort(-np.concatenate(scores), kind="stable")
            marks = np.concatenate(right, 1)[:, order]
            for row in range(len(THRESHOLDS)):
                table[number, row] = average_precision(marks[row][marks[row] >= 0], self._objects[number])
        return {
            "ap50": float(np.nanmean(table[:, 0])),
            "ap": float(np.nanmean(table)),
            "classes": {label: float(table[number, 0]) for number, label in enumerate(self.labels)},
        }


def average_precision(right: np.ndarray, objects: int) -> float:
    hits = np.cumsum(right)
    recall = hits / objects
    precision = hits / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.where(at < len(precision), precision[np.minimum(at, len(precision) - 1)], 0.0).mean()) if len(right) else 0.0
