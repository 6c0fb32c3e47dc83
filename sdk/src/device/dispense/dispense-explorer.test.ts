import { expect, test } from "vitest";
import { startDispense, transitionDispense } from "./dispense-machine.ts";
import type {
	DispenseEffect,
	DispenseEvent,
	DispenseRecord,
	DispenseSettings,
	DispenseState,
	DispenseTransition,
} from "./dispense-state.ts";

// A breadth-first walk over everything that can happen to one machine that delivers: every event in every state, a power
// cut after every effect, a failing store at every write. Times are left out.

const settings: DispenseSettings = { deliveryMs: 60_000, maximumReports: 2 };

interface Machine {
	start(record: DispenseRecord | undefined | "unreadable"): DispenseTransition;
	transition(state: DispenseState, event: DispenseEvent): DispenseTransition;
}

const real: Machine = {
	start: startDispense,
	transition: (state, event) => transitionDispense(state, event, settings),
};

interface World {
	readonly disk: DispenseRecord | undefined;
	readonly ram: DispenseState;
	/** What moves: counter and index. */
	readonly moving: string | undefined;
	readonly alarm: boolean;
	/** What an observer with perfect knowledge notes down. */
	readonly book: Book;
}

interface Book {
	/** Slots of sales ("1/0": counter and index) that were moved, ever. */
	readonly begun: readonly string[];
	/** What they said at their end. */
	readonly said: Readonly<Record<string, Outcome>>;
	/** Counters accepted in this start of the controller: only for them may anything move. */
	readonly accepted: readonly number[];
	/** Counters whose acceptance is in the store. */
	readonly owed: readonly number[];
	readonly reported: readonly number[];
	/** Reports that were written and not acknowledged. */
	readonly safe: readonly number[];
}

class BrokenPromise extends Error {}

function promise(holds: boolean, text: string): asserts holds {
	if (!holds) throw new BrokenPromise(text);
}

type Outcome = "delivered" | "failed" | "unknown";
const outcomes: readonly Outcome[] = ["delivered", "failed", "unknown"];

/** What each sale asks for, by counter. A slot may come twice. */
const orders: Readonly<Record<number, readonly number[]>> = { 1: [0, 1], 2: [1, 1], 3: [0] };
const counters = [1, 2, 3];
const order = (counter: number): DispenseEvent => ({
	type: "dispense",
	saleId: `s${counter}`,
	counter,
	slots: orders[counter] ?? [],
	obstacle: "",
});
const answer = (counter: number, index: number, outcome: Outcome): DispenseEvent => ({
	type: "delivered",
	counter,
	index,
	outcome,
	reason: outcome === "delivered" ? "" : "nothing-fell",
});

const events: readonly DispenseEvent[] = [
	order(1),
	order(2),
	order(3),
	{ ...order(2), obstacle: "unknown-slot" } as DispenseEvent,
	...counters.flatMap((counter) =>
		[0, 1].flatMap((index) => outcomes.map((outcome) => answer(counter, index, outcome))),
	),
	{ type: "elapsed" },
	{ type: "acknowledged", number: 0 },
	{ type: "acknowledged", number: 1 },
	{ type: "service-start", commandId: "g", minutes: 30 },
	{ type: "service-end" },
	{ type: "health-lock", on: true },
	{ type: "health-lock", on: false },
];

/** Events name reports by their place among those that wait, so that the walk stays finite. */
function concrete(world: World, event: DispenseEvent): DispenseEvent | undefined {
	if (event.type === "acknowledged") {
		const report = world.ram.record.pending[event.number];
		// Only what was written to the store was ever sent, and only that can come back.
		if (report === undefined || !world.book.safe.includes(report.number)) return undefined;
		return { type: "acknowledged", number: report.number };
	}
	// An answer may come late, but not before it was asked for.
	if (event.type === "delivered" && !world.book.begun.includes(`${event.counter}/${event.index}`)) return undefined;
	return event;
}

