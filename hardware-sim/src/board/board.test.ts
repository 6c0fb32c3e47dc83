import type { HardwareErrorKind } from "@visionvend/sdk/device/io/hardware-error";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import { expect, test } from "vitest";
import { SimulationClock } from "../clock.ts";
import { Board } from "./board.ts";
import type { I2CTarget } from "./i2c-target.ts";
import { SerialWire } from "./serial-wire.ts";

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	return { clock, board, ...board.io };
}

function kindOf(run: () => unknown): HardwareErrorKind | undefined {
	try {
		run();
	} catch (error) {
		if (error instanceof HardwareError) return error.kind;
		throw error;
	}
	return undefined;
}

test("an output starts at its initial value, and pays 300 ns a write", () => {
	const { clock, board, Digital } = rig();
	const net = board.net(4);
	const edges: number[] = [];
	net.watch((level) => edges.push(level));
	const pin = new Digital({ pin: 4, mode: Digital.Output, initialValue: 1 });
	expect(edges).toEqual([1]);
	pin.write(0);
	expect([net.level, clock.now]).toEqual([0, 300]);
});

test("reading an output and writing an input throw", () => {
	const { Digital } = rig();
	expect(() => new Digital({ pin: 4, mode: Digital.Output }).read()).toThrow(/output/);
	expect(() => new Digital({ pin: 5, mode: Digital.Input }).write(1)).toThrow(/input/);
});

test("an open drain output pulls low and lets go", () => {
	const { board, Digital } = rig();
	board.net(4).pull(1);
	const pin = new Digital({ pin: 4, mode: Digital.OutputOpenDrain, initialValue: 1 });
	expect(board.net(4).level).toBe(1);
	pin.write(0);
	expect(board.net(4).level).toBe(0);
});

test("the pull-up of an input holds a free net high, and a resistor on the board wins over it", () => {
	const { board, Digital } = rig();
	const pin = new Digital({ pin: 4, mode: Digital.InputPullUp });
	expect(pin.read()).toBe(1);
	board.net(4).pull(0);
	expect(pin.read()).toBe(0);
});

test("a pin has one holder; close gives it back, and closing twice is fine", () => {
	const { Digital, PWM } = rig();
	const first = new Digital({ pin: 4, mode: Digital.Input });
	expect(kindOf(() => new PWM({ pin: 4 }))).toBe("in-use");
	first.close();
	first.close();
	const second = new PWM({ pin: 4 });
	expect(kindOf(() => first.read())).toBe("closed");
	first.close(); // not the holder any more
	expect(kindOf(() => new Digital({ pin: 4, mode: Digital.Input }))).toBe("in-use");
	second.close();
});

test("a bad option throws before a pin is taken", () => {
	const { board, Digital, SPI, Serial, I2C, PWM } = rig();
	expect(() => new Digital({ pin: 4, mode: 99 })).toThrow(RangeError);
	const onReadable = (): void => undefined;
	expect(() => new Digital({ pin: 4, mode: Digital.Input, onReadable })).toThrow(/edge/);
	expect(() => new Digital({ pin: 4, mode: Digital.Output, edge: 1, onReadable })).toThrow(/no onReadable/);
	expect(() => new Digital({ pin: -1, mode: Digital.Output })).toThrow(TypeError);
	expect(() => new SPI({ out: 4, hz: 0 })).toThrow(RangeError);
	expect(() => new SPI({ out: 4, in: 4, hz: 1e6 })).toThrow(/twice/);
	expect(() => new Serial({ receive: 4, transmit: 5, baud: 1 })).toThrow(RangeError);
	expect(() => new I2C({ data: 4, clock: 5, hz: 400_000, address: 0x78 })).toThrow(RangeError);
	expect(() => new PWM({ pin: 4, hz: 0 })).toThrow(RangeError);
	expect([...board.nets.keys()]).toEqual([]);
});

