import { expect, test } from "vitest";
import { startDispense, transitionDispense } from "./dispense-machine.ts";
import type { DispenseEffect, DispenseEvent, DispenseSettings, DispenseState } from "./dispense-state.ts";

const settings: DispenseSettings = { deliveryMs: 60_000, maximumReports: 4 };
const sale = (counter: number, slots: readonly number[], obstacle = ""): DispenseEvent => ({
	type: "dispense",
	saleId: `s${counter}`,
	counter,
	slots,
	obstacle,
});
const delivered = (counter: number, index: number): DispenseEvent => ({
	type: "delivered",
	counter,
	index,
	outcome: "delivered",
	reason: "",
});
const failed = (counter: number, index: number, reason: string): DispenseEvent => ({
	type: "delivered",
	counter,
	index,
	outcome: "failed",
	reason,
});

/** Sends events one after the other, and keeps all effects. */
function play(
	state: DispenseState,
	events: readonly DispenseEvent[],
): {
	state: DispenseState;
	effects: DispenseEffect[];
} {
	const effects: DispenseEffect[] = [];
	let current = state;
	for (const event of events) {
		const step = transitionDispense(current, event, settings);
		current = step.state;
		effects.push(...step.effects);
	}
	return { state: current, effects };
}

const idle = () => startDispense(undefined).state;
const typesOf = (effects: readonly DispenseEffect[]) => effects.map((effect) => effect.type);

test("a sale is delivered slot after slot, and reported with what became of each", () => {
	const { state, effects } = play(idle(), [
		sale(1, [2, 0, 2]),
		delivered(1, 0),
		failed(1, 1, "nothing-fell"),
		delivered(1, 2),
	]);
	expect(effects.filter((effect) => effect.type === "deliver")).toEqual([
		{ type: "deliver", counter: 1, index: 0, slot: 2 },
		{ type: "deliver", counter: 1, index: 1, slot: 0 },
		{ type: "deliver", counter: 1, index: 2, slot: 2 },
	]);
	expect(state.record).toMatchObject({ phase: "locked", counter: 1, executed: 1, session: undefined });
	expect(state.record.pending).toEqual([
		{
			number: 1,
			saleId: "s1",
			counter: 1,
			boot: 1,
			flags: [],
			dispensed: [
				{ slot: 2, outcome: "delivered", reason: "" },
				{ slot: 0, outcome: "failed", reason: "nothing-fell" },
				{ slot: 2, outcome: "delivered", reason: "" },
			],
		},
	]);
});

test("before a slot moves, the store knows that it may have", () => {
	const { state, effects } = play(idle(), [sale(1, [0, 1])]);
	expect(typesOf(effects)).toEqual(["persist", "alarm", "deliver", "executed"]);
	expect(typesOf(transitionDispense(state, delivered(1, 0), settings).effects)).toEqual([
		"persist",
		"alarm",
		"deliver",
	]);
});

test("a power cut leaves the slot that moved unknown, and those behind it failed", () => {
	const before = play(idle(), [sale(1, [4, 5, 6]), delivered(1, 0)]).state;
	const { state, effects } = startDispense(before.record);
	expect(typesOf(effects)).toEqual(["stop", "persist", "report"]);
	expect(state.record).toMatchObject({ boot: 2, phase: "locked", counter: 1, executed: 1 });
	expect(state.record.pending[0]).toMatchObject({
		flags: ["resumed"],
		dispensed: [
			{ slot: 4, outcome: "delivered", reason: "" },
			{ slot: 5, outcome: "unknown", reason: "power-cut" },
			{ slot: 6, outcome: "failed", reason: "power-cut" },
		],
	});
});

