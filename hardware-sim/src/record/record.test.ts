import { expect, test } from "vitest";
import { Board } from "../board/board.ts";
import { SimulationClock } from "../clock.ts";
import { type Part, parts } from "../conformance/parts.ts";
import { recordProvider } from "./record-provider.ts";
import { deviationText, replayOnto } from "./replay.ts";
import { parseLog, type Transaction } from "./transaction.ts";

const seconds = 3;

/** Opens a driver, samples it every 100 ms, and records. */
function play({ subject }: Part, board: Board): { log: Transaction[]; samples: unknown[]; text: string } {
	const lines: string[] = [];
	const io = recordProvider(
		board.io,
		(line) => lines.push(line),
		() => board.clock.now,
	);
	const samples: unknown[] = [];
	board.clock.callback(() => {
		const driver = subject.open(subject.options({ io, timer: board.timer }));
		const sample = () => {
			if (driver.sample) samples.push(driver.sample());
		};
		const rhythm = board.timer.repeat(sample, 100);
		for (const call of driver.sample ? [] : subject.use(driver)) call();
		board.timer.set(
			() => {
				board.timer.clear(rhythm);
				driver.close();
			},
			seconds * 1_000 - 50,
		);
	});
	board.clock.run(seconds * 1e9);
	const text = lines.join("\n");
	return { log: parseLog(text), samples, text };
}

const newBoard = () => new Board({ clock: new SimulationClock() });

test.each(parts.map((part) => [part.subject.part, part] as const))(
	"%s: chips made of its log answer as it did",
	(_name, part) => {
		const real = newBoard();
		part.solder(real);
		const recorded = play(part, real);
		expect(recorded.log.length).toBeGreaterThan(1);

		const board = newBoard();
		const replay = replayOnto(board, recorded.log);
		const again = play(part, board);
		expect(replay.deviation === undefined ? "" : deviationText(replay.deviation)).toBe("");
		expect(replay.finished).toBe(true);
		expect(again.samples).toEqual(recorded.samples);
	},
);

test("a log tells what was done, when, and what came of it", () => {
	const board = newBoard();
	const lines: string[] = [];
	const io = recordProvider(
		board.io,
		(line) => lines.push(line),
		() => board.clock.now,
	);
	const bus = new io.I2C({ data: 10, clock: 11, hz: 400_000, address: 0x29 });
	expect(() => bus.write(Uint8Array.of(0xc0))).toThrow(/no part answers/);
	expect(() => new io.Digital({ pin: 10, mode: io.Digital.Input })).toThrow(/in use/);
	expect(parseLog(lines.join("\n"))).toMatchObject([
		{ at: 0, id: 1, do: "open", io: "I2C", options: { data: 10, clock: 11, hz: 400_000, address: 0x29 } },
		{ at: 0, id: 1, do: "write", bytes: "c0", error: { kind: "no-acknowledge" } },
		{ id: 2, do: "open", io: "Digital", error: { kind: "in-use" } },
	]);
	expect(() => parseLog(`${lines[0]}\n{"at":1,"id":1,"do":"jump"}`)).toThrow(/Line 2 of the log is no transaction/);
});

function deviationOf(log: Transaction[], program: (board: Board) => void): string {
	const board = newBoard();
	const replay = replayOnto(board, log);
	program(board);
	board.clock.run(1e9);
	return replay.deviation === undefined ? "none" : deviationText(replay.deviation);
}