function applyEffect(world: World, effect: DispenseEffect, event: DispenseEvent | undefined): World {
	const { disk, book } = world;
	switch (effect.type) {
		case "persist":
			return { ...world, disk: effect.record, book: afterPersist(world, effect.record, event) };
		case "deliver": {
			const { counter, index, slot } = effect;
			const name = `${counter}/${index}`;
			promise(!book.begun.includes(name), "no slot of a sale moves twice");
			promise(world.moving === undefined, "one slot moves at a time");
			promise(book.accepted.includes(counter), "nothing moves but for a sale accepted since power-up");
			promise(!book.reported.includes(counter), "nothing moves for a reported sale");
			promise(orders[counter]?.[index] === slot, "what moves is what was asked for");
			promise(disk?.session?.counter === counter, "a sale is in the store before anything moves");
			promise(disk.session.results.length === index, "the store knows which slot may be moving");
			promise(
				disk.counter === counter && (disk.executed & 1) === 1,
				"a counter is consumed and marked before it moves",
			);
			promise(disk.service === undefined, "nothing moves in a service");
			promise(!disk.healthLock, "nothing begins under the food lock");
			return { ...world, moving: name, book: { ...book, begun: [...book.begun, name] } };
		}
		case "stop":
			return { ...world, moving: undefined };
		case "alarm":
			return { ...world, alarm: effect.milliseconds !== undefined };
		case "report":
			promise(
				disk?.pending.some((report) => report.number === effect.report.number) === true,
				"a report is in the store before it is sent",
			);
			return world;
		case "executed":
			promise(hasBegun(book, effect.counter), "only what moved is called executed");
			return world;
		case "refused":
			if (event?.type === "dispense" && (effect.reason === "counter-used" || effect.reason === "busy")) return world;
			promise(!hasBegun(book, effect.counter), "what moved is never called refused");
			return world;
		case "service":
			if (effect.state === "ended") promise(disk?.service === undefined, "a service that ended is out of the store");
			if (effect.state === "started") promise(disk?.service !== undefined, "a service is in the store");
			return world;
	}
}

function hasBegun(book: Book, counter: number): boolean {
	return book.begun.some((name) => name.startsWith(`${counter}/`));
}

function afterPersist(world: World, record: DispenseRecord, event: DispenseEvent | undefined): Book {
	const { disk, book } = world;
	let { accepted, owed, reported, safe } = book;
	promise(record.counter >= (disk?.counter ?? 0), "the stored counter never goes back");
	if (record.counter > (disk?.counter ?? 0)) {
		promise(event?.type === "dispense" && event.counter === record.counter, "only a sale consumes its counter");
		promise(event.obstacle === "", "no sale over an obstacle");
		promise(disk?.service === undefined && disk?.healthLock !== true, "no sale in a service or under the food lock");
		accepted = [...accepted, record.counter];
		owed = [...owed, record.counter];
	}
	promise(record.pending.length <= settings.maximumReports, "there are never more reports than places");
	promise(record.service === undefined || record.session === undefined, "no service while a sale is delivered");
	for (const number of safe) {
		if (record.pending.some((report) => report.number === number)) continue;
		promise(event?.type === "acknowledged" && event.number === number, "a report stays until it is acknowledged");
		safe = safe.filter((other) => other !== number);
	}
	for (const report of record.pending) {
		if (safe.includes(report.number) || disk?.pending.some((old) => old.number === report.number)) continue;
		safe = [...safe, report.number];
		const { counter, dispensed } = report;
		promise(!reported.includes(counter), "a sale has at most one report");
		promise(record.session === undefined, "a report ends its session");
		promise(
			dispensed.map(({ slot }) => slot).join() === orders[counter]?.join(),
			"a report has one result for each slot that was asked for",
		);
		dispensed.forEach(({ outcome, reason }, index) => {
			const name = `${counter}/${index}`;
			const truth = book.said[name];
			if (outcome === "delivered") promise(truth === "delivered", "delivered is only what was seen to be");
			else promise(reason !== "", "what was not delivered has its reason");
			if (outcome === "failed") {
				promise(
					truth === "failed" || !book.begun.includes(name),
					"what may have been delivered is never called failed",
				);
			}
		});
		reported = [...reported, counter];
		owed = owed.filter((other) => other !== counter);
	}
	return { ...book, accepted, owed, reported, safe };
}

