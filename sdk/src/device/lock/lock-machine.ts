import { markedWindow, movedWindow } from "./executed-window.ts";
import type {
	LockEffect,
	LockEvent,
	LockPhase,
	LockRecord,
	LockRefusal,
	LockSession,
	LockSettings,
	LockState,
	LockTransition,
	PendingReport,
	ReportFlag,
	ServiceGrant,
	ShelfWeight,
} from "./lock-state.ts";

/** Longest pulse, so that a timer that is 200 ms late still keeps the coil's limit of 5 s. */
const LONGEST_PULSE_MS = 4_800;
/** Pause between two pulses of a window. */
const PAUSE_MS = 400;
/** A window that a person can use at all. */
const SHORTEST_WINDOW_MS = 1_000;
/** The scales bound their own waits; this is for the case that they say nothing at all. */
const MEASURE_MS = 15_000;
/** A shelf that differs by this much from its baseline was touched: far above noise, below the lightest goods. */
const TOUCHED_MILLIGRAMS = 10_000;
/** The same after a time without power, in which cells also drift with the temperature. */
const TOUCHED_WITHOUT_POWER_MILLIGRAMS = 30_000;

const FRESH_RECORD: LockRecord = Object.freeze({
	boot: 0,
	counter: 0,
	executed: 0,
	phase: "locked",
	service: undefined,
	healthLock: false,
	session: undefined,
	idle: Object.freeze([]),
	pending: Object.freeze([]),
	nextReport: 1,
});

/**
 * The state after power-up, with the effects that belong to it. The coil stays off, whatever the record says.
 *
 * @param record what the store holds: `undefined` when it holds nothing yet, `"unreadable"` when it holds something else.
 */
export function startLock(
	record: LockRecord | undefined | "unreadable",
	doorClosed: boolean,
	atMs: number,
	settings: LockSettings,
): LockTransition {
	if (record === "unreadable") {
		// The counters are unknown, so nothing may be unlocked, and what lies in the store is left for a person to see.
		return {
			state: {
				record: { ...FRESH_RECORD, phase: "fault" },
				doorClosed,
				failed: true,
				coilOn: false,
				windowLeftMs: 0,
				serviceUntilMs: atMs,
				serviceOver: true,
				wakeAtMs: atMs,
				openedAtMs: atMs,
			},
			effects: [{ type: "release" }],
		};
	}
	const before = record ?? FRESH_RECORD;
	const effects: LockEffect[] = [{ type: "release" }];
	let next: LockRecord = { ...before, boot: before.boot + 1 };
	let session = before.session;
	let refused: LockSession | undefined;
	if (session !== undefined && before.phase === "measuring") {
		// The coil was never on for this counter: the sale ends here, and an open door does not belong to it.
		refused = session;
		session = undefined;
	}
	if (session !== undefined) {
		session = { ...session, opened: session.opened || !doorClosed, flags: withFlag(session.flags, "resumed") };
	} else if (!doorClosed && before.service === undefined) {
		session = forcedSession(before.idle);
		if (before.boot > 0) session = { ...session, flags: withFlag(session.flags, "resumed") };
	}
	// A grant opens nothing any more: nobody knows how long the power was off. A door that is still open is its door.
	const endedGrant = doorClosed || session !== undefined ? before.service : undefined;
	if (endedGrant !== undefined) next = { ...next, service: undefined, idle: [] };
	next = { ...next, session };
	let phase: LockPhase;
	if (session === undefined) phase = doorClosed ? "settling" : "service";
	else if (doorClosed) phase = session.saleId === "" && isFull(next, settings) ? "forced" : "settling";
	else phase = session.saleId === "" ? "forced" : "open";
	next = { ...next, phase };
	effects.push({ type: "persist", record: next });
	if (refused !== undefined) effects.push(refusal(refused.saleId, refused.counter, "power-cut"));
	if (endedGrant !== undefined) effects.push(serviceEnded(endedGrant));
	for (const report of next.pending) effects.push({ type: "report", report });
	if (!doorClosed) {
		effects.push({
			type: "door",
			state: phase === "forced" ? "forced" : "opened",
			saleId: session === undefined ? "" : session.saleId,
		});
	}
	if (phase === "settling") effects.push({ type: "measure" }, { type: "alarm", milliseconds: MEASURE_MS });
	else if (phase === "open") effects.push({ type: "alarm", milliseconds: settings.ajarMs });
	return {
		state: {
			record: next,
			doorClosed,
			failed: false,
			coilOn: false,
			windowLeftMs: 0,
			serviceUntilMs: atMs,
			serviceOver: true,
			wakeAtMs: atMs,
			openedAtMs: atMs,
		},
		effects,
	};
}

