import { expect, test } from "vitest";
import { startLock, transition } from "./lock-machine.ts";
import type { LockEffect, LockEvent, LockSettings, LockState, ShelfWeight } from "./lock-state.ts";

const settings: LockSettings = { pulseMs: 5_000, windowMs: 10_000, ajarMs: 30_000, maximumReports: 4 };
const weights = (milligrams: number): readonly ShelfWeight[] => [{ shelf: 0, milligrams, spreadMilligrams: 300 }];
const measured = (milligrams: number): LockEvent => ({
	type: "measured",
	weights: weights(milligrams),
	stable: true,
	fault: false,
});
const unlock = (counter: number): LockEvent => ({ type: "unlock", saleId: `s${counter}`, counter, windowMs: 10_000 });

/** Sends events one after the other, and keeps all effects. */
function play(state: LockState, events: readonly LockEvent[]): { state: LockState; effects: LockEffect[] } {
	const effects: LockEffect[] = [];
	let current = state;
	for (const event of events) {
		const step = transition(current, event, settings);
		current = step.state;
		effects.push(...step.effects);
	}
	return { state: current, effects };
}

function locked(): LockState {
	return play(startLock(undefined, true, 0, settings).state, [measured(2_000_000)]).state;
}

test("a sale is reported with the weights before and after, and how long the door was open", () => {
	const { state } = play(locked(), [
		unlock(1),
		measured(2_000_000),
		{ type: "door-opened", atMs: 5_000 },
		{ type: "door-closed", atMs: 12_500 },
		measured(1_645_000),
	]);
	expect(state.record.phase).toBe("locked");
	expect(state.record.pending).toEqual([
		{
			number: 1,
			saleId: "s1",
			counter: 1,
			boot: 1,
			opened: true,
			doorOpenMs: 7_500,
			flags: [],
			shelves: [{ shelf: 0, baselineMilligrams: 2_000_000, finalMilligrams: 1_645_000, spreadMilligrams: 300 }],
		},
	]);
});

test("a window of 10 s is two pulses of 4.8 s with a pause of 0.4 s", () => {
	const { effects, state } = play(locked(), [
		unlock(1),
		measured(2_000_000),
		{ type: "elapsed" },
		{ type: "elapsed" },
		{ type: "elapsed" },
	]);
	const coil = effects.filter((effect) => ["energise", "release", "alarm"].includes(effect.type));
	expect(coil.slice(1, -1)).toEqual([
		{ type: "energise", milliseconds: 4_800 },
		{ type: "alarm", milliseconds: 4_800 },
		{ type: "release" },
		{ type: "alarm", milliseconds: 400 },
		{ type: "energise", milliseconds: 4_800 },
		{ type: "alarm", milliseconds: 4_800 },
		{ type: "release" },
	]);
	expect(state.record.phase).toBe("settling");
});

test("the coil is released before anything else when the door opens", () => {
	const { state } = play(locked(), [unlock(1), measured(2_000_000)]);
	expect(transition(state, { type: "door-opened", atMs: 0 }, settings).effects[0]).toEqual({ type: "release" });
});

test("a window in which nobody opens ends in a report that says so", () => {
	const { state } = play(locked(), [
		unlock(1),
		measured(2_000_000),
		{ type: "elapsed" },
		{ type: "elapsed" },
		{ type: "elapsed" },
		measured(2_000_400),
	]);
	expect(state.record.pending[0]).toMatchObject({ saleId: "s1", opened: false, flags: [] });
});

test("goods that go while the hall sensor says closed are reported as an opening", () => {
	const { state } = play(locked(), [
		unlock(1),
		measured(2_000_000),
		{ type: "elapsed" },
		{ type: "elapsed" },
		{ type: "elapsed" },
		measured(1_645_000),
	]);
	expect(state.record.pending[0]).toMatchObject({ saleId: "s1", opened: true });
});

test("the executed window has bit i for counter - i, and zero after a gap of 32", () => {
	const sale = (counter: number): LockEvent[] => [
		unlock(counter),
		measured(2_000_000),
		{ type: "door-opened", atMs: 0 },
		{ type: "door-closed", atMs: 0 },
		measured(2_000_000),
		{ type: "acknowledged", number: counter === 1 ? 1 : 2 },
	];
	const first = play(locked(), sale(1)).state;
	expect(first.record.executed).toBe(1);
	const second = play(first, [
		unlock(2),
		{ type: "measured", weights: [], stable: true, fault: true },
		...sale(33),
	]).state;
	expect(second.record).toMatchObject({ counter: 33, executed: 1 });
	const near = play(first, sale(32)).state;
	expect(near.record.executed).toBe(2 ** 31 + 1);
});

