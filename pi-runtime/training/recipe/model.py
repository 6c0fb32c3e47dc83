"""A small detector of the RT-DETR family (Zhao et al. 2023, arXiv:2304.08069) for one core of a Raspberry Pi.

A plain convolutional backbone, self-attention on its coarsest map (AIFI), a light feature pyramid up and down, a dense
head that is trained one-to-many, and a decoder of two layers with deformable attention that starts from the peaks of the
dense head's scores and answers each object once: no non-maximum suppression.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDES = (8, 16, 32)
WIDTH = 80
QUERIES = 60
HEADS = 4
POINTS = 4


class Conv(nn.Sequential):
    """Convolution, batch normalisation and, unless told otherwise, a rectifier."""

    def __init__(self, inputs: int, outputs: int, side: int = 3, stride: int = 1, groups: int = 1, rectify: bool = True):
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, side, stride, side // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
        ]
        if rectify:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.first = Conv(width, width)
        self.second = Conv(width, width, rectify=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


class Backbone(nn.Module):
    """Maps of a picture [N, 3, H, W] at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(Conv(3, 24, stride=2), Conv(24, 32, stride=2), Residual(32))
        self.stage8 = nn.Sequential(Conv(32, 64, stride=2), Residual(64), Residual(64))
        self.stage16 = nn.Sequential(Conv(64, 96, stride=2), Residual(96), Residual(96))
        self.stage32 = nn.Sequential(Conv(96, 144, stride=2), Residual(144))

    def forward(self, x: Tensor) -> list[Tensor]:
        c8 = self.stage8(self.stem(x))
        c16 = self.stage16(c8)
        return [c8, c16, self.stage32(c16)]


