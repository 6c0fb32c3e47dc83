"""The training loop."""

import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .accuracy import Accuracy
from .boxes import corners_of
from .dataset import Scenes, SpoiltBatches, floats_of
from .losses import decoder_loss, dense_loss
from .model import Detector

BATCH = 16
PEAK_RATE = 2e-3
WEIGHT_DECAY = 1e-4
# The decoder joins when the dense head has found out where objects are.
DECODER_FROM = 0.15
CLIP = 10.0


def rate_at(part: float) -> float:
    """One cycle (Smith 2018, arXiv:1803.09820): up in a twentieth, then down along a cosine."""
    if part < 0.05:
        return 0.04 + 0.96 * part / 0.05
    return 0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * (part - 0.05) / 0.95))


class Average:
    """Mean of a model's weights over the last steps (exponential)."""

    def __init__(self, model: nn.Module, decay: float = 0.9993):
        self.model = copy.deepcopy(model).eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        keep = min(self.decay, (1 + step) / (20 + step))
        for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def train(scenes: Scenes, validation: Scenes, out: Path, pictures: int, seed: int, checkpoint: Path | None = None) -> None:
    """Shows the model so many pictures; writes `detector.pt` into `out` again and again, the averaged weights in it."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    steps = pictures // BATCH
    model = Detector(len(scenes.labels), scenes.height, scenes.width).to(memory_format=torch.channels_last)
    plain = [p for p in model.parameters() if p.ndim <= 1]
    heavy = [p for p in model.parameters() if p.ndim > 1]
    groups = [{"params": heavy, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.99))
    average = Average(model)
    first = 0
    if checkpoint is not None:
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        average.model.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    batches = torch.utils.data.DataLoader(
        SpoiltBatches(scenes, BATCH, first, steps, seed), batch_size=None, num_workers=1, prefetch_factor=6
    )
    log = (out / "log.jsonl").open("a")
    sums: dict[str, float] = {}
    started = time.process_time()
    for step, (pixels, truth) in enumerate(batches, first):
        part = step / steps
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * rate_at(part)
        model.train()
        images = floats_of(pixels)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            maps = model.maps(images)
            logit_maps, logits, boxes = model.dense(maps)
        losses = dense_loss(logits.float(), boxes, model.dense.centres, model.dense.strides, truth)
        if part >= DECODER_FROM:
            maps = [m.float() for m in maps]
            content, start = model.choose([m.detach().float() for m in logit_maps], boxes.detach(), maps)
            answers = model.decoder(content, start, maps)
            losses |= decoder_loss(answers[0], answers[1], truth, model.scale)
        loss = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        average.update(model, step)
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach())
        if (step + 1) % 50 == 0:
            line = {"step": step + 1, "pictures": (step + 1) * BATCH, "cpu_s": round(time.process_time() - started)}
            line |= {name: round(value / 50, 4) for name, value in sums.items()}
            sums = {}
            log.write(json.dumps(line) + "\n")
            log.flush()
        if (step + 1) % 500 == 0 or step + 1 == steps:
            state = {"labels": scenes.labels, "height": scenes.height, "width": scenes.width, "step": step + 1}
            state |= {"model": model.state_dict(), "average": average.model.state_dict()}
            state |= {"optimizer": optimizer.state_dict()}
            torch.save(state, out / "detector.pt.part")
            (out / "detector.pt.part").replace(out / "detector.pt")
            result = judge(average.model, validation, range(min(200, len(validation))))
            log.write(json.dumps({"step": step + 1, "validation": result}) + "\n")
            log.flush()


@torch.no_grad()
def judge(model: Detector, scenes: Scenes, which: range) -> dict:
    """Accuracy on the pictures of those numbers, without and with the decoder."""
    model.eval()
    accuracy = Accuracy(scenes.labels)
    for start in range(which.start, which.stop, BATCH):
        indexes = np.arange(start, min(start + BATCH, which.stop))
        pixels, _ = scenes.batch(indexes)
        logits, boxes, _ = model(floats_of(pixels).contiguous(memory_format=torch.channels_last))
        scores, labels = logits.sigmoid().max(-1)
        corners = corners_of(boxes) * model.scale
        for row, index in enumerate(indexes):
            objects = scenes.objects(int(index))
            accuracy.add(scores[row].numpy(), labels[row].numpy(), corners[row].numpy(), objects)
    return accuracy.result()
