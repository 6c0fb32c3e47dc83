/** Two points of a scale: what the converter reads for nothing, and what it reads for a known load. */
export interface Calibration {
	/** Converter counts without load. */
	readonly zeroCounts: number;
	/** Converter counts under the load; less than `zeroCounts` where the bridge is wired the other way round. */
	readonly loadCounts: number;
	/** The known load in milligrams. */
	readonly loadMilligrams: number;
}

/** Fewer counts than this between both points are noise or a cell that is not connected, not a load. */
const LEAST_SPAN_COUNTS = 1000;

/** 24 bits with sign, as the HX711 gives them (datasheet, "Serial Interface"). */
const MINIMUM_COUNTS = -0x80_0000;
const MAXIMUM_COUNTS = 0x7f_ffff;

/** 1 g to 200 kg: beyond it, counts times milligrams would leave the integers that a number holds exactly. */
const MINIMUM_LOAD_MILLIGRAMS = 1_000;
const MAXIMUM_LOAD_MILLIGRAMS = 200_000_000;

/**
 * A calibration from two measurements. Throws a `RangeError` that says which one is unusable: counts that a 24-bit
 * converter cannot give, points less than 1,000 counts apart, or a load outside 1 g to 200 kg.
 */
export function calibrate(zeroCounts: number, loadCounts: number, loadMilligrams: number): Calibration {
	requireCounts("empty", zeroCounts);
	requireCounts("loaded", loadCounts);
	if (
		!Number.isInteger(loadMilligrams) ||
		loadMilligrams < MINIMUM_LOAD_MILLIGRAMS ||
		loadMilligrams > MAXIMUM_LOAD_MILLIGRAMS
	) {
		throw new RangeError(
			`The known load must be ${MINIMUM_LOAD_MILLIGRAMS} to ${MAXIMUM_LOAD_MILLIGRAMS} whole milligrams, not ${loadMilligrams}.`,
		);
	}
	if (Math.abs(loadCounts - zeroCounts) < LEAST_SPAN_COUNTS) {
		throw new RangeError(
			`The scale reads ${zeroCounts} empty and ${loadCounts} loaded: too close to tell a load. Check the wiring of the load cell and put the known load on.`,
		);
	}
	return { zeroCounts, loadCounts, loadMilligrams };
}

/** The mass for a reading, in whole milligrams; negative below the zero point. Throws a `RangeError` when both points are the same or a value is no integer. */
export function toMilligrams(counts: number, calibration: Calibration): number {
	const { zeroCounts, loadCounts, loadMilligrams } = calibration;
	const milligrams = Math.round(((counts - zeroCounts) * loadMilligrams) / (loadCounts - zeroCounts));
	if (!Number.isInteger(counts) || !Number.isSafeInteger(milligrams)) {
		throw new RangeError(
			`No mass for ${counts} counts: the calibration is ${zeroCounts} counts empty and ${loadCounts} at ${loadMilligrams} mg. Calibrate the scale again.`,
		);
	}
	// No negative zero.
	return milligrams + 0;
}

/** The calibration after the empty scale was found to read `counts`: the zero moves, the milligrams per count stay. */
export function tare(calibration: Calibration, counts: number): Calibration {
	requireCounts("empty", counts);
	return {
		zeroCounts: counts,
		loadCounts: calibration.loadCounts + counts - calibration.zeroCounts,
		loadMilligrams: calibration.loadMilligrams,
	};
}

function requireCounts(state: string, counts: number): void {
	if (!Number.isInteger(counts) || counts < MINIMUM_COUNTS || counts > MAXIMUM_COUNTS) {
		throw new RangeError(
			`The ${state} scale must read a whole number from ${MINIMUM_COUNTS} to ${MAXIMUM_COUNTS}, not ${counts}.`,
		);
	}
}
