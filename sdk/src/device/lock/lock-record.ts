import type { LockPhase, LockRecord, LockSession, PendingReport, ReportFlag, ShelfWeight } from "./lock-state.ts";

/** Goes up when the layout changes; a record of another layout is unreadable. */
const LAYOUT = 1;

const PHASES: readonly string[] = Object.freeze([
	"locked",
	"measuring",
	"unlocked",
	"open",
	"ajar",
	"settling",
	"forced",
	"service",
	"health-lock",
	"fault",
]);
const FLAGS: readonly string[] = Object.freeze(["ajar", "resumed", "forced", "unstable", "scale-fault"]);

/** The record as JSON without names, about 150 characters and 60 more a report: flash is written five times a sale. */
export function encodeLockRecord(record: LockRecord): string {
	const { session } = record;
	return JSON.stringify([
		LAYOUT,
		record.boot,
		record.counter,
		record.executed,
		record.phase,
		record.service ? 1 : 0,
		record.healthLock ? 1 : 0,
		session === undefined
			? 0
			: [
					session.saleId,
					session.counter,
					session.opened ? 1 : 0,
					session.doorOpenMs,
					session.flags,
					session.baseline.map(encodeWeight),
				],
		record.idle.map(encodeWeight),
		record.pending.map((report) => [
			report.number,
			report.saleId,
			report.counter,
			report.boot,
			report.opened ? 1 : 0,
			report.doorOpenMs,
			report.flags,
			report.shelves.map((shelf) => [
				shelf.shelf,
				shelf.baselineMilligrams,
				shelf.finalMilligrams,
				shelf.spreadMilligrams,
			]),
		]),
		record.nextReport,
	]);
}

/** The record that was encoded, or `undefined` when the text is anything else. */
export function decodeLockRecord(text: string): LockRecord | undefined {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		// Not even JSON: as unreadable as a wrong layout, and told to the caller in the same way.
		return undefined;
	}
	if (!isList(value) || value.length !== 11 || value[0] !== LAYOUT) return undefined;
	const [, boot, counter, executed, phase, service, healthLock, session, idle, pending, nextReport] = value;
	if (!isCount(boot) || !isCount(counter) || !isCount(executed) || executed > 0xffff_ffff) return undefined;
	if (!isPhase(phase) || !isBit(service) || !isBit(healthLock) || !isCount(nextReport)) return undefined;
	const decodedSession = session === 0 ? undefined : decodeSession(session);
	if (session !== 0 && decodedSession === undefined) return undefined;
	const decodedIdle = decodeAll(idle, decodeWeight);
	const decodedPending = decodeAll(pending, decodeReport);
	if (decodedIdle === undefined || decodedPending === undefined) return undefined;
	return {
		boot,
		counter,
		executed,
		phase,
		service: service === 1,
		healthLock: healthLock === 1,
		session: decodedSession,
		idle: decodedIdle,
		pending: decodedPending,
		nextReport,
	};
}

function encodeWeight(weight: ShelfWeight): readonly number[] {
	return [weight.shelf, weight.milligrams, weight.spreadMilligrams];
}

function decodeWeight(value: unknown): ShelfWeight | undefined {
	if (!isList(value) || value.length !== 3) return undefined;
	const [shelf, milligrams, spreadMilligrams] = value;
	if (!isCount(shelf) || !isInteger(milligrams) || !isCount(spreadMilligrams)) return undefined;
	return { shelf, milligrams, spreadMilligrams };
}

function decodeSession(value: unknown): LockSession | undefined {
	if (!isList(value) || value.length !== 6) return undefined;
	const [saleId, counter, opened, doorOpenMs, flags, weights] = value;
	const baseline = decodeAll(weights, decodeWeight);
	if (typeof saleId !== "string" || !isCount(counter) || !isBit(opened) || !isCount(doorOpenMs)) return undefined;
	if (!isFlags(flags) || baseline === undefined) return undefined;
	return { saleId, counter, opened: opened === 1, doorOpenMs, flags, baseline };
}

function decodeReport(value: unknown): PendingReport | undefined {
	if (!isList(value) || value.length !== 8) return undefined;
	const [number, saleId, counter, boot, opened, doorOpenMs, flags, rows] = value;
	const shelves = decodeAll(rows, decodeShelf);
	if (!isCount(number) || typeof saleId !== "string" || !isCount(counter) || !isCount(boot)) return undefined;
	if (!isBit(opened) || !isCount(doorOpenMs) || !isFlags(flags) || shelves === undefined) return undefined;
	return { number, saleId, counter, boot, opened: opened === 1, doorOpenMs, flags, shelves };
}

function decodeShelf(value: unknown): PendingReport["shelves"][number] | undefined {
	if (!isList(value) || value.length !== 4) return undefined;
	const [shelf, baselineMilligrams, finalMilligrams, spreadMilligrams] = value;
	if (!isCount(shelf) || !isInteger(baselineMilligrams) || !isInteger(finalMilligrams)) return undefined;
	if (!isCount(spreadMilligrams)) return undefined;
	return { shelf, baselineMilligrams, finalMilligrams, spreadMilligrams };
}

function decodeAll<Item>(value: unknown, decode: (item: unknown) => Item | undefined): readonly Item[] | undefined {
	if (!isList(value)) return undefined;
	const items: Item[] = [];
	for (const item of value) {
		const decoded = decode(item);
		if (decoded === undefined) return undefined;
		items.push(decoded);
	}
	return items;
}

function isList(value: unknown): value is readonly unknown[] {
	return Array.isArray(value);
}

function isInteger(value: unknown): value is number {
	return Number.isSafeInteger(value);
}

function isCount(value: unknown): value is number {
	return isInteger(value) && value >= 0;
}

function isBit(value: unknown): value is 0 | 1 {
	return value === 0 || value === 1;
}

function isPhase(value: unknown): value is LockPhase {
	return typeof value === "string" && PHASES.includes(value);
}

function isFlags(value: unknown): value is readonly ReportFlag[] {
	return isList(value) && value.every((flag) => typeof flag === "string" && FLAGS.includes(flag));
}
