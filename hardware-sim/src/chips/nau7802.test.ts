import { expect, test } from "vitest";
import { Board } from "../board/board.ts";
import { SimulationClock } from "../clock.ts";
import { SeededRandom } from "../random.ts";
import { NAU7802Chip } from "./nau7802.ts";

const ms = 1e6;
const pins = { data: 10, clock: 11 };

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const ready = board.net(48);
	const chip = new NAU7802Chip({ clock, random: new SeededRandom(1), ready });
	board.attachI2C(pins, 0x2a, chip);
	const bus = new board.io.I2C({ ...pins, hz: 400_000, address: 0x2a });
	const write = (...bytes: number[]) => bus.write(Uint8Array.from(bytes));
	const read = (register: number, byteLength = 1) => {
		write(register);
		return [...new Uint8Array(bus.read(byteLength))];
	};
	/** Digital, then analogue with the regulator, then the converter. */
	const start = () => {
		write(0x00, 0x02);
		clock.run(ms);
		write(0x00, 0x86);
		clock.run(300 * ms);
		write(0x00, 0x96);
	};
	return { clock, chip, ready, write, read, start };
}

test("PUR comes 200 µs after PUD; a start before that is recorded", () => {
	const { clock, chip, write, read } = rig();
	write(0x00, 0x02);
	expect(read(0x00)).toEqual([0x02]);
	write(0x00, 0x16);
	expect(chip.unknownCommands).toEqual(["cycle start before power-up"]);
	clock.run(ms);
	expect((read(0x00)[0] ?? 0) & 0x08).toBe(0x08);
	expect(read(0x1f)).toEqual([0x0f]);
});

test("CR and DRDY come with a conversion and go when its last byte is read", () => {
	const { clock, chip, ready, read, start } = rig();
	start();
	chip.setInput(-2);
	clock.run(99 * ms);
	expect([ready.level, (read(0x00)[0] ?? 0) & 0x20]).toEqual([0, 0]);
	clock.run(2 * ms);
	expect([ready.level, (read(0x00)[0] ?? 0) & 0x20]).toEqual([1, 0x20]);
	read(0x12, 2);
	expect(ready.level).toBe(1);
	read(0x12, 3);
	expect([ready.level, (read(0x00)[0] ?? 0) & 0x20]).toEqual([0, 0]);
});

test("the output follows a change in four conversions, and only a calibration takes the offset away", () => {
	const { clock, chip, write, read, start } = rig();
	start();
	write(0x01, 0x2f); // 3.0 V, gain 128
	chip.setInput(0);
	const value = () => {
		clock.run(100 * ms);
		const [high = 0, middle = 0, low = 0] = read(0x12, 3);
		return ((high << 24) | (middle << 16) | (low << 8)) >> 8;
	};
	expect([value(), value(), value(), value(), value()]).toEqual([3_086, 6_173, 9_259, 12_345, 12_345]);
	write(0x02, 0x04);
	clock.run(343 * ms);
	expect(read(0x02)).toEqual([0x04]);
	clock.run(2 * ms);
	expect(read(0x02)).toEqual([0x00]);
	expect(value()).toBe(0);
	expect(read(0x03, 3)).toEqual([0x00, 0x30, 0x39]);
});

test("a calibration before the regulator has settled fails", () => {
	const { clock, write, read } = rig();
	write(0x00, 0x02);
	clock.run(ms);
	write(0x00, 0x96);
	write(0x02, 0x04);
	clock.run(400 * ms);
	expect(read(0x02)).toEqual([0x08]);
});

test("the test current drives an open input to the end of the range, and a load cell hardly", () => {
	const { clock, chip, write, read, start } = rig();
	start();
	write(0x01, 0x2f);
	write(0x11, 0x04);
	clock.run(500 * ms);
	expect(read(0x12, 3)).toEqual([0x0d, 0xeb, 0xd9]);
	chip.setInput(undefined);
	clock.run(500 * ms);
	expect(read(0x12, 3)).toEqual([0x7f, 0xff, 0xff]);
});

test("a reset, a power cut, and registers that the datasheet does not have", () => {
	const { chip, write, read, start } = rig();
	start();
	write(0x01, 0x2f);
	write(0x00, 0x01);
	expect(read(0x01)).toEqual([0x00]);
	start();
	chip.power(false);
	expect(() => read(0x00)).toThrow(/0x2A/);
	chip.power(true);
	expect(read(0x00)).toEqual([0x00]);
	expect(read(0x30)).toEqual([0xff]);
	write(0x12, 0x00);
	write(0x02, 0x41);
	expect(chip.unknownCommands).toEqual(["read of register 0x30", "write of register 0x12", "conversion rate 4"]);
});
