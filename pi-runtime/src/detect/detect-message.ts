import type { Detection } from "./detection.ts";
import type { DetectionTimes } from "./detection-pipeline.ts";
import type { Picture } from "./picture.ts";

/** The programs that can run a model: ONNX Runtime and TensorFlow.js. */
export const engines = ["ort", "tfjs"] as const;
export type Engine = (typeof engines)[number];

/** What a detect worker is started with. */
export interface DetectWorkerData {
	readonly modelPath: string;
	readonly engine: Engine;
}

/** What a detector tells about its model. */
export interface ModelDescription {
	readonly path: string;
	readonly family: string;
	/** The engine and how it runs, such as `ort` or `tfjs-wasm`. */
	readonly engine: string;
	/** Of the model, and behind them the enrolled ones. */
	readonly labels: readonly string[];
	/** Labels that this machine learned beyond its model. */
	readonly enrolled: readonly string[];
	readonly threshold: number;
	readonly size: readonly [number, number];
	readonly resize: "stretch" | "letterbox" | "short-side";
}

/** Orders to the worker; pixels lie at the start of `memory`. */
export type DetectOrder =
	| {
			readonly kind: "detect";
			readonly id: number;
			readonly memory: SharedArrayBuffer;
			readonly picture: Omit<Picture, "data">;
			readonly threshold: number | undefined;
	  }
	| { readonly kind: "close" };

/** What the worker answers. */
export type DetectReport =
	| { readonly kind: "ready"; readonly model: ModelDescription }
	| { readonly kind: "refused"; readonly reason: string }
	| {
			readonly kind: "detected";
			readonly id: number;
			readonly detections: readonly Detection[];
			readonly times: DetectionTimes;
	  }
	| { readonly kind: "failed"; readonly id: number; readonly reason: string };