class SelfAttention(nn.Module):
    """Multi-head attention among tokens [N, T, D]; positions are added to queries and keys only."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query_key = nn.Linear(width, 2 * width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        each = width // self.heads

        def split(t: Tensor) -> Tensor:
            return t.reshape(batch, tokens, self.heads, each).transpose(1, 2)

        query, key = self.query_key(x + positions).chunk(2, dim=-1)
        weights = (split(query) @ split(key).transpose(2, 3) / math.sqrt(each)).softmax(-1)
        return self.out((weights @ split(self.value(x))).transpose(1, 2).reshape(batch, tokens, width))


class FeedForward(nn.Sequential):
    def __init__(self, width: int, hidden: int):
        super().__init__(nn.Linear(width, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, width))


class Encoder(nn.Module):
    """AIFI on the coarsest map, then a pyramid down to stride 8 and up again."""

    def __init__(self, height: int, width: int):
        super().__init__()
        self.lateral = nn.ModuleList(Conv(c, WIDTH, 1, rectify=False) for c in (64, 96, 144))
        self.attention = SelfAttention(WIDTH, HEADS)
        self.norm1 = nn.LayerNorm(WIDTH)
        self.feed = FeedForward(WIDTH, 2 * WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.register_buffer("positions", sinusoids(height // 32, width // 32, WIDTH), persistent=False)
        self.top16 = Conv(WIDTH, WIDTH)
        self.top8 = Conv(WIDTH, WIDTH)
        self.down16 = Conv(WIDTH, WIDTH, stride=2)
        self.out16 = Conv(WIDTH, WIDTH)
        self.down32 = Conv(WIDTH, WIDTH, stride=2)
        self.out32 = Conv(WIDTH, WIDTH)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        c8, c16, c32 = (lateral(m) for lateral, m in zip(self.lateral, maps))
        batch, width, rows, columns = c32.shape
        tokens = c32.flatten(2).transpose(1, 2)
        tokens = self.norm1(tokens + self.attention(tokens, self.positions))
        tokens = self.norm2(tokens + self.feed(tokens))
        p32 = tokens.transpose(1, 2).reshape(batch, width, rows, columns)
        p16 = self.top16(c16 + F.interpolate(p32, scale_factor=2.0, mode="nearest"))
        p8 = self.top8(c8 + F.interpolate(p16, scale_factor=2.0, mode="nearest"))
        n16 = self.out16(p16 + self.down16(p8))
        n32 = self.out32(p32 + self.down32(n16))
        return [p8, n16, n32]


def sinusoids(rows: int, columns: int, width: int) -> Tensor:
    """Sines and cosines of places, [rows * columns, width]."""
    quarter = width // 4
    rates = 1.0 / (100.0 ** (torch.arange(quarter) / quarter))
    y, x = torch.meshgrid(torch.arange(rows).float(), torch.arange(columns).float(), indexing="ij")
    waves = [trig(place.reshape(-1, 1) * rates) for place in (x, y) for trig in (torch.sin, torch.cos)]
    return torch.cat(waves, dim=1)


class DenseHead(nn.Module):
    """Class logits and a box at every place of every map."""

    def __init__(self, classes: int, height: int, width: int):
        super().__init__()

        def tower() -> nn.Sequential:
            return nn.Sequential(Conv(WIDTH, WIDTH, groups=WIDTH), Conv(WIDTH, WIDTH, 1))

        self.class_tower = nn.ModuleList(tower() for _ in STRIDES)
        self.box_tower = nn.ModuleList(tower() for _ in STRIDES)
        self.logits = nn.ModuleList(nn.Conv2d(WIDTH, classes, 1) for _ in STRIDES)
        self.sides = nn.ModuleList(nn.Conv2d(WIDTH, 4, 1) for _ in STRIDES)
        for logits, sides in zip(self.logits, self.sides):
            nn.init.constant_(logits.bias, -4.6)
            nn.init.constant_(sides.bias, 1.0)
            nn.init.normal_(sides.weight, std=0.01)
        grids = []
        for stride in STRIDES:
            y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
            grids.append(torch.stack([(x + 0.5) * stride, (y + 0.5) * stride], -1).reshape(-1, 2))
        self.register_buffer("centres", torch.cat(grids).float(), persistent=False)
        strides = [torch.full((len(grid), 1), float(stride)) for grid, stride in zip(grids, STRIDES)]
        self.register_buffer("strides", torch.cat(strides), persistent=False)

    def forward(self, maps: list[Tensor]) -> tuple[list[Tensor], Tensor, Tensor]:
        """Logits as maps, logits [N, A, C] and boxes x1 y1 x2 y2 in pixels [N, A, 4]."""
        towers = zip(maps, self.class_tower, self.box_tower, self.logits, self.sides)
        logit_maps, sides = [], []
        for feature, class_tower, box_tower, to_logits, to_sides in towers:
            logit_maps.append(to_logits(class_tower(feature)))
            sides.append(to_sides(box_tower(feature)).flatten(2).transpose(1, 2))
        logits = torch.cat([m.flatten(2).transpose(1, 2) for m in logit_maps], 1)
        reach = F.softplus(torch.cat(sides, 1).float()) * self.strides * 2.0
        boxes = torch.cat([self.centres - reach[..., :2], self.centres + reach[..., 2:]], -1)
        return logit_maps, logits, boxes


class DeformableAttention(nn.Module):
    """Each query looks at a few places of each map around its box (Zhu et al. 2020, arXiv:2010.04159)."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = HEADS * len(STRIDES) * POINTS
        self.offsets = nn.Linear(WIDTH, 2 * self.samples)
        self.weights = nn.Linear(WIDTH, self.samples)
        self.out = nn.Linear(WIDTH, WIDTH)
        nn.init.zeros_(self.offsets.weight)
        nn.init.zeros_(self.weights.weight)
        nn.init.zeros_(self.weights.bias)
        angles = torch.arange(HEADS) * (2 * math.pi / HEADS)
        star = torch.stack([angles.cos(), angles.sin()], -1)
        star = star / star.abs().max(-1, keepdim=True).values
        steps = torch.arange(1, POINTS + 1).float() / POINTS
        grid = star[:, None, None, :] * steps[None, None, :, None]
        with torch.no_grad():
            self.offsets.bias.copy_(grid.expand(HEADS, len(STRIDES), POINTS, 2).reshape(-1))

    def forward(self, queries: Tensor, boxes: Tensor, values: list[Tensor]) -> Tensor:
        """queries [N, Q, D], boxes cx cy w h of 0 to 1 [N, Q, 4], values: maps [N * HEADS, D / HEADS, h, w]."""
        batch, count, _ = queries.shape
        levels = len(values)
        offsets = self.offsets(queries).reshape(batch, count, HEADS * levels * POINTS, 2)
        places = boxes[:, :, None, :2] + offsets * boxes[:, :, None, 2:] * 0.5
        places = (2 * places - 1).reshape(batch, count, HEADS, levels, POINTS, 2)
        places = places.permute(3, 0, 2, 1, 4, 5).reshape(levels, batch * HEADS, count, POINTS, 2)
        weights = self.weights(queries).reshape(batch, count, HEADS, levels * POINTS).softmax(-1)
        weights = weights.permute(0, 2, 1, 3).reshape(batch * HEADS, 1, count, levels * POINTS)
        sampled = [
            F.grid_sample(value, places[level], mode="bilinear", padding_mode="zeros", align_corners=False)
            for level, value in enumerate(values)
        ]
        seen = (torch.cat(sampled, -1) * weights).sum(-1)
        return self.out(seen.reshape(batch, HEADS * (WIDTH // HEADS), count).transpose(1, 2))


class DecoderLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.self_attention = SelfAttention(WIDTH, HEADS)
        self.cross_attention = DeformableAttention()
        self.feed = FeedForward(WIDTH, 2 * WIDTH)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))

    def forward(self, x: Tensor, positions: Tensor, boxes: Tensor, values: list[Tensor]) -> Tensor:
        x = self.norms[0](x + self.self_attention(x, positions))
        x = self.norms[1](x + self.cross_attention(x + positions, boxes, values))
        return self.norms[2](x + self.feed(x))


class Decoder(nn.Module):
    def __init__(self, classes: int, layers: int = 2):
        super().__init__()
        self.value = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 1) for _ in STRIDES)
        self.content = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH))
        self.position = nn.Sequential(nn.Linear(4, 2 * WIDTH), nn.ReLU(inplace=True), nn.Linear(2 * WIDTH, WIDTH))
        self.layers = nn.ModuleList(DecoderLayer() for _ in range(layers))
        self.logits = nn.ModuleList(nn.Linear(WIDTH, classes) for _ in range(layers))
        self.shifts = nn.ModuleList(
            nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(inplace=True), nn.Linear(WIDTH, 4)) for _ in range(layers)
        )
        for logits, shift in zip(self.logits, self.shifts):
            nn.init.constant_(logits.bias, -3.0)
            nn.init.zeros_(shift[2].weight)
            nn.init.zeros_(shift[2].bias)

    def forward(self, content: Tensor, boxes: Tensor, maps: list[Tensor]) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """content [N, Q, D]; boxes cx cy w h, 0 to 1. Logits and boxes of every layer, and the queries of the last."""
        each = WIDTH // HEADS
        values = [
            to_value(m).reshape(m.shape[0] * HEADS, each, m.shape[2], m.shape[3]) for to_value, m in zip(self.value, maps)
        ]
        x = self.content(content)
        all_logits, all_boxes = [], []
        for layer, to_logits, to_shift in zip(self.layers, self.logits, self.shifts):
            x = layer(x, self.position(boxes), boxes, values)
            boxes = torch.sigmoid(to_shift(x) + inverse_sigmoid(boxes))
            all_logits.append(to_logits(x))
            all_boxes.append(boxes)
            boxes = boxes.detach()
        return all_logits, all_boxes, x


