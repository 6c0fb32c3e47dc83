import { cocoCategories, cocoLabels } from "./coco-labels.ts";
import type { Family, ModelSettings, Resize } from "./model-settings.ts";
import { elementTypes, type OnnxModel, type OnnxValueInfo } from "./onnx/onnx-model.ts";

/** How to talk to a detector: what goes in, what comes out, and what it means. */
export interface Contract {
	readonly family: Family;
	/** Names of the graph's inputs. */
	readonly inputs: {
		/** float32 [1, 3, height, width] */
		readonly image: string;
		/** int64 [1, 2]: width and height of the source, which the graph scales its boxes by. */
		readonly sizes?: string | undefined;
		/** int64 [1, height, width]: 1 where there is picture. */
		readonly mask?: string | undefined;
	};
	/** Names of the graph's outputs. */
	readonly outputs:
		| {
				readonly kind: "queries";
				/** float32 [1, Q, C] */
				readonly logits: string;
				/** float32 [1, Q, 4]: centre x, centre y, width, height, 0 to 1 of the input. */
				readonly boxes: string;
				/** float32 [1, Q, D] */
				readonly features?: string | undefined;
		  }
		| {
				readonly kind: "boxes";
				/** int64 or int32 [1, N] */
				readonly labels: string;
				/** float32 [1, N, 4]: x1, y1, x2, y2, pixels of what `sizes` said. */
				readonly boxes: string;
				/** float32 [1, N] */
				readonly scores: string;
		  };
	/** Whether `labels` or `sizes` have 64 bits, as they should, or 32. */
	readonly sizesType: "int64" | "int32";
	/** Width and height of the input; of `short-side`, its short side and the longest that a side may get. */
	readonly size: readonly [number, number];
	readonly resize: Resize;
	readonly mean: readonly [number, number, number];
	readonly std: readonly [number, number, number];
	readonly activation: "sigmoid" | "softmax";
	/** The label of each class number, `null` for one that is not used; beyond its end, "class N". */
	readonly labels: readonly (string | null)[];
	/** Detections below this score are dropped where the caller does not say otherwise. */
	readonly threshold: number;
}

const imageNetMean = [0.485, 0.456, 0.406] as const;
const imageNetStd = [0.229, 0.224, 0.225] as const;

const signatures = `  rt-detr     images float32[N,3,H,W], orig_target_sizes int64[N,2]  ->  labels int64[N,Q], boxes float32[N,Q,4], scores float32[N,Q]
  hf-rt-detr  pixel_values float32[N,3,H,W]  ->  logits float32[N,Q,C], pred_boxes float32[N,Q,4]  (TopK or GridSample inside)
  rf-detr     input float32[N,3,H,W]  ->  dets float32[N,Q,4], labels float32[N,Q,C]
  detr        pixel_values float32[N,3,H,W], pixel_mask int64[N,H,W] (may be absent)  ->  logits float32[N,Q,C], pred_boxes float32[N,Q,4]`;

/**
 * Recognises which contract a model keeps, from its own inputs, outputs and metadata; `settings` win over them.
 * Throws an `Error` that says what was expected and what was found.
 */
