import { expect, test } from "vitest";
import { type DeviceOptions, makeDevice, xs } from "../../test/simulated-device.ts";
import { SerialWire } from "../board/serial-wire.ts";
import { Operation } from "./bridge.ts";

const onXs = test.skipIf(!xs.ok);
const second = 1_000_000_000;
const engines = (xs.ok ? ["xs", "node"] : ["node"]) as ("xs" | "node")[];

const usesEverything = `
export function start(host) {
	const { Digital, I2C, SPI, PWM, Serial } = host.io;
	host.log("boot", { reason: host.resetReason, ticks: host.ticks(), text: "grün €1 😀" });

	const led = new Digital({ pin: 4, mode: Digital.Output, initialValue: 1 });
	const button = new Digital({ pin: 5, mode: Digital.InputPullUp, edge: Digital.Rising | Digital.Falling, onReadable() {
		host.log("edge", { level: this.read(), same: this === button });
		led.write(this.read());
	} });
	let blinks = 0;
	const blink = host.timer.repeat(() => {
		led.write(blinks & 1 ? 1 : 0);
		if (++blinks === 5) host.timer.clear(blink);
	}, 250);
	host.timer.clear(host.timer.set(() => host.log("never", {}), 100));

	const display = new I2C({ data: 8, clock: 9, hz: 400000, address: 0x3c });
	display.write(new Uint8Array([1, 2, 3]));
	display.write(new Uint8Array([9, 8, 7]).subarray(1, 2), false);
	host.log("i2c", { read: [...new Uint8Array(display.read(3))] });
	const absent = new I2C({ data: 8, clock: 9, hz: 400000, address: 0x50 });
	for (const attempt of [() => absent.write(new Uint8Array([0])), () => led.read(), () => new Digital({ pin: 4, mode: Digital.Input }), () => new Digital({ pin: 6, mode: 99 }), () => host.timer.set(() => {}, -1)]) {
		try { attempt(); host.log("no error", {}); } catch (error) { host.log("error", { name: error.name, kind: error.kind ?? null, says: error.message !== "" }); }
	}

	const lights = new SPI({ out: 10, hz: 2400000 });
	lights.write(new Uint8Array([0xff, 0, 0x55]));
	const buzzer = new PWM({ pin: 11, hz: 2000 });
	buzzer.write((1 << buzzer.resolution) >> 1);
	host.log("pwm", { hz: buzzer.hz, resolution: buzzer.resolution });
	buzzer.close();
	buzzer.close();
	try { buzzer.write(1); } catch (error) { host.log("closed", { kind: error.kind }); }

	const serial = new Serial({ receive: 17, transmit: 18, baud: 115200,
		onReadable(count) { const bytes = new Uint8Array(this.read()); host.log("received", { count, bytes: [...bytes] }); this.write(bytes); },
		onWritable(count) { host.log("writable", { count }); },
	});
	host.log("nothing", { read: serial.read() ?? null });

	host.storage.write("key", new Uint8Array([5, 6]));
	host.storage.write("other", new Uint8Array([1]).buffer);
	host.storage.delete("other");
	host.log("stored", { key: [...new Uint8Array(host.storage.read("key"))], other: host.storage.read("other") ?? null });
	host.log("random", { bytes: [...host.random(5)] });
}`;

function wires(record: (what: unknown) => void): NonNullable<DeviceOptions["wire"]> {
	return (board, clock) => {
		let next = 10;
		board.attachI2C({ data: 8, clock: 9 }, 0x3c, {
			start: () => true,
			write: (byte) => {
				record(byte);
				return true;
			},
			read: () => next++,
			stop: () => record("stop"),
		});
		const wire = new SerialWire(clock, 115_200);
		board.attachSerial({ receive: 17, transmit: 18 }, wire);
		wire.far.onData((bytes) => record([...bytes]));
		clock.after(1.2 * second, () => wire.far.write(new Uint8Array([104, 105, 0, 255])));
		const button = board.net(5).attach();
		clock.after(0.5 * second, () => button.drive(0));
		clock.after(0.7 * second, () => button.drive("Z"));
	};
}

async function runEverything(name: "xs" | "node") {
	const wire: unknown[] = [];
	const device = await makeDevice(name, usesEverything, { wire: wires((what) => wire.push(what)) });
	device.engine.start();
	device.clock.run(3 * second);
	device.engine.stop();
	return { device, wire };
}

test.each(engines)("%s: every IO class, timer and store works through the bridge", async (name) => {
	const { device, wire } = await runEverything(name);
	expect(device.resets).toEqual([]);
	expect(device.logged).toEqual([
		["boot", { reason: "power-on", ticks: 0, text: "grün €1 😀" }],
		["i2c", { read: [10, 11, 12] }],
		["error", { name: "HardwareError", kind: "no-acknowledge", says: true }],
		["error", { name: "Error", kind: null, says: true }],
		["error", { name: "HardwareError", kind: "in-use", says: true }],
		["error", { name: "RangeError", kind: null, says: true }],
		["error", { name: "RangeError", kind: null, says: true }],
		["pwm", { hz: 2_000, resolution: 10 }],
		["closed", { kind: "closed" }],
		["nothing", { read: null }],
		["stored", { key: [5, 6], other: null }],
		["random", { bytes: expect.anything() }],
		["writable", { count: 4_096 }],
		["edge", { level: 0, same: true }],
		["edge", { level: 1, same: true }],
		["received", { count: 4, bytes: [104, 105, 0, 255] }],
		["writable", { count: 4_096 }],
	]);
	expect(wire).toEqual([1, 2, 3, "stop", 8, "stop", [104, 105, 0, 255]]);
});

