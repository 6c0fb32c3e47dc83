import five from "johnny-five";
import { afterEach, expect, test } from "vitest";
import { Board } from "../board/board.ts";
import { SSD1306Chip } from "../chips/ssd1306.ts";
import { SimulationClock } from "../clock.ts";
import { run } from "./example.ts";
import { SimIO } from "./sim-io.ts";
import { WallTime } from "./wall-time.ts";

// What johnny-five's own types leave out.
declare module "johnny-five" {
	interface BoardOption {
		sigint?: boolean;
	}
	interface Board {
		i2cWrite(address: number, bytes: readonly number[]): void;
		i2cReadOnce(address: number, byteLength: number, handler: (bytes: readonly number[]) => void): void;
	}
}

let io: SimIO | undefined;

afterEach(() => {
	io?.close();
	io = undefined;
});

function start(board = new Board({ clock: new SimulationClock() })): Promise<{ board: Board; program: five.Board }> {
	io = new SimIO({ board, time: new WallTime() });
	const program = new five.Board({ io, repl: false, debug: false, sigint: false });
	return new Promise((resolve) => program.on("ready", () => resolve({ board, program })));
}

const within = async (condition: () => boolean) => {
	for (let turn = 0; turn < 1_000 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 2));
	expect(condition()).toBe(true);
};

test("an LED lights, and goes dark", async () => {
	const { board, program } = await start();
	const led = new five.Led({ pin: 4, board: program });
	led.on();
	expect(board.net(4).level).toBe(1);
	led.off();
	expect(board.net(4).level).toBe(0);
});

test("a dimmed LED is a wave on its pin", async () => {
	const { board, program } = await start();
	new five.Led({ pin: 5, board: program }).brightness(128);
	let edges = 0;
	board.net(5).watch(() => edges++);
	await within(() => edges > 10);
});

test("a relay that is normally closed is driven the other way round", async () => {
	const { board, program } = await start();
	const relay = new five.Relay({ board: program, pin: 6, type: "NC" });
	relay.close();
	expect(board.net(6).level).toBe(0);
	relay.open();
	expect(board.net(6).level).toBe(1);
});

test("a switch tells of what happens on its net", async () => {
	const { board, program } = await start();
	const contact = board.net(7).attach();
	contact.drive(0);
	const told: string[] = [];
	const door = new five.Switch({ pin: 7, board: program });
	door.on("open", () => told.push("open"));
	door.on("close", () => told.push("close"));
	await new Promise((resolve) => setTimeout(resolve, 80));
	contact.drive(1);
	await within(() => told.includes("close"));
	await new Promise((resolve) => setTimeout(resolve, 80));
	contact.drive(0);
	await within(() => told.at(-1) === "open");
});

test("a button with a pull-up is pressed to ground", async () => {
	const { board, program } = await start();
	const finger = board.net(8).attach();
	const told: string[] = [];
	const button = new five.Button({ board: program, pin: 8, isPullup: true });
	button.on("down", () => told.push("down"));
	button.on("up", () => told.push("up"));
	await new Promise((resolve) => setTimeout(resolve, 80));
	finger.drive(0);
	await within(() => told.includes("down"));
	await new Promise((resolve) => setTimeout(resolve, 80));
	finger.drive("Z");
	await within(() => told.includes("up"));
});

test("a sensor reads the voltage of an analog input", async () => {
	const { board, program } = await start();
	board.setVoltage(1, 1.65);
	const sensor = new five.Sensor({ board: program, pin: "A0", freq: 10 });
	let value = 0;
	sensor.on("data", () => {
		value = Number(sensor.raw);
	});
	await within(() => Math.abs(value - 2_048) < 40);
});

test("an analog pin that becomes an output is not read any more", async () => {
	const { board, program } = await start();
	let readings = 0;
	program.analogRead(0, () => readings++);
	await within(() => readings > 0);
	new five.Led({ pin: 1, board: program }).on();
	const before = readings;
	await new Promise((resolve) => setTimeout(resolve, 80));
	expect(readings).toBe(before);
	expect(board.net(1).level).toBe(1);
});

test("a servo gets a pulse of 1.47 ms for its middle", async () => {
	const { board, program } = await start();
	new five.Servo({ board: program, pin: 9, startAt: 90 });
	let rose = 0;
	let widthMs = 0;
	board.net(9).watch((level) => {
		if (level === 1) rose = board.clock.now;
		else widthMs = (board.clock.now - rose) / 1e6;
	});
	await within(() => widthMs > 0);
	await within(() => Math.abs(widthMs - 1.47) < 0.05);
});

test("bytes written over I2C reach the part, and what is read comes from it", async () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const display = new SSD1306Chip();
	board.attachI2C({ data: 10, clock: 11 }, 0x3c, display);
	const { program } = await start(board);
	program.i2cConfig({ delay: 0 });
	program.i2cWrite(0x3c, [0x00, 0x8d, 0x14, 0xaf]);
	expect(display.on).toBe(true);
	const read = await new Promise<number[]>((resolve) => program.i2cReadOnce(0x3c, 1, (bytes) => resolve([...bytes])));
	expect(read).toHaveLength(1);
});

test("a pin that the board does not give away is refused with the reason", async () => {
	const { program } = await start();
	expect(() => new five.Led({ pin: 26, board: program })).toThrow(/GPIO26 carries flash and PSRAM/);
});

test("the example of the guide: the light follows the door", async () => {
	const lines: string[] = [];
	const example = run((line) => lines.push(line));
	io = example.io;
	const contact = example.board.net(7).attach();
	contact.drive(1);
	await new Promise((resolve) => setTimeout(resolve, 100));
	contact.drive(0);
	await within(() => lines.includes("The door is open, the light is on."));
	expect(example.board.net(4).level).toBe(1);
});
