import { readFileSync } from "node:fs";
import { BuzzerChip } from "@visionvend/hardware-sim/chips/buzzer";
import { HallSensorChip } from "@visionvend/hardware-sim/chips/hall-sensor";
import { HX711Chip } from "@visionvend/hardware-sim/chips/hx711";
import { NeoPixelChip } from "@visionvend/hardware-sim/chips/neopixel";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../hardware-sim/test/simulated-device.ts";

const ms = 1e6;

const program = new URL("every-driver.mjs", import.meta.url);

async function runOn(name: "xs" | "node") {
	const parts: { screen?: SSD1306Chip; lock?: SolenoidLockChip; light?: NeoPixelChip; buzzer?: BuzzerChip } = {};
	let hall: HallSensorChip | undefined;
	const source =
		name === "xs" ? readFileSync(program, "utf8") : `export { start } from ${JSON.stringify(program.href)};`;
	const device = await makeDevice(name, source, {
		wire: (board, clock) => {
			const random = new SeededRandom(3);
			[14, 4, 6, 8].forEach((pin, shelf) => {
				const pins = { clock: board.net(pin), data: board.net(pin + 1) };
				new HX711Chip({ clock, pins, random: random.fork(`cell ${shelf}`) }).setInput(100_000 * (shelf - 2));
			});
			hall = new HallSensorChip({ clock, output: board.net(13), random });
			parts.lock = new SolenoidLockChip({ clock, coil: board.net(12) });
			parts.light = new NeoPixelChip({ clock, data: board.net(21), length: 1 });
			parts.buzzer = new BuzzerChip({ clock, input: board.net(47) });
			parts.screen = new SSD1306Chip();
			board.attachI2C({ data: 10, clock: 11 }, 0x3c, parts.screen);
		},
	});
	device.engine.start();
	device.clock.run(1_000 * ms);
	hall?.setMagnet(true);
	device.clock.run(3_000 * ms);
	const seen = {
		logged: device.logged,
		resets: device.resets,
		operations: device.operations(),
		pixels: parts.screen?.pixels,
		unknownCommands: parts.screen?.unknownCommands,
		colors: parts.light?.colors,
		timingErrors: parts.light?.timingErrors,
		beeps: parts.buzzer?.beeps,
		longestOnMs: parts.lock?.longestOnMs,
		released: parts.lock?.released,
		now: device.clock.now,
	};
	const statistics = name === "xs" ? device.statistics() : undefined;
	device.engine.stop();
	return { seen, statistics };
}

test("every driver works over the bridge of an engine", async () => {
	const { seen } = await runOn("node");
	expect(seen.resets).toEqual([]);
	expect(seen.logged.map(([event]) => event)).toEqual(["door", "door", "sums", "in use"]);
	expect(seen.logged[1]).toEqual(["door", { position: "closed" }]);
	expect(seen.colors).toEqual([{ red: 1, green: 2, blue: 250 }]);
	expect([seen.timingErrors, seen.unknownCommands, seen.released]).toEqual([0, [], false]);
	expect(seen.beeps).toHaveLength(1);
	expect(Math.round(seen.longestOnMs ?? 0)).toBe(1_500);
});

test.skipIf(!xs.ok)(
	"on XS, in the memory of an ESP32-S3, every driver does to the nanosecond what it does on Node",
	async () => {
		const onXs = await runOn("xs");
		const onNode = await runOn("node");
		expect(onXs.seen).toEqual(onNode.seen);
		const { statistics } = onXs;
		if (statistics === undefined) throw new Error("no statistics");
		expect(statistics.slotsPeak).toBeLessThan(statistics.slotsBudget / 2);
		expect(statistics.chunksPeak).toBeLessThan(statistics.chunksBudget / 2);
	},
);
