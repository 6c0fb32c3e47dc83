"""From a trained detector to the files that the runtime takes: ONNX in float32 and in int8, and its settings."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from .dataset import Scenes, floats_of
from .model import Detector

# Old enough for every engine: layer normalisation is written out, GridSample is there.
OPSET = 16
CALIBRATION_PICTURES = 64


def load(checkpoint: Path) -> tuple[Detector, list[str]]:
    """The averaged model of a checkpoint and what its classes are called."""
    state = torch.load(checkpoint, weights_only=True)
    model = Detector(len(state["labels"]), state["height"], state["width"])
    model.load_state_dict(state["average"])
    return model.eval(), state["labels"]


def export(checkpoint: Path, scenes: Scenes, out: Path, name: str, version: str) -> None:
    """Writes NAME.onnx, NAME-int8.onnx and NAME.json. `scenes`: training pictures, to find the ranges of activations."""
    model, labels = load(checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    plain = out / f"{name}.onnx"
    picture = torch.zeros(1, 3, model.height, model.width)
    torch.onnx.export(
        model,
        (picture,),
        str(plain),
        input_names=["pixel_values"],
        output_names=["logits", "pred_boxes", "features"],
        opset_version=OPSET,
        do_constant_folding=True,
        dynamo=False,
    )
    simplify(plain)
    graph = onnx.load(str(plain))
    onnx.helper.set_model_props(graph, {"labels": json.dumps(labels)})
    del graph.opset_import[:]
    graph.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    graph.producer_name, graph.producer_version, graph.doc_string = "visionvend recipe", version, ""
    onnx.save(graph, str(plain))
    check(model, plain, scenes)
    prepared = out / f"{name}.prepared.onnx"
    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    # Class scores choose the queries by their peaks; in 8 bits too many of them would be equal.
    exact = [node.name for node in onnx.load(str(prepared)).graph.node if "/dense/logits" in node.name]
    quantize_static(
        str(prepared),
        str(out / f"{name}-int8.onnx"),
        Calibration(scenes),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        nodes_to_exclude=exact,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    prepared.unlink()
    settings = {"name": "VisionVend 18 products and a hand", "version": version, "licence": "MIT", "family": "hf-rt-detr"}
    settings |= {"labels": labels, "threshold": 0.3}
    (out / f"{name}.json").write_text(json.dumps(settings, indent=2) + "\n")


def simplify(path: Path) -> None:
    """Works out what is constant and leaves only what must be reckoned anew for each picture; plain ONNX, as before."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def check(model: Detector, path: Path, scenes: Scenes) -> None:
    """Refuses a file that answers otherwise than the model it was made from."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    pixels, _ = scenes.batch(np.arange(4))
    for image in floats_of(pixels):
        with torch.no_grad():
            wanted = [answer.numpy()[0] for answer in model(image[None])]
        found = [answer[0] for answer in session.run(None, {"pixel_values": image[None].contiguous().numpy()})]
        # Of queries that are sure: among the others two of nearly the same score may change places.
        sure = np.flatnonzero(wanted[0].max(1) > 0)
        nearest = np.abs(wanted[1][sure, None] - found[1][None]).sum(-1).argmin(1)
        worst = max((np.abs(w[sure] - f[nearest]).max() for w, f in zip(wanted, found) if len(sure)), default=0.0)
        if worst > 1e-2:
            raise RuntimeError(f"{path} answers otherwise than the model: by up to {worst:.2g}")


class Calibration(CalibrationDataReader):
    def __init__(self, scenes: Scenes):
        indexes = np.linspace(0, len(scenes) - 1, CALIBRATION_PICTURES).astype(int)
        self._pictures = iter(floats_of(scenes.batch(indexes)[0]).contiguous().numpy())

    def get_next(self) -> dict[str, np.ndarray] | None:
        picture = next(self._pictures, None)
        return None if picture is None else {"pixel_values": picture[None]}
