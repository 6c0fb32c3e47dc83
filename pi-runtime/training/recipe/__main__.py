"""python -m recipe: from the renderer to the files of a detector."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from .dataset import Scenes
from .export import export, load
from .train import judge, train

REPOSITORY = Path(__file__).resolve().parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m recipe", description="Trains VisionVend's own detector.")
    parser.add_argument("--work", type=Path, default=Path("work"), help="folder for pictures and checkpoints")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "pi-runtime/models", help="where the model goes")
    parser.add_argument("--name", default="visionvend-18", help="name of the model's files")
    parser.add_argument("--version", default="1.0.0", help="version that is written into the model")
    parser.add_argument("--scenes", type=int, default=48_000, help="training pictures to draw")
    parser.add_argument("--pictures", type=int, default=102_400, help="training pictures to show; more than --scenes: again")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="a training set of your own in place of drawn scenes")
    parser.add_argument("--validation", type=Path, help="the same to validate with; wanted with --data")
    wanted = parser.parse_args()
    if (wanted.data is None) != (wanted.validation is None):
        parser.error("--data and --validation go together")
    training = wanted.data or draw(wanted.work / "training", wanted.scenes, wanted.seed, "training")
    validation = wanted.validation or draw(wanted.work / "validation", min(500, wanted.scenes), 11, "validation")
    scenes, held_out = Scenes(training), Scenes(validation)
    run = wanted.work / "run"
    checkpoint = run / "detector.pt"
    train(scenes, held_out, run, wanted.pictures, wanted.seed, checkpoint if checkpoint.exists() else None)
    export(checkpoint, scenes, wanted.out, wanted.name, wanted.version)
    result = judge(load(checkpoint)[0], held_out, range(len(held_out)))
    print(json.dumps(result, indent=2))
    return 0


def draw(folder: Path, scenes: int, seed: int, split: str) -> Path:
    """Lets the simulator draw scenes, unless the same are there already."""
    if (folder / "dataset.json").exists():
        description = json.loads((folder / "dataset.json").read_text())
        same = (description["scenes"], description["seed"], description["split"]) == (scenes, seed, split)
        if same and all((folder / shard["pictures"]).exists() for shard in description["shards"]):
            return folder
    simulator = ["node", str(REPOSITORY / "hardware-sim/dist/cli.js"), "scenes", "--out", str(folder)]
    subprocess.run([*simulator, "--scenes", str(scenes), "--seed", str(seed), "--split", split], check=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
