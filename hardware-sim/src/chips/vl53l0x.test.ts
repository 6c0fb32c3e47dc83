import { expect, test } from "vitest";
import { Board } from "../board/board.ts";
import { SimulationClock } from "../clock.ts";
import { VL53L0XChip } from "./vl53l0x.ts";

const ms = 1e6;
const pins = { data: 10, clock: 11 };

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	board.net(2).pull(1);
	const chip = new VL53L0XChip({ clock, bus: board, pins, shutdown: board.net(2), interrupt: board.net(48) });
	const at = (address: number) => new board.io.I2C({ ...pins, hz: 400_000, address });
	return { clock, board, chip, at };
}

/** One register through a fresh instance: write its number, read its value. */
function read({ at }: ReturnType<typeof rig>, register: number, byteLength = 1, address = 0x29): number[] {
	const bus = at(address);
	try {
		bus.write(Uint8Array.of(register));
		return [...new Uint8Array(bus.read(byteLength))];
	} finally {
		bus.close();
	}
}

function write({ at }: ReturnType<typeof rig>, ...bytes: number[]): void {
	const bus = at(0x29);
	try {
		bus.write(Uint8Array.from(bytes));
	} finally {
		bus.close();
	}
}

test("it is silent for 1.2 ms, then tells what it is, register after register", () => {
	const board = rig();
	board.clock.run(1.1 * ms);
	expect(() => read(board, 0xc0)).toThrow(/0x29/);
	board.clock.run(0.2 * ms);
	expect(read(board, 0xc0, 3)).toEqual([0xee, 0xaa, 0x10]);
});

test("XSHUT low takes the address away; high brings it back to 0x29, with every register as from the factory", () => {
	const board = rig();
	board.clock.run(2 * ms);
	write(board, 0x0a, 0x04);
	write(board, 0x8a, 0x35);
	expect(board.chip.address).toBe(0x35);
	expect(read(board, 0x0a, 1, 0x35)).toEqual([0x04]);
	board.board.net(2).pull(0);
	expect(board.chip.address).toBeUndefined();
	expect(() => read(board, 0x0a, 1, 0x35)).toThrow(/0x35/);
	board.board.net(2).pull(1);
	board.clock.run(2 * ms);
	expect(board.chip.address).toBe(0x29);
	expect(read(board, 0x0a)).toEqual([0]);
});

test("a register that the model does not know is recorded by name and answers ones, never zeros", () => {
	const board = rig();
	board.clock.run(2 * ms);
	expect(read(board, 0xd7)).toEqual([0xff]);
	write(board, 0xff, 0x02);
	write(board, 0x11, 0x22);
	expect(board.chip.unknownCommands).toEqual(["read of register 0xd7 on page 0", "write of register 0x11 on page 2"]);
});

test("a start without the stop variable is recorded and measures nothing", () => {
	const board = rig();
	board.clock.run(2 * ms);
	write(board, 0x00, 0x02);
	board.clock.run(1_000 * ms);
	expect(board.chip.measurements).toBe(0);
	expect(board.chip.unknownCommands).toEqual(["start without its stop variable"]);
});

test("the stop variable stands behind a lock", () => {
	const board = rig();
	board.clock.run(2 * ms);
	write(board, 0xff, 0x01);
	write(board, 0x91, 0x00);
	expect(board.chip.unknownCommands).toEqual(["stop variable behind its lock"]);
});

test("uncalibrated it measures, and reports a hardware failure", () => {
	const board = rig();
	board.clock.run(2 * ms);
	board.chip.setDistance(100);
	for (const [register, value] of [
		[0xff, 0x01],
		[0x00, 0x01],
		[0xff, 0x00],
		[0x01, 0xe8],
		[0x0a, 0x04],
		[0x00, 0x01],
	] as const)
		write(board, register, value);
	board.clock.run(100 * ms);
	expect(board.chip.measurements).toBe(1);
	expect(read(board, 0x13)).toEqual([0x04]);
	expect((read(board, 0x14)[0] ?? 0) >> 3).toBe(3);
	expect(board.board.net(48).level).toBe(0);
	write(board, 0x0b, 0x01);
	expect(read(board, 0x13)).toEqual([0x00]);
	expect(board.board.net(48).floating).toBe(true);
});

test("after a refusal it may hang, and only XSHUT or power ends that", () => {
	const board = rig();
	board.clock.run(2 * ms);
	board.chip.refuse(1, { thenHang: true });
	for (let tries = 0; tries < 5; tries++) {
		expect(() => read(board, 0xc0)).toThrow(/0x29/);
		board.clock.run(100 * ms);
	}
	board.chip.power(false);
	board.chip.power(true);
	board.clock.run(2 * ms);
	expect(read(board, 0xc0)).toEqual([0xee]);
});
