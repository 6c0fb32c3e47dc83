import { expect, test } from "vitest";
import { Board } from "../board/board.ts";
import { SimulationClock } from "../clock.ts";
import { VL53L1XChip } from "./vl53l1x.ts";

const ms = 1e6;
const pins = { data: 10, clock: 11 };

function rig() {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	board.net(2).pull(1);
	const chip = new VL53L1XChip({ clock, bus: board, pins, shutdown: board.net(2), interrupt: board.net(48) });
	const at = (address: number) => new board.io.I2C({ ...pins, hz: 400_000, address });
	return { clock, board, chip, at };
}

/** One register through a fresh instance: write its number, read its value. */
function read({ at }: ReturnType<typeof rig>, register: number, byteLength = 1, address = 0x29): number[] {
	const bus = at(address);
	try {
		bus.write(Uint8Array.of(register >> 8, register & 0xff));
		return [...new Uint8Array(bus.read(byteLength))];
	} finally {
		bus.close();
	}
}

function write({ at }: ReturnType<typeof rig>, register: number, ...bytes: number[]): void {
	const bus = at(0x29);
	try {
		bus.write(Uint8Array.of(register >> 8, register & 0xff, ...bytes));
	} finally {
		bus.close();
	}
}

test("it is silent for 1.2 ms, then tells what it is, register after register", () => {
	const board = rig();
	board.clock.run(1.1 * ms);
	expect(() => read(board, 0x010f)).toThrow(/0x29/);
	board.clock.run(0.2 * ms);
	expect(read(board, 0x010f, 2)).toEqual([0xea, 0xcc]);
});

test("XSHUT low takes the address away; high brings it back to 0x29, with every register as from the factory", () => {
	const board = rig();
	board.clock.run(2 * ms);
	write(board, 0x46, 0x20);
	write(board, 0x01, 0x35);
	expect(board.chip.address).toBe(0x35);
	expect(read(board, 0x46, 1, 0x35)).toEqual([0x20]);
	board.board.net(2).pull(0);
	expect(board.chip.address).toBeUndefined();
	expect(() => read(board, 0x46, 1, 0x35)).toThrow(/0x35/);
	board.board.net(2).pull(1);
	board.clock.run(2 * ms);
	expect(board.chip.address).toBe(0x29);
	expect(read(board, 0x46)).toEqual([0]);
});

test("a register that the model does not know is recorded by name and answers ones, never zeros", () => {
	const board = rig();
	board.clock.run(2 * ms);
	expect(read(board, 0x0200)).toEqual([0xff]);
	write(board, 0x0fff, 0x22);
	expect(board.chip.unknownCommands).toEqual(["read of register 0x0200", "write of register 0x0fff"]);
});

test("a start before the configuration is recorded and measures nothing", () => {
	const board = rig();
	board.clock.run(2 * ms);
	write(board, 0x87, 0x40);
	write(board, 0x87, 0x02);
	board.clock.run(1_000 * ms);
	expect(board.chip.measurements).toBe(0);
	expect(board.chip.unknownCommands).toEqual(["start before the configuration", "start mode 0x2"]);
});

test("GPIO1 and its status bit follow the polarity, and stay until the interrupt is cleared", () => {
	for (const activeLow of [false, true]) {
		const board = rig();
		board.board.net(48).pull(1);
		board.clock.run(2 * ms);
		write(board, 0x30, activeLow ? 0x11 : 0x01);
		write(board, 0x46, 0x20);
		write(board, 0x60, 0x07);
		write(board, 0x63, 0x05);
		write(board, 0x6c, 0x00, 0x01, 0x00, 0x00); // an interval of a third of a second
		write(board, 0x86, 0x01);
		const idle = activeLow ? 1 : 0;
		expect([board.board.net(48).level, (read(board, 0x31)[0] ?? 0) & 1]).toEqual([idle, idle]);
		write(board, 0x87, 0x40);
		board.clock.run(50 * ms);
		expect([board.board.net(48).level, (read(board, 0x31)[0] ?? 0) & 1]).toEqual([1 - idle, 1 - idle]);
		board.clock.run(400 * ms);
		expect(board.chip.overwritten).toBe(1);
		write(board, 0x86, 0x01);
		expect(board.board.net(48).level).toBe(idle);
	}
});

test("after a refusal it may hang, and only XSHUT or power ends that", () => {
	const board = rig();
	board.clock.run(2 * ms);
	board.chip.refuse(1, { thenHang: true });
	for (let tries = 0; tries < 5; tries++) {
		expect(() => read(board, 0x010f)).toThrow(/0x29/);
		board.clock.run(100 * ms);
	}
	board.chip.power(false);
	board.chip.power(true);
	board.clock.run(2 * ms);
	expect(read(board, 0x010f)).toEqual([0xea]);
});
