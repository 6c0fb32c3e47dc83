import { markedWindow, movedWindow } from "../lock/executed-window.ts";
import type { DispenseResult } from "../messages.ts";
import type {
	DispenseEffect,
	DispenseEvent,
	DispensePhase,
	DispenseRecord,
	DispenseRefusal,
	DispenseReport,
	DispenseSession,
	DispenseSettings,
	DispenseState,
	DispenseTransition,
} from "./dispense-state.ts";

const MINUTE_MS = 60_000;

const FRESH_RECORD: DispenseRecord = Object.freeze({
	boot: 0,
	counter: 0,
	executed: 0,
	phase: "locked",
	service: undefined,
	healthLock: false,
	session: undefined,
	pending: Object.freeze([]),
	nextReport: 1,
});

/**
 * The state after power-up, with the effects that belong to it. Nothing is delivered, whatever the record says: a slot
 * that may have been moving when the power went is `unknown`, and those behind it have failed.
 *
 * @param record what the store holds: `undefined` when it holds nothing yet, `"unreadable"` when it holds something else.
 */
export function startDispense(record: DispenseRecord | undefined | "unreadable"): DispenseTransition {
	if (record === "unreadable") {
		// The counters are unknown, so nothing may be sold, and what lies in the store is left for a person to see.
		return {
			state: { record: { ...FRESH_RECORD, phase: "fault" }, failed: true, accepting: false },
			effects: [{ type: "stop" }],
		};
	}
	const before = record ?? FRESH_RECORD;
	let next: DispenseRecord = { ...before, boot: before.boot + 1 };
	const { session } = before;
	if (session !== undefined) {
		const results = [...session.results, resultOf(session, "unknown", "power-cut")];
		next = reported(next, session, filled(session, results, "power-cut"), ["resumed"]);
	}
	next = { ...next, phase: idlePhase(next) };
	const effects: DispenseEffect[] = [{ type: "stop" }, { type: "persist", record: next }];
	for (const report of next.pending) effects.push({ type: "report", report });
	if (next.service !== undefined) effects.push({ type: "alarm", milliseconds: next.service.minutes * MINUTE_MS });
	return { state: { record: next, failed: false, accepting: false }, effects };
}

/** What an event changes, and what has to be done about it. Events that mean nothing in a phase change nothing. */
export function transitionDispense(
	before: DispenseState,
	event: DispenseEvent,
	settings: DispenseSettings,
): DispenseTransition {
	if (event.type === "storage-failed") return storageFailed(before);
	const state = before.accepting ? { ...before, accepting: false } : before;
	switch (event.type) {
		case "dispense":
			return dispense(state, event, settings);
		case "delivered":
			return delivered(state, event, settings);
		case "elapsed":
			return elapsed(state);
		case "acknowledged":
			return acknowledged(state, event.number);
		case "service-start":
			return serviceStart(state, event.commandId, event.minutes);
		case "service-end":
			return serviceEnd(state);
		case "health-lock":
			return healthLock(state, event.on);
	}
}

function dispense(
	state: DispenseState,
	event: DispenseEvent & { readonly type: "dispense" },
	settings: DispenseSettings,
): DispenseTransition {
	const { record } = state;
	const { saleId, counter, slots, obstacle } = event;
	const reason = refusalReason(record, counter, settings) ?? obstacle;
	if (reason !== "") return { state, effects: [{ type: "refused", saleId, counter, reason }] };
	const session: DispenseSession = { saleId, counter, slots, results: [] };
	const next: DispenseRecord = {
		...record,
		counter,
		executed: markedWindow(movedWindow(record.executed, counter - record.counter)),
		phase: "delivering",
		session,
	};
	const effects = deliver(next, session, settings);
	effects.push({ type: "executed", saleId, counter });
	return { state: { ...state, record: next, accepting: true }, effects };
}

function refusalReason(
	record: DispenseRecord,
	counter: number,
	settings: DispenseSettings,
): DispenseRefusal | undefined {
	if (counter <= record.counter) return "counter-used";
	if (record.phase === "delivering") return "busy";
	if (record.phase !== "locked") return record.phase;
	return record.pending.length >= settings.maximumReports ? "reports-full" : undefined;
}

/** The next slot. That it may be moving is in the store before it does, so that no power cut makes it move twice. */
function deliver(record: DispenseRecord, session: DispenseSession, settings: DispenseSettings): DispenseEffect[] {
	const { counter, slots, results } = session;
	const index = results.length;
	return [
		{ type: "persist", record },
		{ type: "alarm", milliseconds: settings.deliveryMs },
		{ type: "deliver", counter, index, slot: slots[index]! },
	];
}

function delivered(
	state: DispenseState,
	event: DispenseEvent & { readonly type: "delivered" },
	settings: DispenseSettings,
): DispenseTransition {
	const { record } = state;
	const { session } = record;
	if (state.failed || session === undefined) return unchanged(state);
	if (event.counter !== session.counter || event.index !== session.results.length) return unchanged(state);
	const results = [...session.results, resultOf(session, event.outcome, event.reason)];
	if (results.length < session.slots.length && !record.healthLock) {
		const going: DispenseSession = { ...session, results };
		const next: DispenseRecord = { ...record, session: going };
		return { state: { ...state, record: next }, effects: deliver(next, going, settings) };
	}
	return finish(state, session, filled(session, results, "health-lock"), []);
}