def inverse_sigmoid(x: Tensor) -> Tensor:
    x = x.clamp(1e-4, 1 - 1e-4)
    return torch.log(x / (1 - x))


class Detector(nn.Module):
    def __init__(self, classes: int, height: int, width: int):
        super().__init__()
        self.classes, self.height, self.width = classes, height, width
        self.backbone = Backbone()
        self.encoder = Encoder(height, width)
        self.dense = DenseHead(classes, height, width)
        self.decoder = Decoder(classes)
        self.register_buffer("scale", torch.tensor([width, height, width, height]).float(), persistent=False)

    def maps(self, images: Tensor) -> list[Tensor]:
        return self.encoder(self.backbone(images))

    def choose(self, logit_maps: list[Tensor], boxes: Tensor, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Features and boxes (cx cy w h, 0 to 1) of the places whose score is the highest within one step around."""
        peaks = []
        for logits in logit_maps:
            best = logits.amax(1, keepdim=True)
            around = F.max_pool2d(best, 3, 1, 1)
            peaks.append((best - 100.0 * (best < around).to(best.dtype)).flatten(1))
        chosen = torch.cat(peaks, 1).topk(QUERIES, dim=1).indices
        tokens = torch.cat([m.flatten(2).transpose(1, 2) for m in maps], 1)
        content = tokens.gather(1, chosen[..., None].expand(-1, -1, tokens.shape[-1]))
        corners = (boxes / self.scale).clamp(0.0, 1.0).gather(1, chosen[..., None].expand(-1, -1, 4))
        low, high = corners[..., :2], corners[..., 2:]
        return content, torch.cat([(low + high) / 2, high - low], -1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """images [N, 3, H, W], 0 to 1. Logits [N, Q, C], boxes cx cy w h of 0 to 1 [N, Q, 4], features [N, Q, D]."""
        maps = self.maps(images)
        logit_maps, _, boxes = self.dense(maps)
        content, start = self.choose(logit_maps, boxes, maps)
        logits, decoded, features = self.decoder(content, start, maps)
        return logits[-1], decoded[-1], features