test("the first thing that a program does otherwise is told by name, with the line of the log", () => {
	const i2c: Transaction[] = [
		{ at: 0, id: 1, do: "open", io: "I2C", options: { data: 10, clock: 11, hz: 400_000, address: 0x29 } },
		{ at: 10, id: 1, do: "write", bytes: "c0", stop: false },
		{ at: 20, id: 1, do: "read", value: 1, bytes: "ee" },
	];
	const open = ({ io }: Board) => new io.I2C({ data: 10, clock: 11, hz: 400_000, address: 0x29 });
	expect(
		deviationOf(i2c, (board) => {
			const bus = open(board);
			bus.write(Uint8Array.of(0xc0), false);
			expect(new Uint8Array(bus.read(1))).toEqual(Uint8Array.of(0xee));
		}),
	).toBe("none");
	expect(deviationOf(i2c, (board) => open(board).write(Uint8Array.of(0xc1)))).toBe(
		"I2C 0x29 at 0.000050000 s: expected write c0 (line 2 of the log), saw write c1",
	);
	expect(deviationOf(i2c, (board) => void open(board).read(1))).toContain(
		"expected write c0 (line 2 of the log), saw read",
	);

	const digital: Transaction[] = [
		{ at: 0, id: 1, do: "open", io: "Digital", options: { pin: 14, mode: 8 } },
		{ at: 10, id: 1, do: "write", value: 1 },
		{ at: 20, id: 1, do: "write", value: 0 },
	];
	expect(
		deviationOf(digital, ({ io }) => {
			const line = new io.Digital({ pin: 14, mode: io.Digital.Output });
			for (const level of [1, 0, 1] as const) line.write(level);
		}),
	).toContain("Digital GPIO14 at 0.000000900 s: expected nothing more (after the end of the log), saw an edge to 1");

	const serial: Transaction[] = [
		{ at: 0, id: 1, do: "open", io: "Serial", options: { receive: 18, transmit: 17, baud: 115_200 } },
		{ at: 10, id: 1, do: "write", bytes: "41540d" },
	];
	expect(
		deviationOf(serial, ({ io }) =>
			new io.Serial({ receive: 18, transmit: 17, baud: 115_200 }).write(Uint8Array.of(0x41, 0x55)),
		),
	).toContain("expected byte 2 to be 54 (line 2 of the log), saw 55");

	const spi: Transaction[] = [
		{ at: 0, id: 1, do: "open", io: "SPI", options: { out: 4, in: 5, clock: 6, hz: 1_000_000 } },
		{ at: 10, id: 1, do: "transfer", out: "a5", in: "3c" },
	];
	expect(
		deviationOf(spi, ({ io }) => {
			const bus = new io.SPI({ out: 4, in: 5, clock: 6, hz: 1_000_000 });
			const bytes = Uint8Array.of(0xa5);
			bus.transfer(bytes);
			expect(bytes).toEqual(Uint8Array.of(0x3c));
			bus.transfer(Uint8Array.of(1));
		}),
	).toContain("expected nothing more (after the end of the log), saw a clock pulse");
});

test("who reads fewer bytes than were read then does something else", () => {
	const log = parseLog(
		[
			{ at: 0, id: 1, do: "open", io: "I2C", options: { data: 10, clock: 11, address: 41, hz: 400_000 } },
			{ at: 10, id: 1, do: "read", value: 6, bytes: "010203040506" },
			{ at: 20, id: 1, do: "read", value: 1, bytes: "07" },
		]
			.map((line) => JSON.stringify(line))
			.join("\n"),
	);
	const board = newBoard();
	const replay = replayOnto(board, log);
	const i2c = new board.io.I2C({ data: 10, clock: 11, address: 41, hz: 400_000 });
	i2c.read(2);
	expect(replay.deviation).toMatchObject({ line: 2, expected: "read of 6 bytes", seen: "read of 2" });
});

test("a log whose beginning is missing, or that leaves out pins, is refused with its line", () => {
	expect(() => parseLog('\n{"at":0,"id":3,"do":"close"}')).toThrow(
		"Line 2 of the log is about instance 3, which no line opens.",
	);
	expect(() => parseLog('{"at":0,"id":1,"do":"open","io":"Digital","options":{"mode":1}}')).toThrow(
		'Line 1 of the log opens Digital without "pin".',
	);
});
