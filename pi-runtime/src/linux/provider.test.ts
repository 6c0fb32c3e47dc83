import { Board } from "@visionvend/hardware-sim/board/board";
import { SerialWire } from "@visionvend/hardware-sim/board/serial-wire";
import { HallSensorChip } from "@visionvend/hardware-sim/chips/hall-sensor";
import { HX711Chip } from "@visionvend/hardware-sim/chips/hx711";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { anyPins, SimulatedLinux } from "@visionvend/hardware-sim/linux/simulated-linux";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { readOled } from "@visionvend/hardware-sim/trace/oled-text";
import { pi4 } from "@visionvend/sdk/boards/pi4";
import { pi5 } from "@visionvend/sdk/boards/pi5";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { Serial } from "@visionvend/sdk/device/io/serial";
import { expect, test } from "vitest";
import { HX711 } from "../../../drivers/hx711/hx711.ts";
import { run } from "./example.ts";
import { piBoard } from "./linux-board.ts";
import { createLinuxProvider } from "./provider.ts";

const ms = 1e6;

function rig(layout: "pi5" | "pi4" | "any-pins" = "pi5", options: { busEdges?: boolean; i2cHz?: number } = {}) {
	const { busEdges = false, i2cHz = 100_000 } = options;
	const clock = new SimulationClock();
	const board = new Board({ clock, name: layout, busEdges });
	const system = new SimulatedLinux({ board, layout, i2cHz });
	const open = () => createLinuxProvider({ system, ...(layout === "any-pins" ? { board: anyPins } : {}) });
	return { clock, board, system, open };
}

/** The error that `act` throws, which is one of hardware. */
function failure(act: () => unknown): HardwareError {
	try {
		act();
	} catch (error) {
		if (error instanceof HardwareError) return error;
		throw error;
	}
	throw new Error("nothing was thrown");
}

test("the board is recognised by the label of its GPIO chip, whatever the number", () => {
	expect(rig("pi5").open().board.name).toBe("pi5");
	expect(rig("pi4").open().board.name).toBe("pi4");
	const { system } = rig("pi4");
	const provider = createLinuxProvider({ system, board: piBoard(pi5) });
	const { Digital } = provider.io;
	expect(failure(() => new Digital({ pin: 4, mode: Digital.Output })).message).toMatch(
		/no chip is labelled pinctrl-rp1. Here are .*gpiochip0 \(pinctrl-bcm2711\)/,
	);
	const unknown = rig("any-pins").system;
	expect(failure(() => createLinuxProvider({ system: unknown })).kind).toBe("unexpected-device");
});

test("a line whose edges nobody can watch, and a serial device that cannot be opened, are given back", () => {
	class OutOfFiles extends SimulatedLinux {
		isOut = true;
		override watchEdges(...given: Parameters<SimulatedLinux["watchEdges"]>): () => void {
			if (this.isOut) throw new Error("GPIO edges: pipe2 failed with errno 24.");
			return super.watchEdges(...given);
		}
		override openSerial(...given: Parameters<SimulatedLinux["openSerial"]>): ReturnType<SimulatedLinux["openSerial"]> {
			if (this.isOut) throw new Error("too many files are open");
			return super.openSerial(...given);
		}
	}
	const system = new OutOfFiles({ board: new Board({ clock: new SimulationClock(), name: "pi5" }), layout: "pi5" });
	const { Digital, Serial } = createLinuxProvider({ system }).io;
	const watch = () =>
		new Digital({ pin: 17, mode: Digital.InputPullUp, edge: Digital.Falling, onReadable: () => undefined });
	const talk = () => new Serial({ receive: 15, transmit: 14, baud: 9_600 });
	expect(watch).toThrow("pipe2");
	expect(talk).toThrow("too many files");
	system.isOut = false;
	watch().close();
	talk().close();
});