export function recogniseContract(model: OnnxModel, settings: ModelSettings = {}): Contract {
	const { inputs, outputs } = model.graph;
	const refuse = (why: string): never => {
		throw new Error(
			`This model is no detector that is known here: ${why}.\nFound:\n  ${signatureOf(inputs)}  ->  ${signatureOf(outputs)}\nExpected one of:\n${signatures}\nIf it is one of them under other names, say "family" in a model.json beside it.`,
		);
	};

	const images = inputs.filter(({ elementType, shape }) => elementType === elementTypes.float32 && shape.length === 4);
	const image = images[0];
	if (image === undefined || images.length > 1) return refuse("it takes no single float32 image of rank 4");
	const [batch, depth, height, width] = image.shape;
	if (typeof depth === "number" && depth !== 3)
		return refuse(`its image "${image.name}" has ${depth} channels in second place, not 3`);
	if (typeof batch === "number" && batch !== 1)
		return refuse(`it takes ${batch} images at once; export it with a batch of 1`);

	const others = inputs.filter((input) => input !== image);
	const sizes = others.find((input) => isInteger(input) && input.shape.length === 2);
	const mask = others.find((input) => isInteger(input) && input.shape.length === 3);
	const strange = others.find((input) => input !== sizes && input !== mask);
	if (strange !== undefined) return refuse(`its input "${strange.name}" is not known`);

	const family = settings.family ?? familyOf(model, sizes, mask);
	if (family === undefined) return refuse("its outputs fit no contract");

	const fixed = typeof width === "number" && typeof height === "number" ? ([width, height] as const) : undefined;
	if (fixed !== undefined && settings.size !== undefined && fixed.join() !== settings.size.join())
		return refuse(`its input is fixed to ${fixed.join("×")}, and the settings say ${settings.size.join("×")}`);

	const isNormalised = family === "rf-detr" || family === "detr";
	const common = {
		family,
		mean: settings.mean ?? (isNormalised ? imageNetMean : ([0, 0, 0] as const)),
		std: settings.std ?? (isNormalised ? imageNetStd : ([1, 1, 1] as const)),
		activation: settings.activation ?? (family === "detr" ? "softmax" : "sigmoid"),
		threshold: settings.threshold ?? 0.3,
		sizesType: sizes?.elementType === elementTypes.int32 ? "int32" : "int64",
		...sizeOf(family, fixed, settings),
	} as const;
	const written = settings.labels ?? labelsIn(model.metadata);

	if (family === "rt-detr") {
		const labels = outputs.find((output) => isInteger(output) && output.shape.length === 2);
		const boxes = outputs.find((output) => isFloat(output) && output.shape.length === 3);
		const scores = outputs.find((output) => isFloat(output) && output.shape.length === 2);
		if (sizes === undefined) return refuse("a model of the family rt-detr also takes the picture's size, int64[N,2]");
		if (labels === undefined || boxes === undefined || scores === undefined)
			return refuse("a model of the family rt-detr answers labels, boxes and scores");
		return {
			...common,
			inputs: { image: image.name, sizes: sizes.name },
			outputs: { kind: "boxes", labels: labels.name, boxes: boxes.name, scores: scores.name },
			labels: written ?? [],
		};
	}

	if (sizes !== undefined) return refuse(`a model of the family ${family} does not take "${sizes.name}"`);
	const { boxes, logits, features } = queriesOf(outputs);
	if (boxes === undefined || logits === undefined)
		return refuse(`a model of the family ${family} answers boxes float32[N,Q,4] and logits float32[N,Q,C]`);
	const classes = logits.shape[2];
	if (written !== undefined && typeof classes === "number") {
		// A softmax has one class more, which means "nothing".
		const expected = common.activation === "softmax" ? classes - 1 : classes;
		if (written.length !== expected)
			return refuse(`it tells ${expected} classes apart, and there are ${written.length} labels`);
	}
	return {
		...common,
		inputs: { image: image.name, ...(mask === undefined ? {} : { mask: mask.name }) },
		outputs: {
			kind: "queries",
			boxes: boxes.name,
			logits: logits.name,
			...(features === undefined ? {} : { features: features.name }),
		},
		labels: written ?? wellKnownLabels(family, classes),
	};
}

