import { expect, test } from "vitest";
import { startLock, transition } from "./lock-machine.ts";
import type { LockEffect, LockEvent, LockRecord, LockSettings, LockState, LockTransition } from "./lock-state.ts";

// A breadth-first walk over everything that can happen to one door controller: every event in every state, a power cut
// after every effect, a failing store at every write. Times are left out (always 0) and weights have two values.

const settings: LockSettings = { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000, maximumReports: 2 };

interface Machine {
	start(record: LockRecord | undefined | "unreadable", doorClosed: boolean): LockTransition;
	transition(state: LockState, event: LockEvent): LockTransition;
}

const real: Machine = {
	start: (record, doorClosed) => startLock(record, doorClosed, 0, settings),
	transition: (state, event) => transition(state, event, settings),
};

interface World {
	readonly disk: LockRecord | undefined;
	readonly ram: LockState;
	readonly coil: boolean;
	readonly alarm: boolean;
	readonly measuring: boolean;
	/** What an observer with perfect knowledge notes down. */
	readonly book: Book;
}

interface Book {
	/** Sales whose unlock was accepted in this start of the controller: only they may move the coil. */
	readonly accepted: readonly string[];
	/** Sales for which the coil was on at some time. */
	readonly energised: readonly string[];
	/** Sales that have their report. */
	readonly reported: readonly string[];
	/** Whose opening waits for a report: a sale, "" for a forced opening. */
	readonly owed: string | undefined;
	/** A power cut or failing store came between the opening and its report. */
	readonly disturbed: boolean;
	/** Reports that were written and not acknowledged. */
	readonly safe: readonly number[];
	/** A grant was taken in this start of the controller, and neither its time nor its service is over. */
	readonly granted: boolean;
	/** A service has just ended: what is weighed next says nothing about theft. */
	readonly restocked: boolean;
}

class BrokenPromise extends Error {}

function promise(holds: boolean, text: string): asserts holds {
	if (!holds) throw new BrokenPromise(text);
}

const saleIds = ["a", "b"];
const weight = (milligrams: number) => [{ shelf: 0, milligrams, spreadMilligrams: 100 }];

const events: readonly LockEvent[] = [
	{ type: "unlock", saleId: "a", counter: 1, windowMs: 10_000 },
	{ type: "unlock", saleId: "b", counter: 2, windowMs: 10_000 },
	{ type: "measured", weights: weight(1_000_000), stable: true, fault: false },
	{ type: "measured", weights: weight(645_000), stable: true, fault: false },
	{ type: "measured", weights: weight(1_000_000), stable: false, fault: false },
	{ type: "measured", weights: [], stable: true, fault: true },
	{ type: "door-opened", atMs: 0 },
	{ type: "door-closed", atMs: 0 },
	{ type: "elapsed" },
	{ type: "idle-weights", weights: weight(1_000_000) },
	{ type: "acknowledged", number: 0 },
	{ type: "acknowledged", number: 1 },
	{ type: "service-start", commandId: "g", milliseconds: 3_600_000, atMs: 0 },
	{ type: "service-open", atMs: 0 },
	{ type: "service-end", atMs: 0 },
	{ type: "health-lock", on: true },
	{ type: "health-lock", on: false },
];

/** Events name reports by their place among those that wait, so that the walk stays finite. */
function concrete(world: World, event: LockEvent): LockEvent | undefined {
	if (event.type === "acknowledged") {
		const report = world.ram.record.pending[event.number];
		// Only what was written to the store was ever sent, and only that can come back.
		if (report === undefined || !world.book.safe.includes(report.number)) return undefined;
		return { type: "acknowledged", number: report.number };
	}
	return event;
}