/** What an event changes, and what has to be done about it. Events that mean nothing in a phase change nothing. */
export function transition(state: LockState, event: LockEvent, settings: LockSettings): LockTransition {
	switch (event.type) {
		case "unlock":
			return unlock(state, event, settings);
		case "measured":
			return measured(state, event, settings);
		case "door-opened":
			return doorOpened(state, event.atMs, settings);
		case "door-closed":
			return doorClosed(state, event.atMs, settings);
		case "elapsed":
			return elapsed(state, settings);
		case "idle-weights":
			if (state.record.phase !== "locked") return unchanged(state);
			return { state: { ...state, record: { ...state.record, idle: event.weights } }, effects: [] };
		case "acknowledged":
			return acknowledged(state, event.number, settings);
		case "service-start":
			return serviceStart(state, event, settings);
		case "service-open":
			return serviceOpen(state, event.atMs, settings);
		case "service-end":
			return serviceEnd(state);
		case "health-lock":
			return healthLock(state, event.on);
		case "storage-failed":
			return storageFailed(state);
	}
}

/** True from the accepted unlock until its report is written: somebody is, or may be, at the open door. */
export function inSession(state: LockState): boolean {
	return state.record.session !== undefined;
}

/** True while a person may open the machine without a sale, or has it open. */
export function inService(state: LockState): boolean {
	return state.record.service !== undefined;
}

function unlock(
	state: LockState,
	event: { readonly saleId: string; readonly counter: number; readonly windowMs: number },
	settings: LockSettings,
): LockTransition {
	const { record } = state;
	const reason = unlockRefusal(state, event.counter, settings);
	if (reason !== undefined) return { state, effects: [refusal(event.saleId, event.counter, reason)] };
	const next: LockRecord = {
		...record,
		counter: event.counter,
		executed: movedWindow(record.executed, event.counter - record.counter),
		phase: "measuring",
		session: {
			saleId: event.saleId,
			counter: event.counter,
			opened: false,
			doorOpenMs: 0,
			flags: [],
			baseline: [],
		},
	};
	return {
		state: {
			...state,
			record: next,
			windowLeftMs: Math.min(Math.max(event.windowMs, SHORTEST_WINDOW_MS), settings.windowMs),
		},
		effects: [{ type: "persist", record: next }, { type: "measure" }, { type: "alarm", milliseconds: MEASURE_MS }],
	};
}

function unlockRefusal(state: LockState, counter: number, settings: LockSettings): LockRefusal | undefined {
	const { record } = state;
	if (counter <= record.counter) return "counter-used";
	switch (record.phase) {
		case "locked":
			if (!state.doorClosed) return "door-open";
			return isFull(record, settings) ? "reports-full" : undefined;
		case "forced":
			return "door-open";
		case "service":
		case "health-lock":
		case "fault":
			return record.phase;
		default:
			return "busy";
	}
}

function measured(
	state: LockState,
	event: { readonly weights: readonly ShelfWeight[]; readonly stable: boolean; readonly fault: boolean },
	settings: LockSettings,
): LockTransition {
	const { record } = state;
	const { session } = record;
	if (record.phase === "settling") {
		if (session !== undefined) return report(state, session, event.weights, event.stable, event.fault, settings);
		return startChecked(state, event.weights, event.stable && !event.fault, settings);
	}
	if (record.phase !== "measuring" || session === undefined) return unchanged(state);
	// Without a sound baseline nobody could say afterwards what was taken: better no sale than a guess.
	if (event.fault) return refuseSession(state, session, "scale-fault");
	if (!event.stable) return refuseSession(state, session, "scales-unstable");
	const next: LockRecord = {
		...record,
		executed: markedWindow(record.executed),
		phase: "unlocked",
		session: { ...session, baseline: event.weights },
		idle: event.weights,
	};
	const effects: LockEffect[] = [{ type: "persist", record: next }];
	const pulsed = pulse({ ...state, record: next }, effects, settings);
	effects.push({ type: "executed", saleId: session.saleId, counter: session.counter });
	return { state: pulsed, effects };
}