test("a refused unlock does not consume its counter, so that the cloud can send it again", () => {
	const open = play(locked(), [unlock(1), measured(2_000_000), { type: "door-opened", atMs: 0 }]).state;
	const step = transition(open, unlock(2), settings);
	expect(step.effects).toEqual([{ type: "refused", saleId: "s2", counter: 2, reason: "busy" }]);
	expect(step.state.record.counter).toBe(1);
});

test("a door that stays open for too long is told once, and its sale goes on", () => {
	const { state, effects } = play(locked(), [
		unlock(1),
		measured(2_000_000),
		{ type: "door-opened", atMs: 0 },
		{ type: "elapsed" },
		{ type: "elapsed" },
		{ type: "door-closed", atMs: 45_000 },
		measured(1_645_000),
	]);
	expect(effects.filter((effect) => effect.type === "door" && effect.state === "ajar")).toHaveLength(1);
	expect(state.record.pending[0]).toMatchObject({ saleId: "s1", flags: ["ajar"], doorOpenMs: 45_000 });
});

test("a door that opens without a sale is reported against the last weights at rest", () => {
	const { state, effects } = play(locked(), [
		{ type: "idle-weights", weights: weights(2_000_100) },
		{ type: "door-opened", atMs: 0 },
		{ type: "door-closed", atMs: 3_000 },
		measured(1_645_000),
	]);
	expect(effects).toContainEqual({ type: "door", state: "forced", saleId: "" });
	expect(state.record.pending[0]).toMatchObject({
		saleId: "",
		flags: ["forced"],
		opened: true,
		shelves: [{ baselineMilligrams: 2_000_100, finalMilligrams: 1_645_000 }],
	});
});

test("goods that went while the power was off are reported as forced", () => {
	const before = play(locked(), [unlock(1), { type: "measured", weights: weights(0), stable: false, fault: false }]);
	const { state } = play(startLock(before.state.record, true, 0, settings).state, [measured(1_645_000)]);
	expect(state.record.pending[0]).toMatchObject({ saleId: "", flags: ["forced", "resumed"] });
});

const grant: LockEvent = { type: "service-start", commandId: "restock", milliseconds: 1_800_000, atMs: 1_000 };
const coilOf = (effects: readonly LockEffect[]) =>
	effects.filter((effect) => ["energise", "release"].includes(effect.type));

test("what was served is not mistaken for theft", () => {
	const { state, effects } = play(locked(), [
		grant,
		{ type: "door-opened", atMs: 3_000 },
		{ type: "service-end", atMs: 60_000 },
		{ type: "door-closed", atMs: 90_000 },
		measured(5_000_000),
	]);
	expect(state.record).toMatchObject({ phase: "locked", pending: [], idle: weights(5_000_000) });
	expect(effects.filter((effect) => effect.type === "service")).toEqual([
		{ type: "service", state: "started", commandId: "restock", reason: "" },
		{ type: "service", state: "ended", commandId: "restock", reason: "" },
	]);
});

test("a grant is in the store before it opens the bolt, for the pulses of a sale's window", () => {
	const { effects } = play(locked(), [grant, { type: "elapsed" }, { type: "elapsed" }, { type: "elapsed" }]);
	expect(effects[0]).toMatchObject({
		type: "persist",
		record: { phase: "service", service: { commandId: "restock" } },
	});
	expect(coilOf(effects)).toEqual([
		{ type: "energise", milliseconds: 4_800 },
		{ type: "release" },
		{ type: "energise", milliseconds: 4_800 },
		{ type: "release" },
	]);
	// 30 min from the grant, less the 10 s of its window.
	expect(effects.at(-1)).toEqual({ type: "alarm", milliseconds: 1_790_000 });
});

test("the restock button opens again and again while the grant lasts, and never after it", () => {
	const closed = play(locked(), [
		grant,
		{ type: "door-opened", atMs: 2_000 },
		{ type: "door-closed", atMs: 100_000 },
	]).state;
	const again = transition(closed, { type: "service-open", atMs: 200_000 }, settings);
	expect(again.effects[0]).toEqual({ type: "energise", milliseconds: 4_800 });
	const late = transition(closed, { type: "service-open", atMs: 1_801_000 }, settings);
	expect(late.effects).toEqual([]);
	// 2 s before its end it opens for 2 s.
	const last = transition(closed, { type: "service-open", atMs: 1_799_000 }, settings);
	expect(last.effects).toEqual([
		{ type: "energise", milliseconds: 2_000 },
		{ type: "alarm", milliseconds: 2_000 },
	]);
	const after = play(closed, [{ type: "elapsed" }, { type: "service-open", atMs: 1_802_000 }]);
	expect(coilOf(after.effects)).toEqual([{ type: "release" }]);
	expect(after.state.record).toMatchObject({ phase: "settling", service: undefined });
});