function applyEffect(world: World, effect: LockEffect, event: LockEvent | undefined): World {
	switch (effect.type) {
		case "persist":
			return { ...world, disk: effect.record, book: afterPersist(world, effect.record, event) };
		case "energise": {
			const { disk, book } = world;
			promise(effect.milliseconds > 0 && effect.milliseconds <= 5_000, "a pulse is at most 5 s");
			promise(world.ram.doorClosed, "the coil is energised only while the door is closed");
			promise(disk !== undefined, "the coil is energised only when there is something in the store");
			promise(
				(disk.session === undefined) !== (disk.service === undefined),
				"every opening belongs to one sale or to one grant in the store",
			);
			if (disk.session === undefined) {
				promise(disk.phase === "service", "a grant's opening is in the store as service");
				promise(book.granted, "the coil moves only for a grant taken since power-up that is not over");
				return { ...world, coil: true };
			}
			const { saleId, counter } = disk.session;
			promise(disk.phase === "unlocked", "the coil is energised only when the store says unlocked");
			promise(
				disk.counter === counter && (disk.executed & 1) === 1,
				"a counter is consumed and marked before the coil",
			);
			promise(disk.session.baseline.length > 0, "the baseline is in the store before the coil");
			promise(book.accepted.includes(saleId), "the coil moves only for an unlock accepted since power-up");
			promise(saleIds[counter - 1] === saleId, "the coil moves only for an authorised counter");
			promise(!book.reported.includes(saleId), "the coil never moves for a reported sale");
			const energised = book.energised.includes(saleId) ? book.energised : [...book.energised, saleId];
			return { ...world, coil: true, book: { ...book, energised } };
		}
		case "release":
			return { ...world, coil: false };
		case "measure":
			return { ...world, measuring: true };
		case "stop-measuring":
			return { ...world, measuring: false };
		case "alarm":
			return { ...world, alarm: effect.milliseconds !== undefined };
		case "report":
			promise(
				world.disk?.pending.some((report) => report.number === effect.report.number) === true,
				"a report is in the store before it is sent",
			);
			return world;
		case "executed":
			promise(world.book.energised.includes(effect.saleId), "only what moved the coil is called executed");
			return world;
		case "refused":
			if (event?.type === "unlock" && effect.reason === "counter-used") return world;
			promise(
				effect.reason === "busy" || !world.book.energised.includes(effect.saleId) || event?.type === "unlock",
				"what moved the coil is never called refused",
			);
			return world;
		case "door":
			return world;
		case "service":
			if (effect.state === "started") {
				promise(event?.type === "service-start" && world.coil, "a service that has started has opened the bolt");
			} else if (effect.state === "ended") {
				promise(world.disk?.service === undefined && !world.coil, "a service that ended is out of the store");
			} else if (effect.reason !== "storage") {
				promise(event?.type === "service-start", "only a grant that came is refused");
			}
			return world;
	}
}

