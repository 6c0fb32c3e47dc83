import type { CurvePoint } from "@visionvend/sdk/basket/weight-steps";
import { type WeightCurveBody, weightCurveBodySchema } from "@visionvend/sdk/protocol/messages";
import { parseJson } from "../sale/read-claims.ts";

/** Sales whose curves are kept: reports come within seconds of the door's closing. */
const mostSales = 4;

/** A door that is open for ten minutes with every shelf in motion. */
const mostPoints = 5_000;

interface Curve {
	readonly points: WeightCurveBody["points"][number][];
	/** Arrival on this clock minus the controller's time of sending: the least of all messages was the least delayed. */
	offsetMs: number;
}

/**
 * What shelves weighed while the door was open, as the controller tells it over the wire. Only in memory: a decision
 * without it is made from the report, which is safe on the disk, and is a review more often.
 */
export class WeightCurves {
	readonly #curves = new Map<string, Curve>();

	/** Takes a message in. Returns why it cannot be read, in one word, or `undefined`. */
	receive(text: string, arrivedAtMs: number): string | undefined {
		const body = weightCurveBodySchema.safeParse(parseJson(text));
		if (!body.success) return "bad-body";
		const { saleId, atMs, points } = body.data;
		const offsetMs = arrivedAtMs - atMs;
		const curve = this.#curves.get(saleId) ?? { points: [], offsetMs };
		curve.offsetMs = Math.min(curve.offsetMs, offsetMs);
		curve.points.push(...points.slice(0, mostPoints - curve.points.length));
		// The newest last.
		this.#curves.delete(saleId);
		this.#curves.set(saleId, curve);
		const [oldest] = this.#curves.keys();
		if (this.#curves.size > mostSales && oldest !== undefined) this.#curves.delete(oldest);
		return undefined;
	}

	/** The curve of a sale on this clock; empty where nothing was heard. */
	of(saleId: string): CurvePoint[] {
		const curve = this.#curves.get(saleId);
		return curve?.points.map((point) => ({ ...point, atMs: point.atMs + curve.offsetMs })) ?? [];
	}

	/** The sale is decided. */
	forget(saleId: string): void {
		this.#curves.delete(saleId);
	}
}