test("the example on the page opens the door, shows it, and weighs", () => {
	const { clock, board, system, open } = rig("pi5", { i2cHz: 400_000 });
	const display = new SSD1306Chip();
	board.attachI2C({ data: 2, clock: 3 }, 0x3c, display);
	const lock = new SolenoidLockChip({ clock, coil: board.net(27) });
	const door = new HallSensorChip({ clock, output: board.net(17), random: new SeededRandom(3) });
	const cell = new HX711Chip({
		clock,
		pins: { clock: board.net(10), data: board.net(9) },
		random: new SeededRandom(4),
		noiseCounts: 0,
	});
	cell.setInput(123_456);
	door.setMagnet(true);
	clock.run(10 * ms);
	const provider = open();
	const program = run(provider);
	clock.run(1_000 * ms);
	expect(lock.released).toBe(true);
	expect(readOled(display.pixels).join("\n")).toMatch(/Door closed.*Counts 123456/s);
	door.setMagnet(false);
	clock.run(1_000 * ms);
	expect(readOled(display.pixels).join("\n")).toMatch(/Door open.*Counts 123456/s);
	clock.run(2_000 * ms);
	expect(lock.released).toBe(false);
	expect([lock.pulses, Math.round(lock.longestOnMs)]).toEqual([1, 3_000]);
	expect([display.unknownCommands, system.unknownRequests]).toEqual([[], []]);
	program.close();
	provider.close();
	expect(system.openDescriptors).toBe(0);
});

test("a bit-banged HX711 reads the same counts as one over SPI", () => {
	for (const wiring of ["pins", "spi"] as const) {
		const { clock, board, open } = rig();
		const chip = new HX711Chip({
			clock,
			pins: { clock: board.net(10), data: board.net(9) },
			random: new SeededRandom(1),
			noiseCounts: 0,
		});
		chip.setInput(-54_321);
		const { io, spi } = open();
		const scale = new HX711(
			wiring === "spi"
				? { sensor: { ...spi.default } }
				: { clock: { io: io.Digital, pin: 10 }, data: { io: io.Digital, pin: 9 } },
		);
		const readings: number[] = [];
		for (let i = 0; i < 100; i++) {
			clock.run(20 * ms);
			const sample = scale.sample();
			if (sample !== undefined) readings.push(sample.raw);
		}
		expect(readings.length, wiring).toBeGreaterThan(10);
		expect(new Set(readings), wiring).toEqual(new Set([-54_321]));
	}
});

test("an output starts at its level, an input has the resistor that it asked for, and open drain lets go", () => {
	const { board, open } = rig();
	const { Digital } = open().io;
	const edges: number[] = [];
	board.net(5).watch((level) => edges.push(level));
	const output = new Digital({ pin: 5, mode: Digital.Output, initialValue: 1 });
	output.write(0);
	expect(edges).toEqual([1, 0]);
	expect(new Digital({ pin: 6, mode: Digital.InputPullUp }).read()).toBe(1);
	expect(new Digital({ pin: 13, mode: Digital.InputPullDown }).read()).toBe(0);
	board.net(19).pull(1);
	const drain = new Digital({ pin: "GPIO19", mode: Digital.OutputOpenDrain });
	expect(board.net(19).level).toBe(0);
	drain.write(1);
	expect(board.net(19).level).toBe(1);
	expect(() => output.read()).toThrow(/cannot be read/);
	output.close();
	output.close();
	expect(() => output.write(1)).toThrow(/closed/);
	new Digital({ pin: 5, mode: Digital.Input });
});

test("edges are told once the script is done, joined, with the kernel's time of the last one", () => {
	const { clock, board, open } = rig();
	const { Digital } = open().io;
	const wire = board.net(22).attach();
	wire.drive(0);
	const seen: string[] = [];
	const input = new Digital({
		pin: 22,
		mode: Digital.Input,
		edge: Digital.Rising | Digital.Falling,
		onReadable() {
			const { rising, timestampNs, sequence } = input.lastEdge ?? {};
			seen.push(`${rising} ${timestampNs} ${sequence} ${this.read()}`);
		},
	});
	const start = clock.now;
	clock.after(1_000, () => wire.drive(1));
	clock.after(2_000, () => wire.drive(0));
	clock.after(3_000, () => wire.drive(1));
	clock.spend(10_000); // a busy script
	expect(seen).toEqual([]);
	clock.run(1 * ms);
	expect(seen).toEqual([`true ${start + 3_000} 3 1`]);
	wire.drive(0);
	input.close();
	clock.run(1 * ms);
	expect(seen).toHaveLength(1);
});

