import { expect, test } from "vitest";
import { SimulationClock } from "./clock.ts";
import { Net } from "./net.ts";

test("a net that nothing holds floats and reads low", () => {
	const net = new Net("n");
	expect([net.floating, net.level]).toEqual([true, 0]);
});

test("a driver wins over the resistor, and the resistor over a weak driver", () => {
	const net = new Net("n");
	const weak = net.attach("weak");
	weak.drive(1);
	expect(net.level).toBe(1);
	net.pull(0);
	expect(net.level).toBe(0);
	const strong = net.attach();
	strong.drive(1);
	expect(net.level).toBe(1);
	strong.drive("Z");
	expect(net.level).toBe(0);
	net.pull("Z");
	expect(net.level).toBe(1);
	weak.detach();
	expect([net.floating, net.level]).toEqual([true, 0]);
});

test("open drain outputs share a net: any of them pulls it low", () => {
	const net = new Net("n");
	net.pull(1);
	const a = net.attach();
	const b = net.attach();
	a.drive(0);
	b.drive(0);
	a.drive("Z");
	expect(net.level).toBe(0);
	b.drive("Z");
	expect(net.level).toBe(1);
	expect(net.contentions).toEqual([]);
});

test("two drivers that disagree are a contention, recorded with its time; the net reads low", () => {
	const clock = new SimulationClock();
	const net = new Net("n", clock);
	const a = net.attach();
	const b = net.attach();
	a.drive(1);
	clock.run(50);
	b.drive(0);
	expect(net.level).toBe(0);
	b.drive("Z");
	clock.run(50);
	b.drive(0);
	expect(net.contentions).toEqual([50, 100]);
});

test("watchers see every edge in order, also when one of them drives the net", () => {
	const net = new Net("n");
	const driver = net.attach();
	const seen: string[] = [];
	net.watch((level) => {
		seen.push(`a${level}`);
		if (level === 1) driver.drive(0);
	});
	const unwatch = net.watch((level) => seen.push(`b${level}`));
	driver.drive(1);
	expect(seen).toEqual(["a1", "b1", "a0", "b0"]);
	unwatch();
	driver.drive(1);
	expect(seen.filter((edge) => edge.startsWith("b"))).toHaveLength(2);
});

test("a fault decides what a wire carries, and mending brings back what its drivers say", () => {
	const net = new Net("n");
	net.pull(1);
	const driver = net.attach();
	const seen: number[] = [];
	net.watch((level) => seen.push(level));
	driver.drive(0);
	const mend = net.distort(() => 1);
	expect([net.driven, net.level]).toEqual([0, 1]);
	const alsoBroken = net.distort((_driven, pulled) => (pulled === 1 ? 0 : 1));
	expect(net.level).toBe(0);
	alsoBroken();
	mend();
	expect([net.driven, net.level]).toEqual([0, 0]);
	expect(seen).toEqual([0, 1, 0, 1, 0]);
});