/** The weights of a start without a session: goods that went while the power was off make a forced opening. */
function startChecked(
	state: LockState,
	weights: readonly ShelfWeight[],
	sound: boolean,
	settings: LockSettings,
): LockTransition {
	const { record } = state;
	if (sound && isTouched(record.idle, weights, TOUCHED_WITHOUT_POWER_MILLIGRAMS)) {
		const session = forcedSession(record.idle);
		const flagged: LockSession = { ...session, flags: withFlag(session.flags, "resumed") };
		if (!isFull(record, settings)) return report(state, flagged, weights, true, false, settings);
		const waiting: LockRecord = { ...record, phase: "forced", session: flagged };
		return {
			state: { ...state, record: waiting },
			effects: [
				{ type: "alarm", milliseconds: undefined },
				{ type: "persist", record: waiting },
			],
		};
	}
	const next: LockRecord = { ...record, phase: idlePhase(record), idle: sound ? weights : record.idle };
	return {
		state: { ...state, record: next },
		effects: [
			{ type: "alarm", milliseconds: undefined },
			{ type: "persist", record: next },
		],
	};
}

function doorOpened(state: LockState, atMs: number, settings: LockSettings): LockTransition {
	if (!state.doorClosed) return unchanged(state);
	const { record } = state;
	const { session } = record;
	const opened: LockState = { ...state, doorClosed: false, openedAtMs: atMs };
	if (state.failed) return { state: opened, effects: [{ type: "door", state: "opened", saleId: "" }] };
	if (record.phase === "service") return doorOpenedInService(opened, atMs);
	if (session !== undefined && record.phase !== "measuring") {
		const phase = session.saleId === "" ? "forced" : "open";
		const next: LockRecord = { ...record, phase, session: { ...session, opened: true } };
		return {
			state: { ...opened, record: next, coilOn: false, windowLeftMs: 0 },
			effects: [
				{ type: "release" },
				{ type: "stop-measuring" },
				{ type: "alarm", milliseconds: phase === "open" ? settings.ajarMs : undefined },
				{ type: "persist", record: next },
				{ type: "door", state: phase === "open" ? "opened" : "forced", saleId: session.saleId },
			],
		};
	}
	const next: LockRecord = { ...record, phase: "forced", session: forcedSession(record.idle) };
	const effects: LockEffect[] = [
		{ type: "stop-measuring" },
		{ type: "alarm", milliseconds: undefined },
		{ type: "persist", record: next },
	];
	if (session !== undefined) effects.push(refusal(session.saleId, session.counter, "door-open"));
	effects.push({ type: "door", state: "forced", saleId: "" });
	return { state: { ...opened, record: next, windowLeftMs: 0 }, effects };
}

function doorClosed(state: LockState, atMs: number, settings: LockSettings): LockTransition {
	if (state.doorClosed) return unchanged(state);
	const { record } = state;
	const closed: LockState = { ...state, doorClosed: true };
	const { session } = record;
	const effects: LockEffect[] = [
		{ type: "door", state: "closed", saleId: session === undefined ? "" : session.saleId },
	];
	if (session === undefined) {
		const isOver = record.phase === "service" && state.serviceOver;
		return isOver ? finishService(closed, effects) : { state: closed, effects };
	}
	const timed: LockRecord = {
		...record,
		session: { ...session, doorOpenMs: session.doorOpenMs + Math.max(0, atMs - state.openedAtMs) },
	};
	// A forced opening cannot be refused like an unlock. Without room for its report it stays open in the books.
	if (session.saleId === "" && isFull(record, settings)) return { state: { ...closed, record: timed }, effects };
	return settle({ ...closed, record: timed }, effects);
}

function elapsed(state: LockState, settings: LockSettings): LockTransition {
	const { record } = state;
	const { session } = record;
	switch (record.phase) {
		case "measuring":
			return session === undefined ? unchanged(state) : refuseSession(state, session, "scale-fault");
		case "unlocked":
			return windowElapsed(state, settings);
		case "open": {
			if (session === undefined) return unchanged(state);
			const next: LockRecord = {
				...record,
				phase: "ajar",
				session: { ...session, flags: withFlag(session.flags, "ajar") },
			};
			return {
				state: { ...state, record: next },
				effects: [
					{ type: "persist", record: next },
					{ type: "door", state: "ajar", saleId: session.saleId },
				],
			};
		}
		case "settling":
			if (session === undefined) return startChecked(state, [], false, settings);
			return report(state, session, [], true, true, settings);
		case "service":
			return serviceElapsed(state, settings);
		default:
			return unchanged(state);
	}
}

