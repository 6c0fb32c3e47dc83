import type { SimulationClock } from "../clock.ts";
import type { HIDPlug, HIDPort } from "./hid-port.ts";

/** HID Usage Tables 1.5, Scales Page, usages 0x51 to 0x5C: the number of a unit, and how many grams it is. */
const units = {
	milligram: { code: 1, grams: 0.001 },
	gram: { code: 2, grams: 1 },
	kilogram: { code: 3, grams: 1_000 },
	ounce: { code: 11, grams: 28.349523125 },
	pound: { code: 12, grams: 453.59237 },
} as const;

export type HIDScaleUnit = keyof typeof units;

/** Usages 0x71 to 0x78. */
const statuses = {
	fault: 1,
	"stable at zero": 2,
	"in motion": 3,
	stable: 4,
	"under zero": 5,
	"over limit": 6,
	"requires calibration": 7,
	"requires zero": 8,
} as const;

export type HIDScaleStatus = keyof typeof statuses;

/** USB scale that sends a report when the weight changes and again when it has come to rest. */
export class HIDScaleChip {
	readonly range: { readonly lower: number; readonly upper: number; readonly epsilon: number; readonly unit: "g" };
	readonly #clock: SimulationClock;
	readonly #port: HIDPort;
	readonly #identity: { readonly vendorId: number; readonly productId: number };
	readonly #unit: HIDScaleUnit;
	readonly #exponent: number;
	readonly #settleNs: number;
	#plug: HIDPlug | undefined;
	#grams = 0;
	#changes = 0;
	#drops = 0;

	/** `exponent` is the power of ten of the last digit: -1 with `gram` weighs tenths of a gram. */
	constructor(options: {
		readonly clock: SimulationClock;
		readonly port: HIDPort;
		readonly vendorId?: number;
		readonly productId?: number;
		readonly unit?: HIDScaleUnit;
		readonly exponent?: number;
		readonly capacityGrams?: number;
		readonly settleMs?: number;
	}) {
		const { clock, port, vendorId = 0x0922, productId = 0x8003, unit = "gram", exponent = 0 } = options;
		const { capacityGrams = 5_000, settleMs = 600 } = options;
		this.#clock = clock;
		this.#port = port;
		this.#identity = { vendorId, productId };
		this.#unit = unit;
		this.#exponent = exponent;
		this.#settleNs = settleMs * 1e6;
		this.range = { lower: 0, upper: capacityGrams, epsilon: this.#digitGrams / 2, unit: "g" };
		this.plug();
	}

	/** What lies on the platform. */
	set(grams: number): void {
		this.#grams = grams;
		const change = ++this.#changes;
		this.#send("in motion");
		this.#clock.after(this.#settleNs, () => {
			if (change === this.#changes) this.#send(this.#restingStatus);
		});
	}

	/** A status that the weight alone does not bring about. */
	report(status: HIDScaleStatus): void {
		this.#send(status);
	}

	/** Loses the next `count` reports. */
	drop(count = 1): void {
		this.#drops += count;
	}

	plug(): void {
		this.#plug ??= this.#port.plug({ ...this.#identity, usagePage: 0x8d, usage: 0x20 });
	}

	unplug(): void {
		this.#plug?.unplug();
		this.#plug = undefined;
		this.#changes++;
	}

	get #digitGrams(): number {
		return units[this.#unit].grams * 10 ** this.#exponent;
	}

	get #restingStatus(): HIDScaleStatus {
		if (this.#grams > this.range.upper) return "over limit";
		const digits = Math.round(this.#grams / this.#digitGrams);
		return digits === 0 ? "stable at zero" : digits < 0 ? "under zero" : "stable";
	}

	/** Id 3, status, unit, power of ten, weight with the least significant byte first. */
	#send(status: HIDScaleStatus): void {
		if (this.#drops > 0) {
			this.#drops--;
			return;
		}
		const raw = Math.min(0xffff, Math.abs(Math.round(this.#grams / this.#digitGrams)));
		this.#plug?.send(
			Uint8Array.of(3, statuses[status], units[this.#unit].code, this.#exponent & 0xff, raw & 0xff, raw >> 8),
		);
	}
}
