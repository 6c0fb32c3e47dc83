import fc from "fast-check";
import { expect, test } from "vitest";
import { SimulationClock } from "./clock.ts";

test("hardware events run in order of time, and of making within one moment", () => {
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 200 }), (plan) => {
			const clock = new SimulationClock();
			const ran: string[] = [];
			const expected: { at: number; order: number }[] = [];
			const cancels: (() => void)[] = [];
			plan.forEach(([at, keep], order) => {
				const cancel = clock.after(at, () => ran.push(`${clock.now}:${order}`));
				if (keep) expected.push({ at, order });
				else cancels.push(cancel);
			});
			for (const cancel of cancels) cancel();
			clock.run(100);
			expected.sort((a, b) => a.at - b.at || a.order - b.order);
			expect(ran).toEqual(expected.map(({ at, order }) => `${at}:${order}`));
			expect(clock.nextAt).toBeUndefined();
		}),
		{ seed: 1 },
	);
});

test("hardware runs inside spend, script callbacks do not", () => {
	const clock = new SimulationClock();
	const log: string[] = [];
	clock.callback(() => {
		log.push(`script ${clock.now}`);
		clock.after(5, () => log.push(`hardware ${clock.now}`));
		clock.callback(() => log.push(`second ${clock.now}`));
		clock.spend(10);
		log.push(`end ${clock.now}`);
	});
	clock.run(0);
	expect(log).toEqual(["script 0", "hardware 5", "end 10", "second 10"]);
});

test("run stops at the end, also when nothing happens, and events at the end belong to it", () => {
	const clock = new SimulationClock();
	let ran = false;
	clock.after(100, () => {
		ran = true;
	});
	clock.run(99);
	expect([clock.now, ran]).toEqual([99, false]);
	clock.run(1);
	expect([clock.now, ran]).toEqual([100, true]);
});

test("a cancelled delayed callback does not run, even when it waits in the queue already", () => {
	const clock = new SimulationClock();
	const log: string[] = [];
	const cancel = clock.callbackAfter(10, () => log.push("late"));
	clock.callback(() => {
		clock.spend(15); // the delayed callback is queued meanwhile
		cancel();
	});
	clock.run(20);
	expect(log).toEqual([]);
});

test("step runs all callbacks that wait, else the next hardware event, and says when nothing is left", () => {
	const clock = new SimulationClock();
	const log: string[] = [];
	clock.callback(() => log.push("one"));
	clock.callback(() => log.push("two"));
	clock.callbackAfter(7, () => log.push("three"));
	expect(clock.nextAt).toBe(0);
	expect(clock.step()).toBe(true);
	expect(log).toEqual(["one", "two"]);
	expect(clock.nextAt).toBe(7);
	expect(clock.step()).toBe(true);
	expect(clock.step()).toBe(true);
	expect(log).toEqual(["one", "two", "three"]);
	expect(clock.step()).toBe(false);
});

test("only the outside moves time, and hardware takes none", () => {
	const clock = new SimulationClock();
	clock.callback(() => clock.run(1));
	expect(() => clock.run(1)).toThrow(/from inside a script/);
	clock.after(0, () => clock.spend(1));
	expect(() => clock.run(1)).toThrow(/takes no time/);
});

test("after a callback that throws, the others keep their place", () => {
	const clock = new SimulationClock();
	const log: string[] = [];
	clock.callback(() => {
		clock.callback(() => log.push("third"));
		throw new Error("bad");
	});
	clock.callback(() => log.push("second"));
	expect(() => clock.run(1)).toThrow("bad");
	clock.run(1);
	expect(log).toEqual(["second", "third"]);
});

test("callbacks that queue themselves for ever are found", () => {
	const clock = new SimulationClock();
	const again = (): void => clock.callback(again);
	again();
	expect(() => clock.run(1)).toThrow(/time does not move/);
});
