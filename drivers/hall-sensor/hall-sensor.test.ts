import { Board } from "@visionvend/hardware-sim/board/board";
import { HallSensorChip } from "@visionvend/hardware-sim/chips/hall-sensor";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { HallSensor } from "./hall-sensor.ts";

const ms = 1e6;

function rig(seed = 1) {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new HallSensorChip({ clock, output: board.net(13), random: new SeededRandom(seed) });
	return { clock, board, chip, Digital: board.io.Digital };
}

test("the magnet near is a closed door; a cut cable reads open", () => {
	const { clock, chip, Digital } = rig();
	const door = new HallSensor({ sensor: { io: Digital, pin: 13 } });
	expect(door.sample()).toEqual({ position: "open" });
	chip.setMagnet(true);
	clock.run(5 * ms);
	expect(door.sample()).toEqual({ position: "closed" });
	chip.setConnected(false);
	expect(door.sample()).toEqual({ position: "open" });
});

test("with activeLow false a high output is a closed door", () => {
	const { clock, chip, Digital } = rig();
	const door = new HallSensor({ sensor: { io: Digital, pin: 13 }, activeLow: false });
	expect(door.sample()).toEqual({ position: "closed" });
	chip.setMagnet(true);
	clock.run(5 * ms);
	expect(door.sample()).toEqual({ position: "open" });
});

test("the contact bounces within a millisecond, yet each change is told once, 20 ms after it", () => {
	for (let seed = 1; seed <= 20; seed++) {
		const { clock, board, chip } = rig(seed);
		const told: string[] = [];
		let edges = 0;
		let lastEdge = 0;
		board.net(13).watch(() => {
			edges++;
			lastEdge = clock.now;
		});
		run(board, (position) => told.push(`${position} ${Math.floor(clock.now / ms)}`));
		edges = 0;
		chip.setMagnet(true);
		clock.run(500 * ms);
		expect(edges).toBeGreaterThan(2);
		expect(lastEdge).toBeLessThanOrEqual(ms);
		chip.setMagnet(false);
		clock.run(500 * ms);
		expect(told).toEqual(["closed 20", "open 520"]);
	}
});

test("a glitch shorter than the rest is not told", () => {
	const { clock, board } = rig();
	const told: string[] = [];
	run(board, (position) => told.push(position));
	const noise = board.net(13).attach();
	noise.drive(0);
	clock.run(3 * ms);
	noise.drive("Z");
	clock.run(1_000 * ms);
	expect(told).toEqual([]);
});

test("a contact that chatters for ever is still told", () => {
	const { clock, board } = rig();
	const told: string[] = [];
	run(board, (position) => told.push(position));
	const noise = board.net(13).attach();
	for (let i = 0; i < 1_000; i++) {
		noise.drive(i % 3 === 0 ? "Z" : 0);
		clock.run(ms);
	}
	expect(told.length).toBeGreaterThan(0);
});

test("a contact that bounces in the moment of sampling is told again, once it has come to rest", () => {
	const { clock, board } = rig();
	const line = board.net(13).attach();
	line.drive(0);
	const told: string[] = [];
	run(board, (position) => told.push(position));
	line.drive("Z");
	// The rest ends at 20 ms: the driver looks and sees the open door; the script looks 300 ns later and sees a bounce.
	clock.after(20 * ms + 400, () => line.drive(0));
	clock.after(20 * ms + 50_000, () => line.drive("Z"));
	clock.run(500 * ms);
	expect(told.at(-1)).toBe("open");
});

test("without a timer every change is told at once", () => {
	const { clock, board, Digital } = rig();
	const told: string[] = [];
	new HallSensor({
		sensor: { io: Digital, pin: 13 },
		onSample() {
			told.push(this.sample().position);
		},
	});
	const line = board.net(13).attach();
	for (const level of [0, "Z", 0] as const) {
		line.drive(level);
		clock.run(1_000);
	}
	expect(told).toEqual(["closed", "open", "closed"]);
});

test("after close nothing is told", () => {
	const { clock, board, chip } = rig();
	const told: string[] = [];
	const door = run(board, (position) => told.push(position));
	chip.setMagnet(true);
	clock.run(10 * ms);
	door.close();
	clock.run(1_000 * ms);
	expect(told).toEqual([]);
});