/** Keyed by types and ranks where they tell: `labels` are class numbers in one family and logits in another. */
function familyOf(
	{ graph: { nodes, outputs } }: OnnxModel,
	sizes: OnnxValueInfo | undefined,
	mask: OnnxValueInfo | undefined,
): Family | undefined {
	const has = (name: string): boolean => outputs.some((output) => output.name === name);
	if (sizes !== undefined)
		return outputs.some((output) => isInteger(output) && output.shape.length === 2) ? "rt-detr" : undefined;
	if (has("dets") && has("labels")) return "rf-detr";
	if (!has("logits") || !has("pred_boxes")) return undefined;
	// RT-DETR and its kin choose queries by TopK and sample features; the first DETR does neither.
	const selects = nodes.some(({ operator }) => operator === "TopK" || operator === "GridSample");
	return mask === undefined && selects ? "hf-rt-detr" : "detr";
}

function queriesOf(outputs: readonly OnnxValueInfo[]) {
	const floats = outputs.filter((output) => isFloat(output) && output.shape.length === 3);
	const named = (...names: string[]) => floats.find(({ name }) => names.includes(name));
	const boxes = named("pred_boxes", "dets", "boxes") ?? floats.find(({ shape }) => shape[2] === 4);
	const rest = floats.filter((output) => output !== boxes);
	const logits = named("logits", "pred_logits", "labels") ?? (rest.length === 1 ? rest[0] : undefined);
	return {
		boxes: boxes?.shape[2] === 4 || typeof boxes?.shape[2] === "string" ? boxes : undefined,
		logits,
		features: named("features"),
	};
}

function sizeOf(
	family: Family,
	fixed: readonly [number, number] | undefined,
	settings: ModelSettings,
): Pick<Contract, "size" | "resize"> {
	const resize =
		settings.resize ??
		(family === "detr" && fixed === undefined && settings.size === undefined ? "short-side" : "stretch");
	if (resize === "short-side")
		// The numbers of DETR's own evaluation (https://arxiv.org/abs/2005.12872, section A.4).
		return { resize, size: [settings.size?.[0] ?? 800, settings.longestSide ?? 1_333] };
	return { resize, size: fixed ?? settings.size ?? [640, 640] };
}

/** `labels` or `id2label` in a model's metadata, as a JSON list or an object from number to label. */
function labelsIn(metadata: ReadonlyMap<string, string>): readonly (string | null)[] | undefined {
	const text = metadata.get("labels") ?? metadata.get("id2label");
	if (text === undefined) return undefined;
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		throw new Error(`The model's metadata has labels that are not JSON: ${error.message}`, { cause: error });
	}
	if (typeof document !== "object" || document === null) return undefined;
	const labels: (string | null)[] = [];
	for (const [key, label] of Object.entries(document)) {
		const number = Number(key);
		if (!Number.isInteger(number) || number < 0 || number >= 10_000 || typeof label !== "string")
			throw new Error(`The model's metadata has a label "${key}" that is no text at a class number.`);
		labels[number] = label;
	}
	return Array.from(labels, (label) => label ?? null);
}

function wellKnownLabels(family: Family, classes: number | string | undefined): readonly (string | null)[] {
	if (classes === 80) return cocoLabels;
	if (classes === 91 && family === "rf-detr") return cocoCategories;
	if (classes === 92 && family === "detr") return cocoCategories;
	// Of a softmax the last one means "nothing".
	const count = typeof classes !== "number" ? 0 : family === "detr" ? classes - 1 : classes;
	return Array.from({ length: count }, (_, index) => `class ${index}`);
}

function isFloat({ elementType }: OnnxValueInfo): boolean {
	return elementType === elementTypes.float32;
}

function isInteger({ elementType }: OnnxValueInfo): boolean {
	return elementType === elementTypes.int64 || elementType === elementTypes.int32;
}

const elementTypeNames: ReadonlyMap<number, string> = new Map(
	Object.entries(elementTypes).map(([name, number]) => [number, name]),
);

function signatureOf(values: readonly OnnxValueInfo[]): string {
	const texts = values.map(
		({ name, elementType, shape }) =>
			`${name} ${elementTypeNames.get(elementType) ?? `type ${elementType}`}[${shape.join(",")}]`,
	);
	return texts.join(", ") || "nothing";
}
