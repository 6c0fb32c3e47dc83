import { decodeAll, isBit, isCount, isList, isUnsigned32, parseJSON } from "../lock/record-values.ts";
import type { DispenseResult } from "../messages.ts";
import type {
	DispensePhase,
	DispenseRecord,
	DispenseReport,
	DispenseService,
	DispenseSession,
} from "./dispense-state.ts";

/** Goes up when the layout changes; a record of another layout is unreadable. */
const LAYOUT = 1;

const PHASES: readonly string[] = Object.freeze(["locked", "delivering", "service", "health-lock", "fault"]);
const OUTCOMES: readonly string[] = Object.freeze(["delivered", "failed", "unknown"]);

/** The record as JSON without names: about 60 characters, and 30 more for a sale with one slot. */
export function encodeDispenseRecord(record: DispenseRecord): string {
	const { service, session } = record;
	return JSON.stringify([
		LAYOUT,
		record.boot,
		record.counter,
		record.executed,
		record.phase,
		service === undefined ? 0 : [service.commandId, service.minutes],
		record.healthLock ? 1 : 0,
		session === undefined ? 0 : [session.saleId, session.counter, session.slots, session.results.map(encodeResult)],
		record.pending.map(({ number, saleId, counter, boot, flags, dispensed }) => [
			number,
			saleId,
			counter,
			boot,
			flags.length,
			dispensed.map(encodeResult),
		]),
		record.nextReport,
	]);
}

/** The record that was encoded, or `undefined` when the text is anything else. */
export function decodeDispenseRecord(text: string): DispenseRecord | undefined {
	const value = parseJSON(text);
	if (!isList(value) || value.length !== 10 || value[0] !== LAYOUT) return undefined;
	const [, boot, counter, executed, phase, service, healthLock, session, pending, nextReport] = value;
	if (!isCount(boot) || !isCount(counter) || !isUnsigned32(executed) || !isCount(nextReport)) return undefined;
	if (!isPhase(phase) || !isBit(healthLock)) return undefined;
	const decodedService = service === 0 ? undefined : decodeService(service);
	if (service !== 0 && decodedService === undefined) return undefined;
	const decodedSession = session === 0 ? undefined : decodeSession(session);
	if (session !== 0 && decodedSession === undefined) return undefined;
	const decodedPending = decodeAll(pending, decodeReport);
	if (decodedPending === undefined) return undefined;
	return {
		boot,
		counter,
		executed,
		phase,
		service: decodedService,
		healthLock: healthLock === 1,
		session: decodedSession,
		pending: decodedPending,
		nextReport,
	};
}

function decodeService(value: unknown): DispenseService | undefined {
	if (!isList(value) || value.length !== 2) return undefined;
	const [commandId, minutes] = value;
	return typeof commandId === "string" && isCount(minutes) ? { commandId, minutes } : undefined;
}

function decodeSession(value: unknown): DispenseSession | undefined {
	if (!isList(value) || value.length !== 4) return undefined;
	const [saleId, counter, slotList, resultList] = value;
	const slots = decodeAll(slotList, (slot) => (isCount(slot) ? slot : undefined));
	const results = decodeAll(resultList, decodeResult);
	if (typeof saleId !== "string" || !isCount(counter) || slots === undefined || results === undefined) return undefined;
	// With a result for each slot it would be a report.
	return results.length < slots.length ? { saleId, counter, slots, results } : undefined;
}

function decodeReport(value: unknown): DispenseReport | undefined {
	if (!isList(value) || value.length !== 6) return undefined;
	const [number, saleId, counter, boot, resumed, results] = value;
	const dispensed = decodeAll(results, decodeResult);
	if (!isCount(number) || typeof saleId !== "string" || !isCount(counter) || !isCount(boot)) return undefined;
	if (!isBit(resumed) || dispensed === undefined) return undefined;
	return { number, saleId, counter, boot, flags: resumed === 1 ? ["resumed"] : [], dispensed };
}

function encodeResult({ slot, outcome, reason }: DispenseResult): readonly unknown[] {
	return [slot, OUTCOMES.indexOf(outcome), reason];
}

function decodeResult(value: unknown): DispenseResult | undefined {
	if (!isList(value) || value.length !== 3) return undefined;
	const [slot, code, reason] = value;
	if (!isCount(slot) || !isCount(code) || typeof reason !== "string") return undefined;
	const outcome = OUTCOMES[code];
	return isOutcome(outcome) ? { slot, outcome, reason } : undefined;
}

function isPhase(value: unknown): value is DispensePhase {
	return typeof value === "string" && PHASES.includes(value);
}

function isOutcome(value: string | undefined): value is DispenseResult["outcome"] {
	return value !== undefined && OUTCOMES.includes(value);
}
