import type { ConfiguredScale } from "@visionvend/sdk/device/messages";
import { calibrate, tare } from "@visionvend/sdk/device/scale/calibration";
import type { Fridge } from "../fridge/fridge.ts";

export interface CalibratorOptions {
	readonly fridge: Fridge;
	/** With the calibrations that hold now. */
	scales(): readonly ConfiguredScale[];
	/** Keeps them for good. Returns "" or why that cannot be. */
	keep(scales: readonly ConfiguredScale[]): string;
}

/** `reason`: "" when the new calibration holds. */
export type CalibratorDone = (reason: string, detail: string) => void;

/**
 * Sets scales right from afar: `tare` takes what lies on a shelf for nothing, `calibrate` for a known mass. Refused with
 * `unknown-shelf`, `busy` (somebody is at the machine, or the scales are), `scale-fault`, `unstable`,
 * `bad-calibration` (the readings are too close to tell a load), `storage`.
 */
export class Calibrator {
	readonly #options: CalibratorOptions;

	constructor(options: CalibratorOptions) {
		this.#options = options;
	}

	tare(shelf: number, done: CalibratorDone): void {
		this.#measure(shelf, done, (scale, counts) => tare(scale, counts));
	}

	calibrate(shelf: number, milligrams: number, done: CalibratorDone): void {
		this.#measure(shelf, done, (scale, counts) => calibrate(scale.zeroCounts, counts, milligrams));
	}

	#measure(
		shelf: number,
		done: CalibratorDone,
		compute: (
			scale: ConfiguredScale,
			counts: number,
		) => Pick<ConfiguredScale, "zeroCounts" | "loadCounts" | "loadMilligrams">,
	): void {
		const { fridge, scales } = this.#options;
		const scale = scales().find((candidate) => candidate.shelf === shelf);
		const { phase } = fridge.record;
		if (scale === undefined) {
			done("unknown-shelf", "");
			return;
		}
		if (phase !== "locked" && phase !== "service") {
			// Under the food lock the store would go on holding weights by the old calibration.
			done(phase === "health-lock" ? phase : "busy", "");
			return;
		}
		fridge.weigh((weighing) => {
			const weight = weighing?.weights.find((candidate) => candidate.shelf === shelf);
			if (weighing === undefined) done("busy", "");
			else if (weight === undefined) done("scale-fault", "");
			else if (!weighing.stable) done("unstable", `The shelf moves by ${weight.spreadMilligrams} mg.`);
			else this.#adopt(scale, compute, toCounts(weight.milligrams, scale), done);
		});
	}

	#adopt(
		scale: ConfiguredScale,
		compute: (
			scale: ConfiguredScale,
			counts: number,
		) => Pick<ConfiguredScale, "zeroCounts" | "loadCounts" | "loadMilligrams">,
		counts: number,
		done: CalibratorDone,
	): void {
		const { fridge, scales, keep } = this.#options;
		let adopted: ConfiguredScale;
		try {
			adopted = { ...scale, ...compute(scale, counts) };
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			done("bad-calibration", error.message);
			return;
		}
		const { shelf, zeroCounts, loadCounts, loadMilligrams } = adopted;
		const all = scales().map((known) => (known.shelf === shelf ? adopted : known));
		const reason = keep(all);
		if (reason !== "") {
			done(reason, "");
			return;
		}
		const detail = `Shelf ${shelf}: ${zeroCounts} counts empty, ${loadCounts} at ${loadMilligrams} mg.`;
		fridge.recalibrate(adopted, all, () => done("", detail));
	}
}

/** What the converter must have read: the mass was computed from it, to the nearest milligram. */
function toCounts(milligrams: number, { zeroCounts, loadCounts, loadMilligrams }: ConfiguredScale): number {
	return Math.round(zeroCounts + (milligrams * (loadCounts - zeroCounts)) / loadMilligrams);
}
