import type { WeightCurveBody, WeightPoint } from "@visionvend/sdk/device/messages";
import type { Settled } from "@visionvend/sdk/device/scale/settle-detector";
import type { ControllerHost } from "../controller-host.ts";

/** Points that wait for the wire at most, and that one message holds. */
const MOST_POINTS = 12;
/** Less than this is noise: ten times that of a median of five conversions. */
const LEAST_CHANGE_MILLIGRAMS = 2_000;

/**
 * What shelves weigh while the door is open, for the pi beside the controller: where nothing changes, nothing is said.
 * One message waits at a time and takes along what has come until it leaves, so a slow wire thins the curve out and
 * holds up nothing else.
 */
export class WeightCurve {
	readonly #host: ControllerHost;
	readonly #saleId: string;
	readonly #send: (body: () => WeightCurveBody) => void;
	readonly #points: WeightPoint[] = [];
	/** What was last told of each shelf. */
	readonly #told: WeightPoint[] = [];
	#isWaiting = false;

	constructor(options: {
		readonly host: ControllerHost;
		readonly saleId: string;
		/** Queues a message; `body` is called when it leaves. */
		send(body: () => WeightCurveBody): void;
	}) {
		this.#host = options.host;
		this.#saleId = options.saleId;
		this.#send = options.send;
	}

	add(shelf: number, { milligrams, spreadMilligrams, stable }: Settled): void {
		const index = this.#told.findIndex((point) => point.shelf === shelf);
		const before = this.#told[index];
		const isNews =
			before === undefined ||
			before.stable !== stable ||
			Math.abs(before.milligrams - milligrams) >= LEAST_CHANGE_MILLIGRAMS;
		if (!isNews) return;
		const point = { shelf, atMs: this.#host.ticks(), milligrams, spreadMilligrams, stable };
		if (index < 0) this.#told.push(point);
		else this.#told[index] = point;
		if (this.#points.length === MOST_POINTS) this.#dropOne();
		this.#points.push(point);
		if (this.#isWaiting) return;
		this.#isWaiting = true;
		this.#send(() => this.#take());
	}

	/** The oldest that was not at rest, else the oldest. */
	#dropOne(): void {
		const index = this.#points.findIndex(({ stable }) => !stable);
		this.#points.splice(index < 0 ? 0 : index, 1);
	}

	#take(): WeightCurveBody {
		this.#isWaiting = false;
		return { saleId: this.#saleId, atMs: this.#host.ticks(), points: this.#points.splice(0) };
	}
}