test("onReadable comes after the edge, never inside a method, with this bound, and never after close", () => {
	const { clock, board, Digital } = rig();
	const net = board.net(4).attach();
	const seen: unknown[] = [];
	const pin = new Digital({
		pin: 4,
		mode: Digital.Input,
		edge: Digital.Rising,
		onReadable() {
			seen.push(this);
		},
	});
	net.drive(1);
	pin.read();
	expect(seen).toEqual([]);
	clock.run(1);
	expect(seen).toEqual([pin]);
	net.drive(0);
	clock.run(1);
	expect(seen).toHaveLength(1);
	net.drive(1);
	pin.close();
	clock.run(1);
	expect(seen).toHaveLength(1);
});

test("a stall makes one access take longer", () => {
	const { clock, board, Digital } = rig();
	const pin = new Digital({ pin: 4, mode: Digital.Output });
	board.stall(70_000, 2);
	pin.write(1);
	expect(clock.now).toBe(300);
	pin.write(0);
	expect(clock.now).toBe(70_600);
	pin.write(1);
	expect(clock.now).toBe(70_900);
});

test("a stall that is called off does not come", () => {
	const { clock, board, Digital } = rig();
	const pin = new Digital({ pin: 4, mode: Digital.Output });
	board.stall(70_000, 1)();
	board.stall(50_000, 2);
	pin.write(1);
	pin.write(0);
	expect(clock.now).toBe(50_600);
});

test("PWM puts its wave on the net, exactly at its frequency, and is silent at duty 0 and still at full duty", () => {
	const { clock, board, PWM } = rig();
	let rises = 0;
	let highNs = 0;
	let roseAt = 0;
	board.net(4).watch((level) => {
		if (level === 1) {
			rises++;
			roseAt = clock.now;
		} else highNs += clock.now - roseAt;
	});
	const pwm = new PWM({ pin: 4, hz: 2_700 });
	pwm.write(256);
	clock.run(1e9);
	pwm.write(0);
	expect(rises).toBe(2_701);
	expect(highNs / 1e9).toBeCloseTo(0.25, 3);
	clock.run(1e9);
	expect(rises).toBe(2_701);
	pwm.write(1023);
	clock.run(1e9);
	expect([rises, board.net(4).level]).toEqual([2_702, 1]);
	pwm.write(512);
	pwm.close();
	expect(clock.nextAt).toBeUndefined();
	expect(board.net(4).level).toBe(0);
});

test("SPI shifts bits out, most significant first, and rests low", () => {
	const { clock, board, SPI } = rig();
	const edges: string[] = [];
	board.net(4).watch((level) => edges.push(`${level}@${clock.now}`));
	new SPI({ out: 4, hz: 1_000_000 }).write(Uint8Array.of(0b0110_0001));
	expect(edges).toEqual(["1@1000", "0@3000", "1@7000", "0@8000"]);
	expect(clock.now).toBe(8_000);
});

test.each([0, 1, 2, 3])("SPI mode %i with out wired to in reads back what it sends", (mode) => {
	const { board, SPI } = rig();
	const mirror = board.net(5).attach();
	board.net(4).watch((level) => mirror.drive(level));
	const spi = new SPI({ out: 4, in: 5, clock: 6, hz: 3_333_333, mode });
	const bytes = Uint8Array.of(0x00, 0xa5, 0xff, 0x13);
	spi.transfer(bytes);
	expect([...bytes]).toEqual([0x00, 0xa5, 0xff, 0x13]);
	expect(board.net(6).level).toBe(mode >= 2 ? 1 : 0);
});

