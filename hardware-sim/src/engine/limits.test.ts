import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directory, makeDevice, xs } from "../../test/simulated-device.ts";

const onXs = test.skipIf(!xs.ok);
const second = 1_000_000_000;

async function bootAndRun(source: string, options: Parameters<typeof makeDevice>[2] = {}) {
	const device = await makeDevice("xs", source, options);
	device.engine.start();
	device.clock.run(10 * second);
	return device;
}

const keeps300Objects =
	"export function start(host) { const kept = []; for (let i = 0; i < 300; i++) kept.push({ i }); host.timer.repeat(() => host.log('kept', kept.length), 6000); }";

onXs("a program that fits its memory runs, and the peak says how close it was", async () => {
	const device = await bootAndRun(keeps300Objects);
	expect(device.resets).toEqual([]);
	expect(device.logged).toEqual([["kept", 300]]);
	const { slotsPeak, slotsUsed, slotsBudget } = device.statistics();
	expect(slotsBudget).toBe(4_927); // XS keeps one slot of the heap for itself.
	expect(slotsUsed).toBeGreaterThan(600); // An object with one property takes two slots.
	expect(slotsPeak).toBeGreaterThanOrEqual(slotsUsed);
	expect(slotsPeak).toBeLessThan(2_000);
});

onXs("the same program with less memory is a reset for memory", async () => {
	const device = await bootAndRun(keeps300Objects, { budget: { slots: 600, chunkBytes: 78_848, stackSlots: 512 } });
	expect(device.resets).toEqual(["memory"]);
	expect(device.logged).toEqual([["fault", { reason: "memory", message: expect.stringContaining("of 599 slots") }]]);
});

onXs("a budget that cannot even hold an empty device is a reset for memory", async () => {
	const device = await bootAndRun(keeps300Objects, { budget: { slots: 20, chunkBytes: 1_024, stackSlots: 512 } });
	expect(device.resets).toEqual(["memory"]);
});

onXs("buffers that fill the chunk heap are a reset for memory", async () => {
	const device = await bootAndRun(
		"export function start(host) { const kept = []; host.timer.repeat(() => kept.push(new Uint8Array(4096)), 100); }",
	);
	expect(device.resets).toEqual(["memory"]);
	expect(device.statistics().chunksPeak).toBeGreaterThan(70_000);
});

onXs("garbage is collected before memory runs out", async () => {
	const device = await bootAndRun(
		"export function start(host) { host.timer.repeat(() => { for (let i = 0; i < 500; i++) new Uint8Array(100); }, 10); }",
	);
	expect(device.resets).toEqual([]);
	expect(device.statistics().collections).toBeGreaterThan(10);
	expect(device.statistics().slotsUsed).toBeLessThan(400);
});

onXs("recursion without end is a reset for stack", async () => {
	const device = await bootAndRun(
		"export function start(host) { const f = (n) => f(n + 1) + 1; host.timer.set(() => f(0), 10); }",
	);
	expect(device.resets).toEqual(["stack"]);
	expect(device.statistics().stackPeak).toBeGreaterThan(500);
});

onXs("a callback that never returns is a reset by the watchdog", async () => {
	const device = await bootAndRun("export function start(host) { host.timer.set(() => { for (;;); }, 10); }");
	expect(device.resets).toEqual(["watchdog"]);
});

onXs("a device that was reset hears nothing any more", async () => {
	const device = await bootAndRun(
		"export function start(host) { host.timer.repeat(() => host.log('tick', {}), 1000); host.timer.set(() => { for (;;); }, 1500); }",
	);
	expect(device.logged.map(([event]) => event)).toEqual(["tick", "fault"]);
});

onXs("a program that does not fit the ROM's rules at load is named with its error", async () => {
	const device = await makeDevice("xs", "import { nothing } from 'test/absent'; export function start() {}");
	expect(() => device.engine.start()).toThrow(/ROM could not be built/);
});

onXs("a syntax error in a module is reported", async () => {
	const device = await makeDevice("xs", "export function start( { }");
	expect(() => device.engine.start()).toThrow(/SyntaxError/);
});

function script(name: string, text: string): string {
	const path = join(directory, name);
	writeFileSync(path, `#!/bin/sh\n${text}\n`);
	chmodSync(path, 0o755);
	return path;
}

test("an engine whose process dies at boot is a reset for crash", async () => {
	const path = script("dies", "head -c 4 <&3 >/dev/null; exit 1");
	const device = await makeDevice("xs", "export function start() {}", { host: { path, wordBits: 64 } });
	device.engine.start();
	expect(device.resets).toEqual(["crash"]);
});

onXs("an engine whose process is killed while it waits is a reset for crash at the next event", async () => {
	if (!xs.ok) return;
	const noted = join(directory, "pid");
	const path = script("notes-its-pid", `echo $$ > ${noted}; exec ${xs.path}`);
	const device = await makeDevice(
		"xs",
		"export function start(host) { host.timer.repeat(() => host.log('tick', {}), 1000); }",
		{
			host: { path, wordBits: xs.wordBits },
		},
	);
	device.engine.start();
	device.clock.run(1.5 * second);
	expect(existsSync(noted)).toBe(true);
	process.kill(Number(readFileSync(noted, "utf8")), "SIGKILL");
	device.clock.run(5 * second);
	expect(device.resets).toEqual(["crash"]);
	expect(device.logged.map(([event]) => event)).toEqual(["tick", "fault"]);
});

onXs("Date is virtual and starts at 1970, since a controller has no clock", async () => {
	const device = await bootAndRun(
		"export function start(host) { host.log('date', Date.now()); host.timer.set(() => host.log('date', Date.now()), 2500); }",
	);
	expect(device.logged).toEqual([
		["date", 0],
		["date", 2_500],
	]);
});

onXs("Math.random follows the engine's chance", async () => {
	const source = "export function start(host) { host.log('random', [Math.random(), Math.random()]); }";
	const [first, second] = [await bootAndRun(source), await bootAndRun(source)];
	expect(first.logged).toEqual(second.logged);
	const [[, numbers]] = first.logged as [[string, [number, number]]];
	expect(numbers[0]).not.toBe(numbers[1]);
	for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
});

onXs("the price of a host call is printed", async () => {
	const calls = 20_000;
	const device = await makeDevice(
		"xs",
		`export function start(host) { const pin = new host.io.Digital({ pin: 1, mode: host.io.Digital.Input });
			host.timer.set(() => { for (let i = 0; i < ${calls}; i++) pin.read(); }, 1); }`,
	);
	device.engine.start();
	const began = performance.now();
	device.clock.run(second);
	const microseconds = ((performance.now() - began) * 1_000) / calls;
	console.log(`XS engine: ${microseconds.toFixed(1)} µs a host call`);
	expect(device.operations().count).toBeGreaterThan(calls);
	device.engine.stop();
});