function checkAtRest(world: World): void {
	const { ram } = world;
	const { phase, session, service } = ram.record;
	if (world.moving !== undefined) promise(world.alarm, "what moves has a bound");
	if (ram.failed) {
		promise(world.moving === undefined, "a failed store leaves nothing moving");
		return;
	}
	promise((phase === "delivering") === (session !== undefined), "delivering and a sale are one");
	promise((phase === "service") === (service !== undefined), "a service and its phase are one");
	if (session === undefined) promise(world.moving === undefined, "nothing moves without a sale");
	if (phase === "service") promise(world.alarm, "a service has an end");
}

/** Everything one event can lead to: carried out whole, cut short by power, or stopped by a failing store. */
function successors(machine: Machine, world: World, event: DispenseEvent): World[] {
	return carryOut(machine, noted(world, event), machine.transition(world.ram, event), event);
}

function noted(world: World, event: DispenseEvent): World {
	if (event.type === "elapsed") return { ...world, alarm: false };
	if (event.type !== "delivered" || world.moving !== `${event.counter}/${event.index}`) return world;
	const said = { ...world.book.said, [world.moving]: event.outcome };
	return { ...world, moving: undefined, book: { ...world.book, said } };
}

function carryOut(machine: Machine, world: World, step: DispenseTransition, event: DispenseEvent | undefined): World[] {
	let current: World = { ...world, ram: step.state };
	const results: World[] = [powerUp(machine, current)];
	for (const effect of step.effects) {
		if (effect.type === "persist") results.push(afterFailure(machine, current));
		current = applyEffect(current, effect, event);
		results.push(powerUp(machine, current));
	}
	checkAtRest(current);
	results.push(current);
	return results;
}

function afterFailure(machine: Machine, world: World): World {
	const step = machine.transition(world.ram, { type: "storage-failed" });
	let current: World = { ...world, ram: step.state };
	for (const effect of step.effects) current = applyEffect(current, effect, { type: "storage-failed" });
	checkAtRest(current);
	return current;
}

function powerUp(machine: Machine, world: World): World {
	const step = machine.start(world.disk);
	let current: World = {
		disk: world.disk,
		ram: step.state,
		moving: undefined,
		alarm: false,
		book: { ...world.book, accepted: [] },
	};
	for (const effect of step.effects) {
		promise(effect.type !== "deliver", "power-up moves nothing");
		current = applyEffect(current, effect, undefined);
	}
	checkAtRest(current);
	return current;
}

/** Faults stop: slots answer, the line works. Everything must come to its end. */
function heal(machine: Machine, world: World): void {
	let current = world;
	for (let step = 0; step < 40; step++) {
		const { ram, moving } = current;
		const { record } = ram;
		if (ram.failed) {
			current = powerUp(machine, current);
			continue;
		}
		const [first] = record.pending;
		let event: DispenseEvent;
		if (moving !== undefined) {
			const [counter, index] = moving.split("/").map(Number);
			event = answer(counter!, index!, "delivered");
		} else if (current.alarm) event = { type: "elapsed" };
		else if (first !== undefined) event = { type: "acknowledged", number: first.number };
		else if (record.healthLock) event = { type: "health-lock", on: false };
		else break;
		const answered = noted(current, event);
		const next = machine.transition(current.ram, event);
		current = { ...answered, ram: next.state };
		for (const effect of next.effects) current = applyEffect(current, effect, event);
	}
	promise(current.ram.record.phase === "locked", "once faults stop, the machine sells again");
	promise(current.ram.record.pending.length === 0, "once faults stop, no report is left");
	promise(current.book.owed.length === 0, "every accepted sale ends in a report");
}