function elapsed(state: DispenseState): DispenseTransition {
	const { record } = state;
	const { session } = record;
	if (state.failed) return unchanged(state);
	if (record.phase === "service") return endService(state);
	if (session === undefined) return unchanged(state);
	// What does not even say that it failed is not asked for more.
	const results = [...session.results, resultOf(session, "unknown", "timeout")];
	return finish(state, session, filled(session, results, "timeout"), [{ type: "stop" }]);
}

function finish(
	state: DispenseState,
	session: DispenseSession,
	results: readonly DispenseResult[],
	effects: DispenseEffect[],
): DispenseTransition {
	const ended = reported(state.record, session, results, []);
	const next: DispenseRecord = { ...ended, phase: idlePhase(ended) };
	effects.push({ type: "alarm", milliseconds: undefined }, { type: "persist", record: next });
	const report = next.pending.at(-1);
	if (report !== undefined) effects.push({ type: "report", report });
	return { state: { ...state, record: next }, effects };
}

/** The record in which the session has become a report. There is a place for it since the sale was accepted. */
function reported(
	record: DispenseRecord,
	{ saleId, counter }: DispenseSession,
	dispensed: readonly DispenseResult[],
	flags: DispenseReport["flags"],
): DispenseRecord {
	const { boot, pending, nextReport } = record;
	const report: DispenseReport = { number: nextReport, saleId, counter, boot, flags, dispensed };
	return { ...record, session: undefined, pending: [...pending, report], nextReport: nextReport + 1 };
}

/** Results for all slots: those that are there, and `failed` for the ones that were never begun. */
function filled(
	{ slots }: DispenseSession,
	results: readonly DispenseResult[],
	reason: string,
): readonly DispenseResult[] {
	const rest = slots.slice(results.length);
	return [...results, ...rest.map((slot): DispenseResult => ({ slot, outcome: "failed", reason }))];
}

function resultOf(
	{ slots, results }: DispenseSession,
	outcome: DispenseResult["outcome"],
	reason: string,
): DispenseResult {
	return { slot: slots[results.length]!, outcome, reason };
}

function acknowledged(state: DispenseState, number: number): DispenseTransition {
	const { record } = state;
	const pending = record.pending.filter((report) => report.number !== number);
	if (state.failed || pending.length === record.pending.length) return unchanged(state);
	return persisted(state, { ...record, pending });
}

function serviceStart(state: DispenseState, commandId: string, minutes: number): DispenseTransition {
	const { record } = state;
	const { phase } = record;
	if (phase !== "locked" && phase !== "health-lock") {
		const reason = phase === "delivering" ? "busy" : phase;
		return { state, effects: [{ type: "service", state: "refused", commandId, reason }] };
	}
	const next: DispenseRecord = { ...record, phase: "service", service: { commandId, minutes } };
	return {
		state: { ...state, record: next },
		effects: [
			{ type: "persist", record: next },
			{ type: "alarm", milliseconds: minutes * MINUTE_MS },
			{ type: "service", state: "started", commandId, reason: "" },
		],
	};
}

function serviceEnd(state: DispenseState): DispenseTransition {
	return state.record.phase === "service" ? endService(state) : unchanged(state);
}

function endService(state: DispenseState): DispenseTransition {
	const { record } = state;
	const commandId = record.service?.commandId ?? "";
	const ended: DispenseRecord = { ...record, service: undefined };
	const next: DispenseRecord = { ...ended, phase: idlePhase(ended) };
	return {
		state: { ...state, record: next },
		effects: [
			{ type: "alarm", milliseconds: undefined },
			{ type: "persist", record: next },
			{ type: "service", state: "ended", commandId, reason: "" },
		],
	};
}

/** Stops selling at once. The slot that moves comes to its end, and the ones behind it are not begun. */
function healthLock(state: DispenseState, on: boolean): DispenseTransition {
	const { record } = state;
	if (state.failed || record.healthLock === on) return unchanged(state);
	const next: DispenseRecord = { ...record, healthLock: on };
	return persisted(state, record.phase === "delivering" ? next : { ...next, phase: idlePhase(next) });
}

function storageFailed(state: DispenseState): DispenseTransition {
	const { session, service } = state.record;
	const effects: DispenseEffect[] = [{ type: "stop" }, { type: "alarm", milliseconds: undefined }];
	// What is in the store decides at the next start. Only where certainly nothing has moved is there an answer now.
	if (session !== undefined && state.accepting) {
		effects.push({ type: "refused", saleId: session.saleId, counter: session.counter, reason: "storage" });
	}
	if (service !== undefined) {
		effects.push({ type: "service", state: "refused", commandId: service.commandId, reason: "storage" });
	}
	return {
		state: {
			record: { ...state.record, phase: "fault", session: undefined, service: undefined },
			failed: true,
			accepting: false,
		},
		effects,
	};
}

function unchanged(state: DispenseState): DispenseTransition {
	return { state, effects: [] };
}

function persisted(state: DispenseState, record: DispenseRecord): DispenseTransition {
	return { state: { ...state, record }, effects: [{ type: "persist", record }] };
}

function idlePhase({ service, healthLock }: DispenseRecord): DispensePhase {
	if (service !== undefined) return "service";
	return healthLock ? "health-lock" : "locked";
}
