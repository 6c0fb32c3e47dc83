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
	service: false,
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
	} else if (!doorClosed && !before.service) {
		session = forcedSession(before.idle);
		if (before.boot > 0) session = { ...session, flags: withFlag(session.flags, "resumed") };
	}
	next = { ...next, session };
	let phase: LockPhase;
	if (session === undefined) phase = doorClosed && !before.service ? "settling" : "service";
	else if (doorClosed) phase = session.saleId === "" && isFull(next, settings) ? "forced" : "settling";
	else phase = session.saleId === "" ? "forced" : "open";
	next = { ...next, phase };
	effects.push({ type: "persist", record: next });
	if (refused !== undefined) effects.push(refusal(refused.saleId, refused.counter, "power-cut"));
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
		state: { record: next, doorClosed, failed: false, coilOn: false, windowLeftMs: 0, openedAtMs: atMs },
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
		case "service":
			return service(state, event.on);
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

function unlock(
	state: LockState,
	event: { readonly saleId: string; readonly counter: number; readonly windowMs: number },
	settings: LockSettings,
): LockTransition {
	const { record } = state;
	const reason = unlockRefusal(state, event.counter, settings);
	if (reason !== undefined) return { state, effects: [refusal(event.saleId, event.counter, reason)] };
	const steps = event.counter - record.counter;
	const next: LockRecord = {
		...record,
		counter: event.counter,
		executed: steps > 31 ? 0 : (record.executed << steps) >>> 0,
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
		executed: (record.executed | 1) >>> 0,
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
	if (record.phase === "service" || state.failed) {
		return { state: opened, effects: [{ type: "door", state: "opened", saleId: "" }] };
	}
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
	if (session === undefined) return { state: closed, effects };
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
		default:
			return unchanged(state);
	}
}

function windowElapsed(state: LockState, settings: LockSettings): LockTransition {
	const effects: LockEffect[] = [];
	if (!state.coilOn && state.windowLeftMs > 0) return { state: pulse(state, effects, settings), effects };
	effects.push({ type: "release" });
	if (state.windowLeftMs <= PAUSE_MS) return settle({ ...state, coilOn: false, windowLeftMs: 0 }, effects);
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

function service(state: LockState, on: boolean): LockTransition {
	const { record } = state;
	// A service ends with the door closed: an open door must never be nobody's.
	if (state.failed || record.service === on || (!on && !state.doorClosed)) return unchanged(state);
	const next: LockRecord = { ...record, service: on };
	if (on) return hold(state, next, "service");
	if (record.phase !== "service") return persisted(state, next);
	// Whoever served the machine may have filled it: what was on the shelves before says nothing any more.
	const cleared: LockRecord = { ...next, phase: "settling", idle: [] };
	return settle({ ...state, record: cleared }, [{ type: "persist", record: cleared }]);
}

function healthLock(state: LockState, on: boolean): LockTransition {
	const { record } = state;
	if (state.failed || record.healthLock === on) return unchanged(state);
	const next: LockRecord = { ...record, healthLock: on };
	if (on) return hold(state, next, "health-lock");
	return persisted(state, record.phase === "health-lock" ? { ...next, phase: idlePhase(next) } : next);
}

/** Stops selling at once, as far as the door is still closed. An open door's sale goes on to its report. */
function hold(state: LockState, next: LockRecord, reason: "service" | "health-lock"): LockTransition {
	const { session } = next;
	if (session === undefined && next.phase !== "settling") {
		return persisted(state, { ...next, phase: idlePhase(next) });
	}
	if (session !== undefined && next.phase === "measuring") {
		return refuseSession({ ...state, record: next }, session, reason);
	}
	if (next.phase !== "unlocked") return persisted(state, next);
	const effects: LockEffect[] = [{ type: "release" }, { type: "persist", record: next }];
	return settle({ ...state, record: next, coilOn: false, windowLeftMs: 0 }, effects);
}

function storageFailed(state: LockState): LockTransition {
	const { phase, session } = state.record;
	const effects: LockEffect[] = [
		{ type: "release" },
		{ type: "stop-measuring" },
		{ type: "alarm", milliseconds: undefined },
	];
	// What is in the store decides at the next start. Only where the coil was certainly never on is there an answer now.
	if (session !== undefined && phase === "measuring") {
		effects.push(refusal(session.saleId, session.counter, "storage"));
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
	if (record.service) return "service";
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
