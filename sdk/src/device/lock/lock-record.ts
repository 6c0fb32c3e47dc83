import type {
	LockPhase,
	LockRecord,
	LockSession,
	PendingReport,
	ReportFlag,
	ServiceGrant,
	ShelfWeight,
} from "./lock-state.ts";
import { decodeAll, isBit, isCount, isInteger, isList, isUnsigned32, parseJSON } from "./record-values.ts";

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
		record.service === undefined ? 0 : [record.service.commandId],
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
	const value = parseJSON(text);
	if (!isList(value) || value.length !== 11 || value[0] !== LAYOUT) return undefined;
	const [, boot, counter, executed, phase, service, healthLock, session, idle, pending, nextReport] = value;
	if (!isCount(boot) || !isCount(counter) || !isUnsigned32(executed)) return undefined;
	if (!isPhase(phase) || !isBit(healthLock) || !isCount(nextReport)) return undefined;
	const grant = service === 0 ? undefined : decodeGrant(service);
	if (service !== 0 && grant === undefined) return undefined;
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
		service: grant,
		healthLock: healthLock === 1,
		session: decodedSession,
		idle: decodedIdle,
		pending: decodedPending,
		nextReport,
	};
}

/** Up to firmware 0.1.0 there was a 1 in place of the grant. */
function decodeGrant(value: unknown): ServiceGrant | undefined {
	if (value === 1) return { commandId: "" };
	if (!isList(value) || value.length !== 1) return undefined;
	const [commandId] = value;
	return typeof commandId === "string" ? { commandId } : undefined;
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

function isPhase(value: unknown): value is LockPhase {
	return typeof value === "string" && PHASES.includes(value);
}

function isFlags(value: unknown): value is readonly ReportFlag[] {
	return isList(value) && value.every((flag) => typeof flag === "string" && FLAGS.includes(flag));
}