test("a service whose time is over with the door open is told, and ends when the door closes", () => {
	const { state, effects } = play(locked(), [grant, { type: "door-opened", atMs: 2_000 }, { type: "elapsed" }]);
	expect(effects.at(-1)).toEqual({ type: "door", state: "ajar", saleId: "" });
	expect(state.record.phase).toBe("service");
	expect(transition(state, { type: "door-closed", atMs: 2_000_000 }, settings).state.record.phase).toBe("settling");
});

test("no sale is opened in a service, and no service in a sale", () => {
	const served = play(locked(), [grant]).state;
	expect(transition(served, unlock(1), settings).effects).toEqual([
		{ type: "refused", saleId: "s1", counter: 1, reason: "service" },
	]);
	const sold = play(locked(), [unlock(1)]).state;
	expect(transition(sold, grant, settings).effects).toEqual([
		{ type: "service", state: "refused", commandId: "restock", reason: "busy" },
	]);
	expect(transition(served, { ...grant, commandId: "again" }, settings).effects).toEqual([
		{ type: "service", state: "refused", commandId: "again", reason: "service" },
	]);
});

test("a machine that may not sell for its food can be served, and stays locked for its food", () => {
	const { state } = play(locked(), [
		{ type: "health-lock", on: true },
		grant,
		{ type: "service-end", atMs: 5_000 },
		measured(2_000_000),
	]);
	expect(state.record.phase).toBe("health-lock");
});

test("a power cut ends a grant: the restock button opens nothing any more", () => {
	const served = play(locked(), [grant, { type: "door-opened", atMs: 2_000 }]).state;
	const closed = startLock(served.record, true, 0, settings);
	expect(closed.state.record).toMatchObject({ phase: "settling", service: undefined });
	expect(closed.effects).toContainEqual({ type: "service", state: "ended", commandId: "restock", reason: "" });
	const open = startLock(served.record, false, 0, settings).state;
	expect(open.record.phase).toBe("service");
	const { state, effects } = play(open, [
		{ type: "door-closed", atMs: 1_000 },
		{ type: "service-open", atMs: 1_100 },
		measured(3_000_000),
	]);
	expect(coilOf(effects)).toEqual([{ type: "release" }]);
	expect(state.record).toMatchObject({ phase: "locked", pending: [] });
});

test("a power cut in an open sale goes on with it: open door", () => {
	const open = play(locked(), [unlock(1), measured(2_000_000), { type: "door-opened", atMs: 0 }]).state;
	const start = startLock(open.record, false, 0, settings);
	expect(start.state.record.phase).toBe("open");
	const { state } = play(start.state, [{ type: "door-closed", atMs: 2_000 }, measured(1_645_000)]);
	expect(state.record.pending[0]).toMatchObject({ saleId: "s1", boot: 2, flags: ["resumed"], opened: true });
});

test("a power cut in the window is settled by weight, and the coil stays off", () => {
	const window = play(locked(), [unlock(1), measured(2_000_000)]).state;
	const start = startLock(window.record, true, 0, settings);
	expect(start.effects.some((effect) => effect.type === "energise")).toBe(false);
	expect(play(start.state, [measured(2_000_300)]).state.record.pending[0]).toMatchObject({
		saleId: "s1",
		opened: false,
		flags: ["resumed"],
	});
	expect(play(start.state, [measured(1_645_000)]).state.record.pending[0]).toMatchObject({ opened: true });
});

test("an unreadable record locks for good and is left as it is", () => {
	const start = startLock("unreadable", true, 0, settings);
	expect(start.effects).toEqual([{ type: "release" }]);
	expect(transition(start.state, unlock(1), settings).effects).toEqual([
		{ type: "refused", saleId: "s1", counter: 1, reason: "fault" },
	]);
});

test("a scale that is dead at the end leaves its shelf out and flags the report", () => {
	const { state } = play(locked(), [
		unlock(1),
		measured(2_000_000),
		{ type: "door-opened", atMs: 0 },
		{ type: "door-closed", atMs: 0 },
		{ type: "measured", weights: [], stable: true, fault: true },
	]);
	expect(state.record.pending[0]).toMatchObject({ flags: ["scale-fault"], shelves: [] });
});
