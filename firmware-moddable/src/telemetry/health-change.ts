import type { HealthBody } from "@visionvend/sdk/device/messages";

const MASS_MILLIGRAMS = 50_000;
const TEMPERATURE_CENTIDEGREES = 50;

/** Whether somebody wants to know of it before the next minute: door, goods, warmth, faults, and whether it sells. */
export function isWorthTelling(before: HealthBody, now: HealthBody): boolean {
	return (
		before.doorClosed !== now.doorClosed ||
		(before.phase !== now.phase && (isOutOfSale(before.phase) || isOutOfSale(now.phase))) ||
		before.faults.join() !== now.faults.join() ||
		hasWarmed(before.temperatureCentidegrees, now.temperatureCentidegrees) ||
		before.massesMilligrams.some((mass, shelf) => {
			const massNow = now.massesMilligrams[shelf];
			return massNow !== undefined && Math.abs(massNow - mass) > MASS_MILLIGRAMS;
		})
	);
}

/** Warmer or colder by half a degree, or known no more, or again. */
export function hasWarmed(before: number | undefined, now: number | undefined): boolean {
	if (before === undefined || now === undefined) return before !== now;
	return Math.abs(now - before) >= TEMPERATURE_CENTIDEGREES;
}

function isOutOfSale(phase: string): boolean {
	return phase === "service" || phase === "health-lock" || phase === "fault";
}