function windowElapsed(state: LockState, settings: LockSettings): LockTransition {
	const effects: LockEffect[] = [];
	if (!state.coilOn && state.windowLeftMs > 0) return { state: pulse(state, effects, settings), effects };
	effects.push({ type: "release" });
	if (state.windowLeftMs <= PAUSE_MS) {
		const ended: LockState = { ...state, coilOn: false, windowLeftMs: 0 };
		return state.record.phase === "service" ? untilServiceIsOver(ended, effects) : settle(ended, effects);
	}
	effects.push({ type: "alarm", milliseconds: PAUSE_MS });
	return { state: { ...state, coilOn: false, windowLeftMs: state.windowLeftMs - PAUSE_MS }, effects };
}

/** One pulse of the window: energise for as long as allowed, and be woken at its end. */
function pulse(state: LockState, effects: LockEffect[], settings: LockSettings): LockState {
	const milliseconds = Math.min(state.windowLeftMs, settings.pulseMs, LONGEST_PULSE_MS);
	effects.push({ type: "energise", milliseconds }, { type: "alarm", milliseconds });
	return { ...state, coilOn: true, windowLeftMs: state.windowLeftMs - milliseconds };
}

/** The door is closed and the coil off: weigh what is left. */
function settle(state: LockState, effects: LockEffect[]): LockTransition {
	effects.push({ type: "measure" }, { type: "alarm", milliseconds: MEASURE_MS });
	// Not persisted: after a power cut the phase before this one leads here as well.
	return { state: { ...state, record: { ...state.record, phase: "settling" } }, effects };
}

/** Ends a session whose coil was never on. */
function refuseSession(state: LockState, session: LockSession, reason: LockRefusal): LockTransition {
	const next: LockRecord = { ...state.record, phase: idlePhase(state.record), session: undefined };
	return {
		state: { ...state, record: next, windowLeftMs: 0 },
		effects: [
			{ type: "stop-measuring" },
			{ type: "alarm", milliseconds: undefined },
			{ type: "persist", record: next },
			refusal(session.saleId, session.counter, reason),
		],
	};
}

/** Ends a session with its one report, which is safe in the store before anybody hears of it. */
function report(
	state: LockState,
	session: LockSession,
	weights: readonly ShelfWeight[],
	stable: boolean,
	fault: boolean,
	settings: LockSettings,
): LockTransition {
	const { record } = state;
	if (isFull(record, settings)) return unchanged(state);
	let flags = session.flags;
	if (!stable) flags = withFlag(flags, "unstable");
	if (fault) flags = withFlag(flags, "scale-fault");
	const shelves = [];
	for (const before of session.baseline) {
		const after = find(weights, before.shelf);
		if (after === undefined) continue;
		shelves.push({
			shelf: before.shelf,
			baselineMilligrams: before.milligrams,
			finalMilligrams: after.milligrams,
			spreadMilligrams: Math.max(before.spreadMilligrams, after.spreadMilligrams),
		});
	}
	const written: PendingReport = {
		number: record.nextReport,
		saleId: session.saleId,
		counter: session.counter,
		boot: record.boot,
		opened: session.opened || isTouched(session.baseline, weights, TOUCHED_MILLIGRAMS),
		doorOpenMs: session.doorOpenMs,
		flags,
		shelves,
	};
	const next: LockRecord = {
		...record,
		phase: idlePhase(record),
		session: undefined,
		idle: fault ? [] : weights,
		pending: [...record.pending, written],
		nextReport: record.nextReport + 1,
	};
	return {
		state: { ...state, record: next },
		effects: [
			{ type: "alarm", milliseconds: undefined },
			{ type: "persist", record: next },
			{ type: "report", report: written },
		],
	};
}

