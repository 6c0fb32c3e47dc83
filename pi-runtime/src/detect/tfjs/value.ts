import { keep, type Tensor, type Tensor4D, transpose } from "@tensorflow/tfjs-core";

/**
 * A value of an ONNX graph. Pictures (rank 4) may lie in memory with the channels last, as TensorFlow.js wants them for its
 * convolutions; the other order is made when somebody asks for it. Its tensors live until `dispose`, whatever `tidy`
 * they were made in.
 */
export class Value {
	/** The shape as ONNX sees it: of pictures [batch, channels, height, width]. */
	readonly shape: readonly number[];
	readonly type: "float32" | "int32" | "bool";
	/** Whether a picture was made with the channels last. */
	readonly isChannelsLast: boolean;
	#plain: Tensor | undefined;
	#channelsLast: Tensor4D | undefined;
	#numbers: readonly number[] | undefined;
	readonly #derived = new Map<string, Tensor>();

	private constructor(shape: readonly number[], dtype: string, isChannelsLast: boolean) {
		if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
			throw new TypeError(`No operator makes ${dtype}.`);
		this.shape = shape;
		this.type = dtype;
		this.isChannelsLast = isChannelsLast;
	}

	/** A value whose tensor has ONNX's own order. */
	static of(tensor: Tensor): Value {
		const value = new Value(tensor.shape, tensor.dtype, false);
		value.#plain = keep(tensor);
		return value;
	}

	/** A picture whose tensor is [batch, height, width, channels]. */
	static ofChannelsLast(picture: Tensor): Value {
		const tensor = asPicture(picture);
		const [batch, height, width, channels] = tensor.shape;
		const value = new Value([batch, channels, height, width], tensor.dtype, true);
		value.#channelsLast = keep(tensor);
		return value;
	}

	get rank(): number {
		return this.shape.length;
	}

	get size(): number {
		return this.shape.reduce((product, length) => product * length, 1);
	}

	/** In ONNX's order. */
	tensor(): Tensor {
		if (this.#plain === undefined) {
			if (this.#channelsLast === undefined) throw new Error("A value was used after its end.");
			this.#plain = keep(transpose(this.#channelsLast, [0, 3, 1, 2]));
		}
		return this.#plain;
	}

	/** [batch, height, width, channels] of a value of rank 4. */
	channelsLast(): Tensor4D {
		this.#channelsLast ??= keep(transpose(asPicture(this.tensor()), [0, 2, 3, 1]));
		return this.#channelsLast;
	}

	/** The elements in ONNX's order; for the few numbers that say a shape, an axis or a place. */
	numbers(): readonly number[] {
		this.#numbers ??= Array.from(this.tensor().dataSync());
		return this.#numbers;
	}

	/** A tensor made from this value, made once in the value's life: weights in another order, say. */
	derived(key: string, make: (tensor: Tensor) => Tensor): Tensor {
		const known = this.#derived.get(key);
		if (known !== undefined) return known;
		const made = keep(make(this.tensor()));
		this.#derived.set(key, made);
		return made;
	}

	dispose(): void {
		for (const tensor of [this.#plain, this.#channelsLast, ...this.#derived.values()]) tensor?.dispose();
		this.#plain = undefined;
		this.#channelsLast = undefined;
		this.#derived.clear();
	}
}

/** The four lengths of a picture. Throws a `RangeError` for another rank. */
export function rank4(shape: readonly number[]): [number, number, number, number] {
	const [a, b, c, d] = shape;
	if (shape.length !== 4 || a === undefined || b === undefined || c === undefined || d === undefined)
		throw new RangeError(`A picture of rank 4 was expected, not [${shape.join(", ")}].`);
	return [a, b, c, d];
}

/** The same tensor, known to have rank 4. Throws a `RangeError` where it has not. */
export function asPicture(tensor: Tensor): Tensor4D {
	if (!isPicture(tensor)) throw new RangeError(`A picture of rank 4 was expected, not [${tensor.shape.join(", ")}].`);
	return tensor;
}

function isPicture(tensor: Tensor): tensor is Tensor4D {
	return tensor.rank === 4;
}