/** One text for all worlds that differ only in what neither the machine nor the promises look at. */
function canonical(world: World): string {
	const { disk, ram, book } = world;
	const numbers = [...(disk?.pending ?? []), ...ram.record.pending].map((report) => report.number);
	const ranks = [...new Set(numbers)].sort((a, b) => a - b);
	const slim = (record: DispenseRecord) => [
		record.counter,
		record.executed & 1,
		record.phase,
		record.healthLock,
		record.service !== undefined,
		record.session && [record.session.counter, record.session.results.map(({ outcome }) => outcome)],
		record.pending.map((report) => ranks.indexOf(report.number)),
	];
	const open = (name: string) => !book.reported.includes(Number(name.split("/")[0]));
	return JSON.stringify([
		disk && slim(disk),
		ram.failed ? "failed" : slim(ram.record),
		ram.accepting,
		world.moving,
		world.alarm,
		// Of a reported sale is asked only that nothing moves for it any more.
		book.begun.map((name) => [name, open(name) ? book.said[name] : ""]),
		book.accepted,
		book.owed,
		book.reported,
		book.safe.map((number) => ranks.indexOf(number)),
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
		ram: machine.start(undefined).state,
		moving: undefined,
		alarm: false,
		book: { begun: [], said: {}, accepted: [], owed: [], reported: [], safe: [] },
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
	visit(powerUp(machine, nothing), frontier);
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

test("every event in every state, with a power cut after every effect, keeps every promise of a delivery", () => {
	const walk = explore(real);
	process.stdout.write(
		`dispense explorer: ${walk.states} states, ${walk.transitions} transitions, 0 broken promises\n`,
	);
	expect([...walk.phases].sort()).toEqual(["delivering", "fault", "health-lock", "locked", "service"]);
});

type Transition = Machine["transition"];
type Start = Machine["start"];

function without(step: DispenseTransition, ...types: readonly DispenseEffect["type"][]): DispenseTransition {
	return { state: step.state, effects: step.effects.filter((effect) => !types.includes(effect.type)) };
}

/** The step with another record, in memory and in the store. */
function rewritten(step: DispenseTransition, record: DispenseRecord): DispenseTransition {
	return {
		state: { ...step.state, record },
		effects: step.effects.map((effect) => (effect.type === "persist" ? { type: "persist", record } : effect)),
	};
}

function later(step: DispenseTransition, type: DispenseEffect["type"]): DispenseTransition {
	const moved = step.effects.filter((effect) => effect.type === type);
	return { state: step.state, effects: [...without(step, type).effects, ...moved] };
}

/** The step with the results of its new report changed. */
function retold(
	step: DispenseTransition,
	change: (result: DispenseRecord["pending"][number]["dispensed"][number]) => typeof result,
): DispenseTransition {
	const { record } = step.state;
	const pending = record.pending.map((report) => ({ ...report, dispensed: report.dispensed.map(change) }));
	return rewritten(step, { ...record, pending });
}

/** Machines with one bug each. The walk has to notice all of them, or it proves nothing about the real one. */
const mutants: Readonly<Record<string, { transition?: Transition; start?: Start }>> = {
	"a slot moves before the record is written": {
		transition: (state, event) => later(real.transition(state, event), "persist"),
	},
	"the record is never written": {
		transition: (state, event) => without(real.transition(state, event), "persist"),
	},
	"a second slot is not written down before it moves": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			const isSecond = step.effects.some((effect) => effect.type === "deliver" && effect.index > 0);
			return isSecond ? without(step, "persist") : step;
		},
	},
	"a sale does not consume its counter": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (event.type !== "dispense" || step.effects[0]?.type !== "persist") return step;
			return rewritten(step, { ...step.state.record, counter: state.record.counter });
		},
	},
	"a used counter is accepted again": {
		transition: (state, event) => {
			if (event.type !== "dispense" || event.counter !== state.record.counter) return real.transition(state, event);
			return real.transition({ ...state, record: { ...state.record, counter: event.counter - 1 } }, event);
		},
	},
	"the executed window is not marked": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (event.type !== "dispense" || step.effects[0]?.type !== "persist") return step;
			return rewritten(step, { ...step.state.record, executed: 0 });
		},
	},
	"power-up goes on with the sale": {
		start: (record) => {
			const step = real.start(record);
			if (record === undefined || record === "unreadable" || record.session === undefined) return step;
			const { counter, results, slots } = record.session;
			const index = results.length;
			return {
				state: { ...step.state, record },
				effects: [
					{ type: "alarm", milliseconds: 1 },
					{ type: "deliver", counter, index, slot: slots[index]! },
				],
			};
		},
	},
	"power-up forgets the sale": {
		start: (record) =>
			real.start(record === undefined || record === "unreadable" ? record : { ...record, session: undefined }),
	},
	"power-up forgets the reports": {
		start: (record) =>
			real.start(record === undefined || record === "unreadable" ? record : { ...record, pending: [] }),
	},
	"power-up calls the slot that moved failed": {
		start: (record) =>
			retold(real.start(record), (result) =>
				result.outcome === "unknown" ? { ...result, outcome: "failed" } : result,
			),
	},
	"power-up calls the slot that moved delivered": {
		start: (record) =>
			retold(real.start(record), (result) =>
				result.outcome === "unknown" ? { ...result, outcome: "delivered" } : result,
			),
	},
	"what fell is called delivered whatever the sensor says": {
		transition: (state, event) =>
			real.transition(state, event.type === "delivered" ? { ...event, outcome: "delivered" } : event),
	},
	"a late answer counts for the slot that moves now": {
		transition: (state, event) => {
			const { session } = state.record;
			if (event.type !== "delivered" || session === undefined) return real.transition(state, event);
			return real.transition(state, { ...event, counter: session.counter, index: session.results.length });
		},
	},
	"a slot of which nothing is heard has failed": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			if (event.type !== "elapsed") return step;
			return retold(step, (result) => (result.outcome === "unknown" ? { ...result, outcome: "failed" } : result));
		},
	},
	"the motor runs on when its time is over": {
		transition: (state, event) =>
			event.type === "elapsed" ? without(real.transition(state, event), "stop") : real.transition(state, event),
	},
	"the motor runs on when the store fails": {
		transition: (state, event) =>
			event.type === "storage-failed" ? without(real.transition(state, event), "stop") : real.transition(state, event),
	},
	"a slot has no bound": {
		transition: (state, event) =>
			event.type === "dispense" ? without(real.transition(state, event), "alarm") : real.transition(state, event),
	},
	"the food lock lets the rest of a sale go on": {
		transition: (state, event) => {
			if (event.type !== "delivered") return real.transition(state, event);
			const open = { ...state, record: { ...state.record, healthLock: false } };
			const step = real.transition(open, event);
			return rewritten(step, { ...step.state.record, healthLock: state.record.healthLock });
		},
	},
	"a sale is taken under the food lock": {
		transition: (state, event) =>
			event.type === "dispense" && state.record.phase === "health-lock"
				? real.transition({ ...state, record: { ...state.record, phase: "locked" } }, event)
				: real.transition(state, event),
	},
	"a sale is taken in a service": {
		transition: (state, event) =>
			event.type === "dispense" && state.record.phase === "service"
				? real.transition({ ...state, record: { ...state.record, phase: "locked" } }, event)
				: real.transition(state, event),
	},
	"a sale is taken without a place for its report": {
		transition: (state, event) =>
			event.type === "dispense"
				? transitionDispense(state, event, { ...settings, maximumReports: 3 })
				: real.transition(state, event),
	},
	"a report is sent before it is stored": {
		transition: (state, event) =>
			event.type === "delivered" ? later(real.transition(state, event), "persist") : real.transition(state, event),
	},
	"an acknowledgement clears all reports": {
		transition: (state, event) => {
			const step = real.transition(state, event);
			return event.type === "acknowledged" ? rewritten(step, { ...step.state.record, pending: [] }) : step;
		},
	},
	"a service never ends by itself": {
		transition: (state, event) =>
			event.type === "elapsed" && state.record.phase === "service"
				? { state, effects: [] }
				: real.transition(state, event),
	},
	"a service has no end after a power cut": {
		start: (record) => without(real.start(record), "alarm"),
	},
};

test.each(Object.keys(mutants))("the walk notices a machine in which %s", (name) => {
	expect(() => explore({ ...real, ...mutants[name] })).toThrow(BrokenPromise);
});