function acknowledged(state: LockState, number: number, settings: LockSettings): LockTransition {
	const { record } = state;
	const pending = record.pending.filter((report) => report.number !== number);
	if (state.failed || pending.length === record.pending.length) return unchanged(state);
	const next: LockRecord = { ...record, pending };
	const effects: LockEffect[] = [{ type: "persist", record: next }];
	const acknowledgedState: LockState = { ...state, record: next };
	if (next.phase === "forced" && state.doorClosed && !isFull(next, settings)) return settle(acknowledgedState, effects);
	return { state: acknowledgedState, effects };
}

function serviceStart(
	state: LockState,
	event: { readonly commandId: string; readonly milliseconds: number; readonly atMs: number },
	settings: LockSettings,
): LockTransition {
	const { commandId, milliseconds, atMs } = event;
	const reason = serviceRefusal(state);
	if (reason !== undefined) return { state, effects: [{ type: "service", state: "refused", commandId, reason }] };
	const next: LockRecord = { ...state.record, phase: "service", service: { commandId } };
	const effects: LockEffect[] = [{ type: "persist", record: next }];
	const granted: LockState = { ...state, record: next, serviceUntilMs: atMs + milliseconds, serviceOver: false };
	const opened = serviceWindow(granted, atMs, effects, settings);
	effects.push({ type: "service", state: "started", commandId, reason: "" });
	return { state: opened, effects };
}

function serviceRefusal({ record, doorClosed }: LockState): LockRefusal | undefined {
	switch (record.phase) {
		case "locked":
		case "health-lock":
			return doorClosed ? undefined : "door-open";
		case "forced":
			return "door-open";
		case "service":
		case "fault":
			return record.phase;
		default:
			return "busy";
	}
}

function serviceOpen(state: LockState, atMs: number, settings: LockSettings): LockTransition {
	const isOpenable = state.record.phase === "service" && state.doorClosed && !state.serviceOver && !state.coilOn;
	// A pause of the window that runs is none of its ends.
	if (!isOpenable || state.windowLeftMs > 0 || atMs >= state.serviceUntilMs) return unchanged(state);
	const effects: LockEffect[] = [];
	return { state: serviceWindow(state, atMs, effects, settings), effects };
}

/** The bolt opens as for a sale. The grant is in the store by then. */
function serviceWindow(state: LockState, atMs: number, effects: LockEffect[], settings: LockSettings): LockState {
	const windowLeftMs = Math.min(settings.windowMs, state.serviceUntilMs - atMs);
	return awake(pulse({ ...state, windowLeftMs }, effects, settings), atMs, effects);
}

function doorOpenedInService(opened: LockState, atMs: number): LockTransition {
	const effects: LockEffect[] = [{ type: "release" }];
	let state: LockState = { ...opened, coilOn: false, windowLeftMs: 0 };
	if (!state.serviceOver) {
		effects.push({ type: "alarm", milliseconds: Math.max(0, state.serviceUntilMs - atMs) });
		state = awake(state, atMs, effects);
	}
	effects.push({ type: "door", state: "opened", saleId: "" });
	return { state, effects };
}

function serviceElapsed(state: LockState, settings: LockSettings): LockTransition {
	if (state.serviceOver) return unchanged(state);
	if (state.coilOn || state.windowLeftMs > 0) {
		const step = windowElapsed(state, settings);
		return { state: awake(step.state, state.wakeAtMs, step.effects), effects: step.effects };
	}
	if (state.doorClosed) return finishService(state, []);
	return { state: { ...state, serviceOver: true }, effects: [{ type: "door", state: "ajar", saleId: "" }] };
}

/** The window is over and nobody opened: the grant lasts on. */
function untilServiceIsOver(state: LockState, effects: LockEffect[]): LockTransition {
	effects.push({ type: "alarm", milliseconds: Math.max(0, state.serviceUntilMs - state.wakeAtMs) });
	return { state, effects };
}

/** Notes when the alarm among the effects rings: `elapsed` does not say when it comes. */
function awake(state: LockState, atMs: number, effects: readonly LockEffect[]): LockState {
	let wakeAtMs = atMs;
	for (const effect of effects) {
		if (effect.type === "alarm" && effect.milliseconds !== undefined) wakeAtMs = atMs + effect.milliseconds;
	}
	return { ...state, wakeAtMs };
}

