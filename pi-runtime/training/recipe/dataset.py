"""Pictures that `visionvend-sim scenes` has drawn, and what is spoilt in them for training."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass
class Truth:
    """Objects of a batch, padded to the most that a picture has. Boxes: x1 y1 x2 y2, pixels."""

    boxes: Tensor  # [N, G, 4]
    labels: Tensor  # [N, G]
    valid: Tensor  # [N, G]; the valid ones come first
    ignored: Tensor  # [N, I, 4], boxes of objects that do not count; padded with empty ones
    ignored_labels: Tensor  # [N, I]


@dataclass
class Objects:
    boxes: np.ndarray  # [G, 4] float32
    labels: np.ndarray  # [G] int64
    counted: np.ndarray  # [G] bool


class Scenes:
    """A whole data set in a folder."""

    def __init__(self, folder: str | Path):
        folder = Path(folder)
        description = json.loads((folder / "dataset.json").read_text())
        if description["format"] != "visionvend-scenes-2":
            raise ValueError(f"{folder} has the format {description['format']}, not visionvend-scenes-2: draw it anew")
        self.labels: list[str] = description["labels"]
        self.width: int = description["size"]["width"]
        self.height: int = description["size"]["height"]
        self._pictures: list[np.ndarray] = []
        self._objects: list[Objects] = []
        self._starts: list[int] = []
        number = {label: index for index, label in enumerate(self.labels)}
        for shard in description["shards"]:
            shape = (shard["scenes"], self.height, self.width, 3)
            self._starts.append(len(self._objects))
            self._pictures.append(np.memmap(folder / shard["pictures"], np.uint8, "r", shape=shape))
            for line in (folder / shard["truth"]).read_text().splitlines():
                objects = json.loads(line)["objects"]
                boxes = np.array([[o["x1"], o["y1"], o["x2"], o["y2"]] for o in objects], np.float32).reshape(-1, 4)
                labels = np.array([number[o["label"]] for o in objects], np.int64)
                counted = np.array([o["counted"] for o in objects], bool)
                self._objects.append(Objects(boxes, labels, counted))

    def __len__(self) -> int:
        return len(self._objects)

    def picture(self, index: int) -> np.ndarray:
        """[H, W, 3], bytes."""
        shard = int(np.searchsorted(self._starts, index, "right")) - 1
        return self._pictures[shard][index - self._starts[shard]]

    def objects(self, index: int) -> Objects:
        return self._objects[index]

    def batch(self, indexes: np.ndarray) -> tuple[Tensor, Truth]:
        """Pictures as bytes [N, H, W, 3] and their truth."""
        pixels = np.stack([self.picture(int(index)) for index in indexes])
        return torch.from_numpy(pixels), truth_of([self._objects[int(index)] for index in indexes])


def floats_of(pixels: Tensor) -> Tensor:
    """[N, 3, H, W], 0 to 1, of bytes [N, H, W, 3]."""
    return pixels.permute(0, 3, 1, 2).float().mul_(1 / 255)


class SpoiltBatches(torch.utils.data.IterableDataset):
    """So many training batches, from the picture numbers of several passes over the data; made in one worker process."""

    def __init__(self, scenes: Scenes, batch: int, first: int, steps: int, seed: int):
        self.scenes, self.batch, self.first, self.steps, self.seed = scenes, batch, first, steps, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Truth]]:
        torch.set_num_threads(1)
        passes = -(-self.steps * self.batch // len(self.scenes))
        order = np.concatenate(
            [np.random.default_rng([self.seed, turn]).permutation(len(self.scenes)) for turn in range(passes)]
        )
        for step in range(self.first, self.steps):
            torch.manual_seed(self.seed * 1_000_003 + step)
            pixels, truth = self.scenes.batch(order[step * self.batch : (step + 1) * self.batch])
            images = spoil(floats_of(pixels), np.random.default_rng([self.seed, 7, step]))
            yield (images * 255).round_().byte().permute(0, 2, 3, 1).contiguous(), truth


def truth_of(pictures: list[Objects]) -> Truth:
    most = max(1, *(int(p.counted.sum()) for p in pictures))
    most_ignored = max(int((~p.counted).sum()) for p in pictures)
    boxes = np.zeros((len(pictures), most, 4), np.float32)
    labels = np.zeros((len(pictures), most), np.int64)
    valid = np.zeros((len(pictures), most), bool)
    ignored = np.full((len(pictures), most_ignored, 4), -1.0, np.float32)
    ignored_labels = np.zeros((len(pictures), most_ignored), np.int64)
    for index, p in enumerate(pictures):
        count = int(p.counted.sum())
        boxes[index, :count] = p.boxes[p.counted]
        labels[index, :count] = p.labels[p.counted]
        valid[index, :count] = True
        rest = len(p.labels) - count
        ignored[index, :rest] = p.boxes[~p.counted]
        ignored_labels[index, :rest] = p.labels[~p.counted]
    return Truth(*(torch.from_numpy(a) for a in (boxes, labels, valid, ignored, ignored_labels)))


def spoil(images: Tensor, random: np.random.Generator) -> Tensor:
    """Light, blur, motion, low resolution, mist and noise by chance, a picture at a time. In place."""

    def chance(part: float) -> bool:
        return bool(random.random() < part)

    for image in images:
        if chance(0.3):
            tint = torch.from_numpy(random.uniform(0.82, 1.2, (3, 1, 1)).astype(np.float32))
            image.mul_(tint)
        if chance(0.25):
            mixed = torch.eye(3) + torch.from_numpy(random.normal(0, 0.07, (3, 3)).astype(np.float32))
            image.copy_(torch.einsum("ij,jhw->ihw", mixed / mixed.sum(1, keepdim=True), image.clone()))
        if chance(0.3):
            image.mul_(float(np.exp(random.uniform(-0.9, 0.5)))).clamp_(0, 1)
        if chance(0.2):
            middle = image.mean()
            image.sub_(middle).mul_(random.uniform(0.5, 1.3)).add_(middle)
        kind = random.random()
        if kind < 0.08:
            image.copy_(blurred(image, random.uniform(0.6, 1.8)))
        elif kind < 0.14:
            length = int(random.integers(3, 11))
            image.copy_(dragged(image, length, chance(0.5)))
        elif kind < 0.20:
            factor = random.uniform(0.4, 0.8)
            small = F.interpolate(image[None], scale_factor=factor, mode="bilinear", antialias=True)
            image.copy_(F.interpolate(small, size=image.shape[1:], mode="bilinear")[0])
        if chance(0.06):
            patches = torch.from_numpy(random.random((1, 1, 4, 7)).astype(np.float32))
            mist = F.interpolate(patches, size=image.shape[1:], mode="bicubic")[0].clamp_(0, 1) * random.uniform(0.2, 0.7)
            image.add_(mist * (0.87 - image))
        if chance(0.3):
            image.copy_(with_half_colour(image))
        if chance(0.25):
            image.add_(torch.randn(image.shape), alpha=random.uniform(4, 32) / 255)
    return images.clamp_(0, 1)


def with_half_colour(image: Tensor) -> Tensor:
    """Colour at half the resolution of light, as cameras send it (4:2:0)."""
    light = (image * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0, keepdim=True)
    colour = F.avg_pool2d((image - light)[None], 2)
    return light + F.interpolate(colour, scale_factor=2.0, mode="nearest")[0]


def blurred(image: Tensor, sigma: float) -> Tensor:
    reach = int(np.ceil(2.5 * sigma))
    places = torch.arange(-reach, reach + 1).float()
    weights = torch.exp(-places.square() / (2 * sigma**2))
    weights = (weights / weights.sum()).expand(3, 1, -1)
    across = F.conv2d(image[None], weights[:, :, None, :], padding=(0, reach), groups=3)
    return F.conv2d(across, weights[:, :, :, None], padding=(reach, 0), groups=3)[0]


def dragged(image: Tensor, length: int, across: bool) -> Tensor:
    length += 1 - length % 2
    side = (1, length) if across else (length, 1)
    return F.avg_pool2d(image[None], side, 1, (side[0] // 2, side[1] // 2), count_include_pad=False)[0]
