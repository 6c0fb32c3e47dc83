import type { Operator } from "./operator.ts";
import { elementwiseOperators } from "./operators/elementwise.ts";
import { gridSampleOperators } from "./operators/grid-sample.ts";
import { matrixOperators } from "./operators/matrix.ts";
import { pictureOperators } from "./operators/picture.ts";
import { quantizationOperators } from "./operators/quantization.ts";
import { reductionOperators } from "./operators/reduction.ts";
import { selectionOperators } from "./operators/selection.ts";
import { shapeOperators } from "./operators/shape.ts";

/** What this engine can do of ONNX's own operators (https://onnx.ai/onnx/operators/), by name. */
export const operators: ReadonlyMap<string, Operator> = new Map(
	Object.entries({
		...elementwiseOperators,
		...gridSampleOperators,
		...matrixOperators,
		...pictureOperators,
		...quantizationOperators,
		...reductionOperators,
		...selectionOperators,
		...shapeOperators,
	}),
);