function afterPersist(world: World, record: LockRecord, event: LockEvent | undefined): Book {
	const { disk, book } = world;
	let { accepted, reported, owed, safe, disturbed, granted, restocked } = book;
	promise(record.counter >= (disk?.counter ?? 0), "the stored counter never goes back");
	if (record.counter > (disk?.counter ?? 0)) {
		promise(event?.type === "unlock" && event.counter === record.counter, "only an unlock consumes its counter");
		accepted = [...accepted, event.saleId];
	}
	if (record.service !== undefined && disk?.service === undefined) {
		promise(event?.type === "service-start", "only a grant begins a service");
		promise(disk?.session === undefined && record.session === undefined, "no grant while somebody is in a sale");
		promise(owed === undefined, "no grant over an opening that has no report");
		granted = true;
	}
	if (record.service === undefined) granted = false;
	if (record.service === undefined && disk?.service !== undefined) restocked = true;
	promise(record.pending.length <= settings.maximumReports, "there are never more reports than places");
	for (const number of safe) {
		if (record.pending.some((report) => report.number === number)) continue;
		promise(event?.type === "acknowledged" && event.number === number, "a report stays until it is acknowledged");
		safe = safe.filter((other) => other !== number);
	}
	for (const report of record.pending) {
		if (safe.includes(report.number) || disk?.pending.some((old) => old.number === report.number)) continue;
		safe = [...safe, report.number];
		if (report.saleId === "") {
			promise(report.flags.includes("forced"), "an opening without a sale is flagged as forced");
			promise(owed === "" || report.flags.includes("resumed"), "nobody's opening is reported only when there was one");
			promise(owed === "" || !restocked, "what was filled in a service is nobody's opening");
			promise(owed === "" || owed === undefined, "a sale's opening is never reported as forced");
		} else {
			promise(!reported.includes(report.saleId), "a sale has at most one report");
			promise(
				book.energised.includes(report.saleId) || report.flags.includes("resumed"),
				"a report is of an executed sale",
			);
			promise(!report.flags.includes("forced"), "a sale is never flagged as forced");
			promise(owed !== "", "a forced opening is never put on a sale");
			promise(owed === undefined || report.opened || disturbed, "an opening that was seen is reported as opened");
			reported = [...reported, report.saleId];
		}
		owed = undefined;
		disturbed = false;
	}
	if (record.phase !== "settling") restocked = false;
	return { ...book, accepted, reported, owed, disturbed, safe, granted, restocked };
}

/** Notes an opening before the machine hears of it. */
function noteEvent(world: World, event: LockEvent): World {
	if (endsGrant(world, event)) return { ...world, book: { ...world.book, granted: false } };
	if (event.type !== "door-opened" || !world.ram.doorClosed) return world;
	const { phase, session } = world.ram.record;
	if (world.ram.failed || phase === "service") return world;
	let owed = "";
	if (session !== undefined && session.saleId !== "" && phase !== "measuring") owed = session.saleId;
	if (world.coil) promise(owed !== "", "while the coil is on there is a sale");
	return { ...world, book: { ...world.book, owed } };
}

/** A person or the clock says so. Between two pulses of a window the clock says something else. */
function endsGrant(world: World, event: LockEvent): boolean {
	if (world.ram.record.phase !== "service") return false;
	return event.type === "service-end" || (event.type === "elapsed" && !world.coil && world.ram.windowLeftMs === 0);
}

function checkAtRest(world: World): void {
	const { ram } = world;
	const { phase, service } = ram.record;
	if (world.coil) {
		promise(
			(phase === "unlocked" || phase === "service") && ram.doorClosed,
			"the coil is on only in a window, with the door closed",
		);
		promise(world.alarm, "a coil that is on has an alarm that ends its pulse");
	}
	promise(world.coil === ram.coilOn, "the machine knows whether the coil is on");
	if (!ram.failed) promise((phase === "service") === (service !== undefined), "a service and its grant are one");
	if (phase === "service") {
		promise(world.alarm || !ram.doorClosed, "a service with the door closed has an alarm that ends it");
		promise(world.alarm === world.book.granted, "the time of a service runs until its end");
	}
	if (phase === "measuring" || phase === "settling") {
		promise(ram.doorClosed, "what is weighed is behind a closed door");
		promise(world.measuring && world.alarm, "a measurement is always awaited with a bound");
	}
	if (ram.failed) promise(!world.coil, "a failed store leaves the coil off");
}

/** Everything one event can lead to: carried out whole, cut short by power, or stopped by a failing store. */
function successors(machine: Machine, world: World, event: LockEvent): World[] {
	let noted = noteEvent(world, event);
	if (event.type === "elapsed") noted = { ...noted, alarm: false };
	if (event.type === "measured") noted = { ...noted, measuring: false };
	return carryOut(machine, noted, machine.transition(world.ram, event), event);
}