test("a refused sale does not consume its counter, so that the cloud can send it again", () => {
	const selling = play(idle(), [sale(1, [0])]).state;
	for (const [state, event, reason] of [
		[selling, sale(2, [0]), "busy"],
		[selling, sale(1, [0]), "counter-used"],
		[play(idle(), [{ type: "health-lock", on: true }]).state, sale(1, [0]), "health-lock"],
		[play(idle(), [{ type: "service-start", commandId: "g", minutes: 5 }]).state, sale(1, [0]), "service"],
		[startDispense("unreadable").state, sale(1, [0]), "fault"],
		[idle(), sale(1, [9], "unknown-slot"), "unknown-slot"],
	] as const) {
		const step = transitionDispense(state, event, settings);
		expect(step.effects).toEqual([
			{ type: "refused", saleId: expect.any(String), counter: expect.any(Number), reason },
		]);
		expect(step.state.record).toEqual(state.record);
	}
});

test("with four reports that nobody has, nothing more is sold", () => {
	let state = idle();
	for (let counter = 1; counter <= 4; counter++) state = play(state, [sale(counter, [0]), delivered(counter, 0)]).state;
	expect(transitionDispense(state, sale(5, [0]), settings).effects).toMatchObject([{ reason: "reports-full" }]);
	const taken = play(state, [{ type: "acknowledged", number: 2 }, sale(5, [0])]);
	expect(taken.state.record.phase).toBe("delivering");
});

test("the food lock stops a sale behind the slot that moves", () => {
	const { state, effects } = play(idle(), [sale(1, [0, 1, 2]), { type: "health-lock", on: true }, delivered(1, 0)]);
	expect(effects.filter((effect) => effect.type === "deliver")).toHaveLength(1);
	expect(state.record.phase).toBe("health-lock");
	expect(state.record.pending[0]?.dispensed).toEqual([
		{ slot: 0, outcome: "delivered", reason: "" },
		{ slot: 1, outcome: "failed", reason: "health-lock" },
		{ slot: 2, outcome: "failed", reason: "health-lock" },
	]);
});

test("a slot of which nothing is heard is unknown, all is stopped, and what it says later is not believed", () => {
	const { state, effects } = play(idle(), [sale(1, [0, 1]), { type: "elapsed" }, delivered(1, 0), delivered(1, 1)]);
	expect(typesOf(effects).slice(4)).toEqual(["stop", "alarm", "persist", "report"]);
	expect(state.record.pending[0]?.dispensed).toEqual([
		{ slot: 0, outcome: "unknown", reason: "timeout" },
		{ slot: 1, outcome: "failed", reason: "timeout" },
	]);
});

test("a service ends by order or by time, and begins its time anew after a power cut", () => {
	const grant: DispenseEvent = { type: "service-start", commandId: "g", minutes: 5 };
	const served = play(idle(), [grant]);
	expect(served.effects).toEqual([
		{ type: "persist", record: expect.objectContaining({ phase: "service", service: { commandId: "g", minutes: 5 } }) },
		{ type: "alarm", milliseconds: 300_000 },
		{ type: "service", state: "started", commandId: "g", reason: "" },
	]);
	const started = startDispense(served.state.record);
	expect(started.state.record.phase).toBe("service");
	expect(started.effects.at(-1)).toEqual({ type: "alarm", milliseconds: 300_000 });
	for (const end of [{ type: "elapsed" }, { type: "service-end" }] as const) {
		const ended = play(started.state, [end]);
		expect(ended.state.record).toMatchObject({ phase: "locked", service: undefined });
		expect(ended.effects.at(-1)).toEqual({ type: "service", state: "ended", commandId: "g", reason: "" });
	}
	const refused = transitionDispense(play(idle(), [sale(1, [0])]).state, grant, settings);
	expect(refused.effects).toEqual([{ type: "service", state: "refused", commandId: "g", reason: "busy" }]);
});

test("a sale whose record cannot be written is refused, and nothing has moved", () => {
	const { state, effects } = play(play(idle(), [sale(1, [0])]).state, [{ type: "storage-failed" }]);
	expect(effects).toEqual([
		{ type: "stop" },
		{ type: "alarm", milliseconds: undefined },
		{ type: "refused", saleId: "s1", counter: 1, reason: "storage" },
	]);
	expect(state).toMatchObject({ failed: true, record: { phase: "fault" } });
});