test("only the edges that were asked for are told", () => {
	const { clock, board, open } = rig();
	const { Digital } = open().io;
	const wire = board.net(22).attach();
	wire.drive(0);
	let calls = 0;
	new Digital({ pin: 22, mode: Digital.Input, edge: Digital.Falling, onReadable: () => calls++ });
	for (const level of [1, 0, 1, 0] as const) {
		wire.drive(level);
		clock.run(1 * ms);
	}
	expect(calls).toBe(2);
});

test("a write without a stop and the read after it are one transaction with a repeated start", () => {
	const { board, open } = rig();
	const log: string[] = [];
	board.attachI2C({ data: 2, clock: 3 }, 0x29, {
		start: (read) => log.push(read ? "start read" : "start write") > 0,
		write: (byte) => log.push(`write ${byte}`) > 0,
		read: () => log.push("read") && 0x5a,
		stop: () => void log.push("stop"),
	});
	const { I2C } = open().io;
	const bus = new I2C({ data: 2, clock: 3, hz: 400_000, address: 0x29 });
	const register = Uint8Array.of(0xc0);
	bus.write(register, false);
	register[0] = 0; // the caller reuses its buffer
	expect(log).toEqual([]);
	expect(new Uint8Array(bus.read(2))).toEqual(Uint8Array.of(0x5a, 0x5a));
	expect(log).toEqual(["start write", "write 192", "start read", "read", "read", "stop"]);
	expect(() => bus.read(1, false)).toThrow(/ends every read with a stop/);
});

test("a part that does not answer is told as such, with what to check", () => {
	const { open } = rig();
	const { I2C } = open().io;
	const bus = new I2C({ data: 2, clock: 3, hz: 100_000, address: 0x3c });
	const error = failure(() => bus.write(Uint8Array.of(0)));
	expect(error.kind).toBe("no-acknowledge");
	expect(error.message).toMatch(/^I2C 0x3C on \/dev\/i2c-1: writing failed with EREMOTEIO. No part answers. Check/);
});

test("two parts share an I2C bus, one address is taken once, and its pins are nobody else's", () => {
	const { open } = rig();
	const { I2C, Digital } = open().io;
	const options = { data: 2, clock: 3, hz: 100_000 };
	new I2C({ ...options, address: 0x29 });
	const second = new I2C({ ...options, address: 0x3c });
	expect(failure(() => new I2C({ ...options, address: 0x3c })).kind).toBe("in-use");
	expect(failure(() => new Digital({ pin: 2, mode: Digital.Output })).kind).toBe("in-use");
	second.close();
	new I2C({ ...options, address: 0x3c });
});

test("a bus that is faster than the part is refused with the line for config.txt", () => {
	const { open } = rig("pi5", { i2cHz: 400_000 });
	const { I2C } = open().io;
	const error = failure(() => new I2C({ data: 2, clock: 3, hz: 100_000, address: 0x3c }));
	expect([error.kind, error.message]).toEqual(["range", expect.stringContaining("i2c_arm_baudrate=100000")]);
});

test.each([
	["EACCES", "bus", /usermod --append --groups i2c/],
	["ENOENT", "bus", /Put "dtparam=i2c_arm=on" into \/boot\/firmware\/config.txt/],
	["EBUSY", "in-use", /Another program/],
] as const)("opening a bus that answers %s says what to do", (name, kind, advice) => {
	const { system, open } = rig();
	system.refuse("/dev/i2c-1", name);
	const { I2C } = open().io;
	const options = { data: 2, clock: 3, hz: 100_000, address: 0x3c };
	const error = failure(() => new I2C(options));
	expect(error.kind).toBe(kind);
	expect(error.message).toMatch(advice);
	expect(failure(() => new I2C(options)).kind).toBe(kind); // the pins were given back
});

test("a line that somebody holds is told with his name, and a chip that may not be opened with the group", () => {
	const { system, open } = rig();
	system.reserve(17, "spi0 CS1");
	const { Digital } = open().io;
	expect(failure(() => new Digital({ pin: 17, mode: Digital.Output }))).toMatchObject({
		kind: "in-use",
		message: expect.stringContaining('line 17 of /dev/gpiochip0 is in use by "spi0 CS1"'),
	});
	const other = rig();
	other.system.refuse("/dev/gpiochip0", "EACCES");
	expect(failure(() => other.open()).message).toMatch(/groups gpio/);
});