function carryOut(machine: Machine, world: World, step: LockTransition, event: LockEvent | undefined): World[] {
	const results: World[] = [];
	let current: World = { ...world, ram: step.state };
	results.push(...powerCuts(machine, current));
	for (const effect of step.effects) {
		if (effect.type === "persist") {
			const stopped = { ...current, book: { ...current.book, disturbed: true } };
			results.push(...carryOutAfterFailure(machine, stopped));
		}
		current = applyEffect(current, effect, event);
		results.push(...powerCuts(machine, current));
	}
	checkAtRest(current);
	results.push(current);
	return results;
}

function carryOutAfterFailure(machine: Machine, world: World): World[] {
	const step = machine.transition(world.ram, { type: "storage-failed" });
	let current: World = { ...world, ram: step.state };
	for (const effect of step.effects) current = applyEffect(current, effect, { type: "storage-failed" });
	checkAtRest(current);
	return [current];
}

/** Power goes and comes back, with the door closed or open by then. */
function powerCuts(machine: Machine, world: World): World[] {
	return [true, false].map((doorClosed) => powerUp(machine, world, doorClosed));
}

function powerUp(machine: Machine, world: World, doorClosed: boolean): World {
	const { disk } = world;
	const session = disk?.phase === "measuring" ? undefined : disk?.session;
	let { owed } = world.book;
	// A sale's opening is its session's. Without a session in the store only an open door, or weights, can tell.
	if (session !== undefined) {
		if (!doorClosed || owed !== undefined) owed = session.saleId;
	} else {
		owed = doorClosed || disk?.service !== undefined ? undefined : "";
	}
	const off: World = {
		disk,
		ram: world.ram,
		coil: false,
		alarm: false,
		measuring: false,
		book: { ...world.book, accepted: [], owed, disturbed: true, granted: false },
	};
	const step = machine.start(disk, doorClosed);
	let current: World = { ...off, ram: step.state };
	for (const effect of step.effects) {
		promise(effect.type !== "energise", "power-up never energises the coil");
		current = applyEffect(current, effect, undefined);
	}
	checkAtRest(current);
	return current;
}

/** Faults stop: the door closes, scales weigh, the line works. Everything must come to its end. */
function heal(machine: Machine, world: World): World {
	let current = world;
	for (let step = 0; step < 60; step++) {
		const { ram } = current;
		const { record } = ram;
		let event: LockEvent | undefined;
		if (ram.failed) {
			current = powerUp(machine, current, ram.doorClosed);
			continue;
		}
		const [first] = record.pending;
		if (!ram.doorClosed) event = { type: "door-closed", atMs: 0 };
		else if (current.measuring) event = { type: "measured", weights: weight(1_000_000), stable: true, fault: false };
		else if (current.alarm) event = { type: "elapsed" };
		else if (first !== undefined) event = { type: "acknowledged", number: first.number };
		else if (record.service !== undefined) event = { type: "service-end", atMs: 0 };
		else if (record.healthLock) event = { type: "health-lock", on: false };
		else break;
		const whole = quietly(machine, current, event);
		current = whole;
	}
	promise(current.ram.record.phase === "locked", "once faults stop, the door is locked again");
	promise(current.ram.record.pending.length === 0, "once faults stop, no report is left");
	promise(current.book.owed === undefined, "every opened door ends in a report");
	for (const saleId of current.book.energised) {
		promise(current.book.reported.includes(saleId), "every sale that moved the coil ends in a report");
	}
	return current;
}

function quietly(machine: Machine, world: World, event: LockEvent): World {
	let current = noteEvent(world, event);
	if (event.type === "elapsed") current = { ...current, alarm: false };
	if (event.type === "measured") current = { ...current, measuring: false };
	const step = machine.transition(world.ram, event);
	current = { ...current, ram: step.state };
	for (const effect of step.effects) current = applyEffect(current, effect, event);
	return current;
}