onXs("XS and Node do the same operations at the same virtual times", async () => {
	const [onXs, onNode] = [await runEverything("xs"), await runEverything("node")];
	expect(onXs.device.operations().count).toBeGreaterThan(50);
	expect(onXs.device.operations()).toEqual(onNode.device.operations());
	expect(onXs.device.logged).toEqual(onNode.device.logged);
	expect(onXs.wire).toEqual(onNode.wire);
});

test.each(engines)("%s: an exception that leaves a callback is logged and resets the device", async (name) => {
	const device = await makeDevice(
		name,
		"export function start(host) { host.timer.set(() => { null.x; }, 5); host.timer.set(() => host.log('after', {}), 10); }",
	);
	device.engine.start();
	device.clock.run(second);
	expect(device.resets).toEqual(["exception"]);
	expect(device.logged).toEqual([["fault", { reason: "exception", message: expect.stringContaining("TypeError") }]]);
});

test.each(engines)("%s: an exception at boot resets the device", async (name) => {
	const device = await makeDevice(name, "export function start() { throw new Error('no configuration'); }");
	device.engine.start();
	expect(device.resets).toEqual(["exception"]);
	expect(device.logged).toEqual([
		["fault", { reason: "exception", message: expect.stringContaining("no configuration") }],
	]);
});

test.each(engines)("%s: restart() ends the firmware where it stands", async (name) => {
	const device = await makeDevice(
		name,
		"export function start(host) { host.timer.set(() => { host.log('before', {}); try { host.restart(); } finally { host.log('after', {}); } }, 5); }",
	);
	device.engine.start();
	device.clock.run(second);
	expect(device.resets).toEqual(["restart"]);
	expect(device.logged).toEqual([["before", {}]]);
});

test.each(engines)("%s: a power cut inside an operation ends the firmware there, without a reset", async (name) => {
	const device = await makeDevice(
		name,
		"export function start(host) { host.timer.repeat(() => { host.log('tick', {}); host.storage.write('k', new Uint8Array(1)); host.log('survived', {}); }, 100); }",
		{
			onOperation: ({ operation }, { engine }) => {
				if (operation === Operation.writeStorage) engine.stop();
			},
		},
	);
	device.engine.start();
	device.clock.run(second);
	expect(device.resets).toEqual([]);
	expect(device.logged).toEqual([["tick", {}]]);
	expect(device.storage.read("k")).toEqual(new ArrayBuffer(1));
});

test.each(engines)("%s: nothing is delivered after stop", async (name) => {
	const device = await makeDevice(
		name,
		"export function start(host) { host.timer.repeat(() => host.log('tick', {}), 100); }",
	);
	device.engine.start();
	device.clock.run(0.35 * second);
	device.engine.stop();
	device.engine.stop();
	device.clock.run(second);
	expect(device.logged).toHaveLength(3);
	expect(device.clock.nextAt).toBeUndefined();
});

test.each(engines)("%s: large values cross the bridge whole", async (name) => {
	const device = await makeDevice(
		name,
		`export function start(host) {
			const value = new Uint8Array(20000);
			for (let i = 0; i < value.length; i++) value[i] = i * 7;
			host.storage.write("large", value);
			const back = new Uint8Array(host.storage.read("large"));
			host.log("back", { length: back.length, equal: back.every((byte, i) => byte === value[i]) });
		}`,
	);
	device.engine.start();
	device.engine.stop();
	expect(device.logged).toEqual([["back", { length: 20_000, equal: true }]]);
});

class InvariantError extends Error {
	override readonly name = "InvariantError";
}

test.each(engines)("%s: an error of the simulation reaches whoever runs the clock, not the firmware", async (name) => {
	const device = await makeDevice(
		name,
		"export function start(host) { const led = new host.io.Digital({ pin: 1, mode: host.io.Digital.Output }); host.timer.set(() => { try { led.write(1); } catch { host.log('caught', {}); } }, 5); }",
		{
			wire: (board) => {
				board.net(1).watch((level) => {
					if (level === 1) throw new InvariantError("both locks are open");
				});
			},
		},
	);
	device.engine.start();
	expect(() => device.clock.run(second)).toThrow(InvariantError);
	expect(device.logged).toEqual([]);
	expect(device.resets).toEqual([]);
});

test.each(engines)(
	"%s: a timer that fired can be cleared in its own callback, and afterwards throws as on Moddable",
	async (name) => {
		const device = await makeDevice(
			name,
			`export function start(host) {
			const tried = (clear) => { try { clear(); return "done"; } catch (error) { return error.message; } };
			const once = host.timer.set(() => host.log("inside", tried(() => host.timer.clear(once))), 10);
			host.timer.set(() => host.log("after", tried(() => host.timer.clear(once))), 20);
		}`,
		);
		device.engine.start();
		device.clock.run(second);
		expect(device.logged).toEqual([
			["inside", "done"],
			["after", expect.stringContaining("fired or was cleared already")],
		]);
	},
);

test.each(engines)("%s: a repeating timer does not drift when the device is busy", async (name) => {
	const device = await makeDevice(
		name,
		`export function start(host) { const pin = new host.io.Digital({ pin: 1, mode: host.io.Digital.Input });
			host.timer.repeat(() => { for (let i = 0; i < 1000; i++) pin.read(); host.log("tick", host.ticks()); }, 100); }`,
	);
	device.engine.start();
	device.clock.run(1.05 * second);
	device.engine.stop();
	expect(device.logged.map(([, ticks]) => ticks)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
});