test("bad options are refused before a device is opened", () => {
	const { system, open } = rig();
	const { io } = open();
	const before = system.openDescriptors;
	const bad: (() => unknown)[] = [
		() => Reflect.construct(io.Digital, []),
		() => new io.Digital({ pin: -1, mode: io.Digital.Input }),
		() => new io.Digital({ pin: 45, mode: io.Digital.Input }),
		() => new io.Digital({ pin: "D4", mode: io.Digital.Input }),
		() => new io.Digital({ pin: 4, mode: 77 }),
		() => new io.Digital({ pin: 4, mode: io.Digital.Input, onReadable: () => undefined }),
		() => new io.Digital({ pin: 4, mode: io.Digital.Output, edge: 1, onReadable: () => undefined }),
		() => new io.I2C({ data: 10, clock: 11, hz: 100_000, address: 0x3c }),
		() => new io.I2C({ data: 2, clock: 3, hz: 100_000, address: 0x78 }),
		() => new io.SPI({ out: 17, hz: 1_000_000 }),
		() => new io.SPI({ hz: 1_000_000 }),
		() => new io.SPI({ out: 10, hz: 1 }),
		() => new io.SPI({ out: 10, hz: 1_000_000, mode: 4 }),
		() => new io.PWM({ pin: 17 }),
		() => new io.Serial({ receive: 2, transmit: 3, baud: 9_600 }),
	];
	expect.assertions(bad.length + 2);
	for (const act of bad) {
		try {
			act();
		} catch (error) {
			expect(error instanceof RangeError || error instanceof TypeError, String(error)).toBe(true);
		}
	}
	expect(system.openDescriptors).toBe(before);
	expect(() => new io.I2C({ data: 10, clock: 11, hz: 100_000, address: 0x3c })).toThrow(
		"Raspberry Pi 5: no I2C bus has data on GPIO10 and clock on GPIO11. There is /dev/i2c-1 on data 2, clock 3.",
	);
});

test("frozen options are accepted", () => {
	const { open } = rig();
	const { Digital } = open().io;
	new Digital(Object.freeze({ pin: 4, mode: Digital.Input }));
});

test("a voltage is measured elsewhere, and the constructor says where", () => {
	const { Analog } = rig().open().io;
	expect(failure(() => new Analog({ pin: 4 }))).toMatchObject({
		kind: "range",
		message: "Analog on GPIO4: pi5 has no ADC. Put one on the I2C bus, or measure on the controller.",
	});
});

test("SPI transfers both ways at once, in its mode, with its chip selected", () => {
	const { board, open } = rig();
	board.net(9).pull(0);
	const out: number[] = [];
	let selected = 0;
	board.net(8).watch((level) => {
		if (level === 0) selected++;
	});
	// What goes out comes in again.
	const loop = board.net(9).attach();
	board.net(10).watch((level) => loop.drive(level));
	board.net(11).watch((level) => {
		if (level === 1) out.push(board.net(10).level);
	});
	const { SPI } = open().io;
	const spi = new SPI({ out: 10, in: 9, clock: 11, hz: 1_000_000 });
	const bytes = Uint8Array.of(0xa5, 0x0f);
	spi.transfer(bytes);
	expect(bytes).toEqual(Uint8Array.of(0xa5, 0x0f));
	expect(out.join("")).toBe("1010010100001111");
	expect([selected, board.net(8).level]).toEqual([1, 1]);
	expect(failure(() => spi.write(new Uint8Array(5_000))).message).toMatch(/EMSGSIZE.*spidev.bufsiz=65536/);
	spi.close();
	expect(() => spi.write(bytes)).toThrow(/closed/);
	expect(() => new SPI({ out: 10, hz: 1_000_000, port: "0.1" })).not.toThrow();
});

test("PWM waits for udev, makes the wave that was asked for, and is silent after close", () => {
	const { clock, board, open } = rig();
	const provider = open();
	const edges: number[] = [];
	board.net(12).watch(() => edges.push(clock.now));
	const pwm = new provider.io.PWM({ pin: 12, hz: 1_000 });
	clock.run(5 * ms);
	expect(edges).toEqual([]);
	pwm.write(256);
	clock.run(10 * ms);
	expect(edges.length).toBeGreaterThanOrEqual(19);
	const [first = 0, second = 0, third = 0] = edges;
	expect([second - first, third - first]).toEqual([250_000, 1_000_000]);
	pwm.close();
	edges.length = 0;
	clock.run(5 * ms);
	expect(edges).toEqual([]);
	// Again at another frequency: the channel is still there, so nobody waits for udev.
	const start = clock.now;
	new provider.io.PWM({ pin: 12, hz: 440 }).write(1_023);
	expect(clock.now - start).toBeLessThan(1 * ms);
	expect(board.net(12).level).toBe(1);
	provider.close();
	expect(board.net(12).level).toBe(0);
});