/** One text for all worlds that differ only in what neither the machine nor the promises look at. */
function canonical(world: World): string {
	const { disk, ram, book } = world;
	const numbers = [...(disk?.pending ?? []), ...ram.record.pending]
		.map((report) => report.number)
		.sort((a, b) => a - b);
	const ranks = [...new Set(numbers)];
	const slim = (record: LockRecord) => [
		record.counter,
		record.executed & 1,
		record.phase,
		record.service !== undefined,
		record.healthLock,
		record.session && [
			record.session.saleId,
			record.session.opened,
			record.session.flags.includes("resumed"),
			record.session.baseline[0]?.milligrams,
		],
		record.idle[0]?.milligrams,
		record.pending.map((report) => ranks.indexOf(report.number)),
		record.boot > 0,
	];
	return JSON.stringify([
		disk && slim(disk),
		// After a failure of the store, memory is not asked any more.
		ram.failed ? "failed" : slim(ram.record),
		ram.doorClosed,
		ram.windowLeftMs,
		ram.record.phase === "service" && ram.serviceOver,
		world.coil,
		world.alarm,
		world.measuring,
		// Of a reported sale nothing else is asked, and an acceptance counts while its session lasts.
		saleIds.map((saleId) => (book.reported.includes(saleId) ? 2 : book.energised.includes(saleId) ? 1 : 0)),
		book.accepted.includes(ram.record.session?.saleId ?? ""),
		book.accepted.includes(disk?.session?.saleId ?? ""),
		book.owed,
		book.disturbed && book.owed !== undefined,
		book.safe.map((number) => ranks.indexOf(number)),
		book.granted,
		book.restocked,
	]);
}

interface Walk {
	readonly states: number;
	readonly transitions: number;
	readonly phases: ReadonlySet<string>;
}

function explore(machine: Machine): Walk {
	const nothing: World = {
		disk: undefined,
		ram: machine.start(undefined, true).state,
		coil: false,
		alarm: false,
		measuring: false,
		book: {
			accepted: [],
			energised: [],
			reported: [],
			owed: undefined,
			disturbed: false,
			safe: [],
			granted: false,
			restocked: false,
		},
	};
	const seen = new Set<string>();
	const phases = new Set<string>();
	let frontier: World[] = [];
	let transitions = 0;
	const visit = (world: World, into: World[]) => {
		const key = canonical(world);
		if (seen.has(key)) return;
		seen.add(key);
		phases.add(world.ram.record.phase);
		heal(machine, world);
		into.push(world);
	};
	for (const world of powerCuts(machine, nothing)) visit(world, frontier);
	while (frontier.length > 0) {
		const next: World[] = [];
		for (const world of frontier) {
			for (const abstract of events) {
				const event = concrete(world, abstract);
				if (event === undefined) continue;
				for (const successor of successors(machine, world, event)) {
					transitions += 1;
					visit(successor, next);
				}
			}
		}
		frontier = next;
	}
	return { states: seen.size, transitions, phases };
}

test("every event in every state, with a power cut after every effect, keeps every promise of the lock", () => {
	const walk = explore(real);
	process.stdout.write(`lock explorer: ${walk.states} states, ${walk.transitions} transitions, 0 broken promises\n`);
	expect([...walk.phases].sort()).toEqual(
		["ajar", "fault", "forced", "health-lock", "locked", "measuring", "open", "service", "settling", "unlocked"].sort(),
	);
});

type Transition = Machine["transition"];
type Start = Machine["start"];

function without(step: LockTransition, ...types: readonly LockEffect["type"][]): LockTransition {
	return { state: step.state, effects: step.effects.filter((effect) => !types.includes(effect.type)) };
}

/** The step with another record, in memory and in the store. */
function rewritten(step: LockTransition, record: LockRecord): LockTransition {
	return {
		state: { ...step.state, record },
		effects: step.effects.map((effect) => (effect.type === "persist" ? { type: "persist", record } : effect)),
	};
}

function later(step: LockTransition, type: LockEffect["type"]): LockTransition {
	const moved = step.effects.filter((effect) => effect.type === type);
	return { state: step.state, effects: [...without(step, type).effects, ...moved] };
}