function serviceEnd(state: LockState): LockTransition {
	if (state.record.phase !== "service" || state.failed) return unchanged(state);
	if (state.doorClosed) return finishService(state, []);
	// A service ends with the door closed: an open door must never be nobody's.
	return { state: { ...state, serviceOver: true }, effects: [{ type: "alarm", milliseconds: undefined }] };
}

/** The door is closed: whoever served the machine may have filled it, and what was on the shelves before says nothing. */
function finishService(state: LockState, effects: LockEffect[]): LockTransition {
	const { record } = state;
	const next: LockRecord = { ...record, phase: "settling", service: undefined, idle: [] };
	effects.push({ type: "release" }, { type: "persist", record: next });
	if (record.service !== undefined) effects.push(serviceEnded(record.service));
	return settle({ ...state, record: next, coilOn: false, windowLeftMs: 0, serviceOver: true }, effects);
}

function serviceEnded({ commandId }: ServiceGrant): LockEffect {
	return { type: "service", state: "ended", commandId, reason: "" };
}

function healthLock(state: LockState, on: boolean): LockTransition {
	const { record } = state;
	if (state.failed || record.healthLock === on) return unchanged(state);
	const next: LockRecord = { ...record, healthLock: on };
	if (on) return hold(state, next);
	return persisted(state, record.phase === "health-lock" ? { ...next, phase: idlePhase(next) } : next);
}

/** Stops selling at once, as far as the door is still closed. An open door's sale goes on to its report. */
function hold(state: LockState, next: LockRecord): LockTransition {
	const { session } = next;
	if (session === undefined && next.phase !== "settling") {
		return persisted(state, { ...next, phase: idlePhase(next) });
	}
	if (session !== undefined && next.phase === "measuring") {
		return refuseSession({ ...state, record: next }, session, "health-lock");
	}
	if (next.phase !== "unlocked") return persisted(state, next);
	const effects: LockEffect[] = [{ type: "release" }, { type: "persist", record: next }];
	return settle({ ...state, record: next, coilOn: false, windowLeftMs: 0 }, effects);
}

function storageFailed(state: LockState): LockTransition {
	const { phase, session, service } = state.record;
	const effects: LockEffect[] = [
		{ type: "release" },
		{ type: "stop-measuring" },
		{ type: "alarm", milliseconds: undefined },
	];
	// What is in the store decides at the next start. Only where the coil was certainly never on is there an answer now.
	if (session !== undefined && phase === "measuring") {
		effects.push(refusal(session.saleId, session.counter, "storage"));
	}
	if (service !== undefined) {
		effects.push({ type: "service", state: "refused", commandId: service.commandId, reason: "storage" });
	}
	return {
		state: {
			...state,
			record: { ...state.record, phase: "fault", session: undefined },
			failed: true,
			coilOn: false,
			windowLeftMs: 0,
		},
		effects,
	};
}

function unchanged(state: LockState): LockTransition {
	return { state, effects: [] };
}

function persisted(state: LockState, record: LockRecord): LockTransition {
	return { state: { ...state, record }, effects: [{ type: "persist", record }] };
}

function refusal(saleId: string, counter: number, reason: LockRefusal): LockEffect {
	return { type: "refused", saleId, counter, reason };
}

function idlePhase(record: LockRecord): LockPhase {
	if (record.service !== undefined) return "service";
	return record.healthLock ? "health-lock" : "locked";
}

function isFull(record: LockRecord, settings: LockSettings): boolean {
	return record.pending.length >= settings.maximumReports;
}

function forcedSession(idle: readonly ShelfWeight[]): LockSession {
	return { saleId: "", counter: 0, opened: true, doorOpenMs: 0, flags: ["forced"], baseline: idle };
}

function withFlag(flags: readonly ReportFlag[], flag: ReportFlag): readonly ReportFlag[] {
	return flags.includes(flag) ? flags : [...flags, flag];
}

function find(weights: readonly ShelfWeight[], shelf: number): ShelfWeight | undefined {
	for (const weight of weights) if (weight.shelf === shelf) return weight;
	return undefined;
}

function isTouched(before: readonly ShelfWeight[], after: readonly ShelfWeight[], milligrams: number): boolean {
	for (const weight of before) {
		const now = find(after, weight.shelf);
		if (now !== undefined && Math.abs(now.milligrams - weight.milligrams) > milligrams) return true;
	}
	return false;
}