test("two pins of one PWM channel are not used at once; a PWM that config.txt did not bring says so", () => {
	const { open } = rig("pi4");
	const { PWM } = open().io;
	new PWM({ pin: 12 });
	expect(failure(() => new PWM({ pin: 18 })).kind).toBe("in-use");
	const { system, open: openOther } = rig();
	system.refuse("/sys/class/pwm/pwmchip2/export", "EACCES");
	expect(failure(() => new (openOther().io.PWM)({ pin: 12 })).message).toMatch(/groups gpio/);
});

test("serial carries bytes both ways, and a device that fails makes the next call throw", () => {
	const { clock, board, system, open } = rig();
	const wire = new SerialWire(clock, 115_200);
	board.attachSerial({ receive: 15, transmit: 14 }, wire);
	const heard: number[] = [];
	wire.far.onData((bytes) => heard.push(...bytes));
	const got: number[] = [];
	const writable: number[] = [];
	const provider = open();
	const serial: Serial = new provider.io.Serial({
		...provider.serial.default,
		baud: 115_200,
		onReadable() {
			got.push(...new Uint8Array(this.read() ?? new ArrayBuffer(0)));
		},
		onWritable: (bytes) => writable.push(bytes),
	});
	expect(writable).toEqual([]);
	clock.run(10 * ms);
	expect(writable).toEqual([4_096]);
	serial.write(Uint8Array.of(1, 2, 3));
	wire.far.write(Uint8Array.of(7, 8));
	clock.run(10 * ms);
	expect([heard, got]).toEqual([
		[1, 2, 3],
		[7, 8],
	]);
	expect(writable).toEqual([4_096, 4_096]);
	expect(failure(() => serial.write(new Uint8Array(4_097))).kind).toBe("overrun");
	serial.close();
	serial.close();
	expect(failure(() => serial.read()).kind).toBe("closed");

	system.refuse("/dev/ttyAMA0", "EACCES");
	const refused = new provider.io.Serial({ ...provider.serial.default, baud: 9_600 });
	clock.run(1 * ms);
	expect(failure(() => refused.read()).message).toMatch(/dialout/);
});

test("closing the provider closes all that is open and gives every descriptor back", () => {
	const { board, system, open } = rig();
	const provider = open();
	const { Digital, I2C, SPI, PWM, Serial } = provider.io;
	new Digital({ pin: 4, mode: Digital.Output, initialValue: 1 });
	new Digital({ pin: 5, mode: Digital.Input, edge: Digital.Rising, onReadable: () => undefined });
	new I2C({ ...provider.I2C.default, hz: 100_000, address: 0x3c });
	new SPI({ ...provider.SPI.default, hz: 1_000_000 });
	new PWM({ pin: 13 }).write(100);
	new Serial({ ...provider.Serial.default, baud: 9_600 });
	expect(system.openDescriptors).toBeGreaterThan(4);
	provider.close();
	provider.close();
	expect(system.openDescriptors).toBe(0);
	expect(board.net(4).floating).toBe(true);
});

test("the spelling of the standard and that of Moddable name the same buses", () => {
	const provider = rig().open();
	expect(provider.i2c).toBe(provider.I2C);
	expect(provider.spi).toBe(provider.SPI);
	expect(provider.serial).toBe(provider.Serial);
	expect(provider.i2c.default).toEqual({ io: provider.io.I2C, data: 2, clock: 3 });
});

test("pins of the board's data are the pins that the provider finds", () => {
	for (const data of [pi5, pi4]) {
		const board = piBoard(data);
		for (const { device, data: wire, clock } of data.i2c) expect(board.i2c({ data: wire, clock }).device).toBe(device);
		for (const bus of data.spi)
			for (const { device } of bus.selects)
				expect(board.spi({ out: bus.out, port: device.slice("/dev/spidev".length) }).device).toBe(device);
		for (const { pin, channel } of data.pwm.channels) expect(board.pwm(pin).channel).toBe(channel);
	}
});