/** Machines with one bug each. The walk has to notice all of them, or it proves nothing about the real one. */
const mutants: Readonly<Record<string, { transition?: Transition; start?: Start }>> = {
	"the coil is energised before the record is written": {
		transition: (state, event) =>
			event.type === "measured" ? later(real.transition(state, event), "persist") : real.transition(state, event),
	},
	"the record is never written": {
		transition: (state, event) => without(real.transition(state, event), "persist"),
	},
	"an unlock does not consume its counter": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (event.type !== "unlock" || step.state === state) return step;
			return rewritten(step, { ...step.state.record, counter: state.record.counter });
		},
	},
	"a used counter is accepted again": {
		transition: (state, event) => {
			if (event.type !== "unlock" || event.counter !== state.record.counter) return real.transition(state, event);
			return real.transition({ ...state, record: { ...state.record, counter: event.counter - 1 } }, event);
		},
	},
	"the executed window is not marked": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (event.type !== "measured") return step;
			return rewritten(step, { ...step.state.record, executed: state.record.executed });
		},
	},
	"power-up goes on with the window": {
		start: (record, closed) => {
			const step = real.start(record, closed);
			if (record === undefined || record === "unreadable" || record.phase !== "unlocked" || !closed) return step;
			return { state: step.state, effects: [...step.effects, { type: "energise", milliseconds: 4_800 }] };
		},
	},
	"power-up forgets the session": {
		start: (record, closed) =>
			real.start(record === undefined || record === "unreadable" ? record : { ...record, session: undefined }, closed),
	},
	"power-up forgets the reports": {
		start: (record, closed) =>
			real.start(record === undefined || record === "unreadable" ? record : { ...record, pending: [] }, closed),
	},
	"power-up takes a sale that was only measured for an executed one": {
		start: (record, closed) =>
			real.start(
				record === undefined || record === "unreadable" || record.phase !== "measuring"
					? record
					: { ...record, phase: "unlocked" },
				closed,
			),
	},
	"the coil stays on when the door opens": {
		transition: (state, event) =>
			event.type === "door-opened" ? without(real.transition(state, event), "release") : real.transition(state, event),
	},
	"the coil stays on at the end of a pulse": {
		transition: (state, event) =>
			event.type === "elapsed" ? without(real.transition(state, event), "release") : real.transition(state, event),
	},
	"the coil stays on when the store fails": {
		transition: (state, event) =>
			event.type === "storage-failed"
				? without(real.transition(state, event), "release")
				: real.transition(state, event),
	},
	"a pulse has no end": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			return step.state.coilOn ? without(step, "alarm") : step;
		},
	},
	"a measurement has no bound": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			return step.state.record.phase === "settling" ? without(step, "alarm") : step;
		},
	},
	"a pulse of 10 s": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			return {
				state: step.state,
				effects: step.effects.map((effect) =>
					effect.type === "energise" ? { type: "energise", milliseconds: 10_000 } : effect,
				),
			};
		},
	},
	"an unlock is accepted without a place for its report": {
		transition: (state, event) =>
			event.type === "unlock"
				? transition(state, event, { ...settings, maximumReports: 3 })
				: real.transition(state, event),
	},
	"a sale is sold on dead scales": {
		transition: (state, event) =>
			event.type === "measured" && state.record.phase === "measuring"
				? real.transition(state, { ...event, fault: false, stable: true })
				: real.transition(state, event),
	},
	"a forced opening is forgotten when the door closes": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (event.type !== "door-closed" || state.record.phase !== "forced") return step;
			return {
				state: { ...step.state, record: { ...state.record, phase: "locked", session: undefined } },
				effects: [],
			};
		},
	},
	"an opening while the baseline is taken is put on the sale": {
		transition: (state, event) =>
			event.type === "door-opened" && state.record.phase === "measuring"
				? real.transition({ ...state, record: { ...state.record, phase: "unlocked" } }, event)
				: real.transition(state, event),
	},
	"a door that opens again while the scales settle is not seen": {
		transition: (state, event) =>
			event.type === "door-opened" && state.record.phase === "settling"
				? { state, effects: [] }
				: real.transition(state, event),
	},
	"a report is sent before it is stored": {
		transition: (state, event) => later(real.transition(state, event), "persist"),
	},
	"a report is stored without ending its session": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (step.state.record.nextReport === state.record.nextReport) return step;
			return rewritten(step, { ...step.state.record, session: state.record.session });
		},
	},
	"an acknowledgement clears all reports": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (event.type !== "acknowledged") return step;
			return rewritten(step, { ...step.state.record, pending: [] });
		},
	},
	"a forced opening waits for ever when all places were taken": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			return event.type === "acknowledged" && state.record.phase === "forced"
				? {
						state: { ...step.state, record: { ...step.state.record, phase: "forced" } },
						effects: step.effects.slice(0, 1),
					}
				: step;
		},
	},
	"a grant outlives a power cut": {
		start: (record, closed) => {
			const step = real.start(record, closed);
			if (record === undefined || record === "unreadable" || record.service === undefined) return step;
			const next: LockRecord = { ...step.state.record, phase: "service", service: record.service };
			return {
				state: { ...step.state, record: next, serviceUntilMs: 3_600_000, serviceOver: false },
				effects: [
					{ type: "persist", record: next },
					{ type: "alarm", milliseconds: 3_600_000 },
				],
			};
		},
	},
	"a grant is taken in the middle of a sale": {
		transition: (state, event) =>
			event.type === "service-start" && state.record.phase === "unlocked"
				? real.transition({ ...state, record: { ...state.record, phase: "locked" } }, event)
				: real.transition(state, event),
	},
	"a grant is taken over a forced opening": {
		transition: (state, event) =>
			event.type === "service-start" && state.record.phase === "forced" && state.doorClosed
				? real.transition({ ...state, record: { ...state.record, phase: "locked", session: undefined } }, event)
				: real.transition(state, event),
	},
	"a grant opens before it is in the store": {
		transition: (state, event) =>
			event.type === "service-start" ? later(real.transition(state, event), "persist") : real.transition(state, event),
	},
	"the restock button opens without a grant": {
		transition: (state, event) =>
			event.type === "service-open" && state.record.phase === "locked"
				? real.transition(
						{
							...state,
							record: { ...state.record, phase: "service" },
							serviceOver: false,
							serviceUntilMs: 3_600_000,
						},
						event,
					)
				: real.transition(state, event),
	},
	"the end of a service leaves the coil on": {
		transition: (state, event) =>
			event.type === "service-end" ? without(real.transition(state, event), "release") : real.transition(state, event),
	},
	"a service never ends by itself": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			const wasEnd =
				event.type === "elapsed" && state.record.phase === "service" && step.state.record.phase !== "service";
			return wasEnd ? { state, effects: [] } : step;
		},
	},
	"a service ends while its door is open": {
		transition: (state, event) =>
			event.type === "service-end" && !state.doorClosed
				? real.transition({ ...state, doorClosed: true }, event)
				: real.transition(state, event),
	},
	"the time of a service stops while its door is open": {
		transition: (state, event) =>
			event.type === "door-opened" && state.record.phase === "service"
				? {
						state: real.transition(state, event).state,
						effects: [{ type: "release" }, { type: "alarm", milliseconds: undefined }],
					}
				: real.transition(state, event),
	},
	"what was filled in a service is taken for theft": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (state.record.service === undefined || step.state.record.service !== undefined) return step;
			return rewritten(step, { ...step.state.record, idle: weight(1_000_000) });
		},
	},
};

test.each(Object.keys(mutants))("the walk notices a machine in which %s", (name) => {
	expect(() => explore({ ...real, ...mutants[name] })).toThrow(BrokenPromise);
});