/** A memory with a pointer, like an EEPROM of 256 bytes. */
class Memory implements I2CTarget {
	readonly bytes = new Uint8Array(256);
	readonly log: string[] = [];
	#pointer = 0;
	#fresh = false;
	start(read: boolean): boolean {
		this.log.push(read ? "read" : "write");
		this.#fresh = !read;
		return true;
	}
	write(byte: number): boolean {
		if (this.#fresh) this.#pointer = byte;
		else if (byte === 0xee) return false;
		else this.bytes[this.#pointer++] = byte;
		this.#fresh = false;
		return true;
	}
	read(): number {
		return this.bytes[this.#pointer++] ?? 0;
	}
	stop(): void {
		this.log.push("stop");
	}
}

test("I2C writes and reads a part, with a repeated start, at nine bits a byte", () => {
	const { clock, board, I2C } = rig();
	const memory = new Memory();
	board.attachI2C({ data: 8, clock: 9 }, 0x50, memory);
	const i2c = new I2C({ data: 8, clock: 9, hz: 100_000, address: 0x50 });
	i2c.write(Uint8Array.of(3, 11, 12));
	expect(clock.now).toBe((1 + 9 * 4 + 1) * 10_000);
	i2c.write(Uint8Array.of(3), false);
	expect([...new Uint8Array(i2c.read(2))]).toEqual([11, 12]);
	expect(memory.log).toEqual(["write", "stop", "write", "read", "stop"]);
});

test("with busEdges a decoder reads the same bytes from SDA and SCL, and time passes alike", () => {
	const times: number[] = [];
	const decoded: string[] = [];
	for (const busEdges of [false, true]) {
		const clock = new SimulationClock();
		const board = new Board({ clock, busEdges });
		board.attachI2C({ data: 8, clock: 9 }, 0x50, new Memory());
		const [data, serialClock] = [board.net(8), board.net(9)];
		let bits = "";
		data.watch((level) => {
			if (serialClock.level === 0) return;
			if (level === 0) decoded.push("start");
			else decoded.push("stop");
			bits = "";
		});
		serialClock.watch((level) => {
			if (level === 1) bits += data.level;
			else if (bits.length === 9) {
				decoded.push(`${Number.parseInt(bits.slice(0, 8), 2).toString(16)}${bits[8] === "0" ? "+" : "-"}`);
				bits = "";
			}
		});
		const i2c = new board.io.I2C({ data: 8, clock: 9, hz: 400_000, address: 0x50 });
		i2c.write(Uint8Array.of(3, 0xa5));
		i2c.write(Uint8Array.of(3), false);
		i2c.read(2);
		times.push(clock.now);
	}
	expect(times[0]).toBe(times[1]);
	expect(decoded.join(" ")).toBe("start a0+ 3+ a5+ stop start a0+ 3+ start a1+ a5+ 0- stop");
});

test("a part that is not there, and a byte that is refused, are no-acknowledge with the place in words", () => {
	const { board, I2C } = rig();
	board.attachI2C({ data: 8, clock: 9 }, 0x50, new Memory());
	const absent = new I2C({ data: 8, clock: 9, hz: 400_000, address: 0x3c });
	expect(kindOf(() => absent.write(Uint8Array.of(0)))).toBe("no-acknowledge");
	expect(() => absent.write(Uint8Array.of(0))).toThrow(/0x3C on data GPIO8, clock GPIO9/);
	const memory = new I2C({ data: 8, clock: 9, hz: 400_000, address: 0x50 });
	expect(() => memory.write(Uint8Array.of(0, 0xee))).toThrow(/refused byte 1 of 2/);
	expect(kindOf(() => new I2C({ data: 8, clock: 9, hz: 400_000, address: 0x50 }))).toBe("in-use");
	expect(kindOf(() => new I2C({ data: 9, clock: 8, hz: 400_000, address: 0x51 }))).toBe("in-use");
});

test("serial bytes arrive in order, after ten bit times each, in both directions", () => {
	const { clock, board, Serial } = rig();
	const wire = new SerialWire(clock, 115_200);
	board.attachSerial({ receive: 18, transmit: 17 }, wire);
	const far: number[] = [];
	const near: number[] = [];
	const taps: string[] = [];
	wire.far.onData((bytes) => far.push(...bytes));
	wire.tap((direction, bytes) => taps.push(`${direction} ${bytes.length}`));
	const serial = new Serial({
		receive: 18,
		transmit: 17,
		baud: 115_200,
		onReadable() {
			near.push(...new Uint8Array(this.read() ?? new ArrayBuffer(0)));
		},
	});
	const sent = Array.from({ length: 200 }, (_, i) => i);
	serial.write(Uint8Array.from(sent));
	wire.far.write(Uint8Array.of(1, 2, 3));
	clock.run((199.5 * 10 * 1e9) / 115_200);
	expect(far.length).toBeLessThan(200);
	clock.run(100_000);
	expect(far).toEqual(sent);
	expect(near).toEqual([1, 2, 3]);
	expect(taps).toEqual(["to-board 3", "from-board 64", "from-board 64", "from-board 64", "from-board 8"]);
	expect(serial.read()).toBeUndefined();
});

test("a cut serial wire loses what is under way; the wrong rate reads garbage", () => {
	const { clock, board, Serial } = rig();
	const wire = new SerialWire(clock, 9_600);
	board.attachSerial({ receive: 18, transmit: 17 }, wire);
	const far: number[] = [];
	wire.far.onData((bytes) => far.push(...bytes));
	const serial = new Serial({ receive: 18, transmit: 17, baud: 9_600 });
	serial.write(Uint8Array.of(1));
	wire.cut = true;
	clock.run(1e9);
	wire.cut = false;
	serial.write(Uint8Array.of(2));
	clock.run(1e9);
	expect(far).toEqual([2]);
	serial.close();
	new Serial({ receive: 18, transmit: 17, baud: 115_200 }).write(Uint8Array.of(3));
	clock.run(1e9);
	expect(far).toHaveLength(2);
	expect(far[1]).not.toBe(3);
});

test("more serial bytes than the buffer holds are an overrun, and onWritable says when there is room", () => {
	const { clock, board, Serial } = rig();
	board.attachSerial({ receive: 18, transmit: 17 }, new SerialWire(clock, 115_200));
	const writable: number[] = [];
	const serial = new Serial({
		receive: 18,
		transmit: 17,
		baud: 115_200,
		onWritable(bytes) {
			writable.push(bytes);
		},
	});
	clock.run(0);
	serial.write(new Uint8Array(4_000));
	expect(kindOf(() => serial.write(new Uint8Array(97)))).toBe("overrun");
	clock.run(1e9);
	expect(writable).toEqual([4_096, 4_096]);
});

test("a reset closes everything without a callback, and pins float to their resistors", () => {
	const { clock, board, Digital, PWM, Serial } = rig();
	const wire = new SerialWire(clock, 115_200);
	board.attachSerial({ receive: 18, transmit: 17 }, wire);
	const calls: string[] = [];
	const far: number[] = [];
	wire.far.onData((bytes) => far.push(...bytes));
	board.net(4).pull(0);
	const coil = new Digital({ pin: 4, mode: Digital.Output, initialValue: 1 });
	const pwm = new PWM({ pin: 5 });
	pwm.write(512);
	const outside = board.net(6).attach();
	new Digital({ pin: 6, mode: Digital.Input, edge: Digital.Rising, onReadable: () => calls.push("edge") });
	const serial = new Serial({ receive: 18, transmit: 17, baud: 115_200, onReadable: () => calls.push("serial") });
	board.timer.set(() => calls.push("timer"), 1);
	board.timer.repeat(() => calls.push("repeat"), 1);
	serial.write(Uint8Array.of(1, 2, 3));
	wire.far.write(Uint8Array.of(1));
	outside.drive(1);
	board.reset();
	expect([board.net(4).level, board.net(4).floating, board.net(5).floating]).toEqual([0, false, true]);
	expect(kindOf(() => coil.write(1))).toBe("closed");
	expect(kindOf(() => serial.read())).toBe("closed");
	clock.run(1e9);
	expect(calls).toEqual([]);
	expect(far).toEqual([]);
	new Digital({ pin: 4, mode: Digital.Output, initialValue: 1 });
	expect(board.net(4).level).toBe(1);
});

test("the timer fires once or again and again, in the script lane, until cleared", () => {
	const { clock, board } = rig();
	const log: number[] = [];
	board.timer.set(() => log.push(clock.now / 1e6), 5);
	let count = 0;
	const repeat = board.timer.repeat(() => {
		log.push(clock.now / 1e6);
		count++;
		if (count === 3) board.timer.clear(repeat);
	}, 10);
	const never = board.timer.set(() => log.push(-1), 1);
	board.timer.clear(never);
	clock.run(1e9);
	expect(log).toEqual([5, 10, 20, 30]);
});
