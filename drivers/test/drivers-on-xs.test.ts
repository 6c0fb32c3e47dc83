import { readFileSync } from "node:fs";
import { OneWireUart } from "@visionvend/hardware-sim/board/one-wire-uart";
import { BatteryChip } from "@visionvend/hardware-sim/chips/battery";
import { BuzzerChip } from "@visionvend/hardware-sim/chips/buzzer";
import { DS18B20Chip } from "@visionvend/hardware-sim/chips/ds18b20";
import { HallSensorChip } from "@visionvend/hardware-sim/chips/hall-sensor";
import { HX711Chip } from "@visionvend/hardware-sim/chips/hx711";
import { NAU7802Chip } from "@visionvend/hardware-sim/chips/nau7802";
import { NeoPixelChip } from "@visionvend/hardware-sim/chips/neopixel";
import { PIRChip } from "@visionvend/hardware-sim/chips/pir";
import { RestockButtonChip } from "@visionvend/hardware-sim/chips/restock-button";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { VL53L1XChip } from "@visionvend/hardware-sim/chips/vl53l1x";
import { parts as candidates } from "@visionvend/hardware-sim/conformance/parts";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { expect, test } from "vitest";
import { makeDevice, xs } from "../../hardware-sim/test/simulated-device.ts";

const ms = 1e6;

const program = new URL("every-driver.mjs", import.meta.url);

async function runOn(name: "xs" | "node") {
	const parts: { screen?: SSD1306Chip; lock?: SolenoidLockChip; light?: NeoPixelChip; buzzer?: BuzzerChip } = {};
	let hall: HallSensorChip | undefined;
	let button: RestockButtonChip | undefined;
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
			const bus = { data: 10, clock: 11 };
			board.attachI2C(bus, 0x3c, parts.screen);
			board.attachI2C(bus, 0x2a, new NAU7802Chip({ clock, random: random.fork("counter") }));
			new VL53L1XChip({ clock, bus: board, pins: bus, random: random.fork("distance") }).setDistance(700);
			const oneWire = board.net(41);
			board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock, bus: oneWire }));
			new DS18B20Chip({ clock, bus: oneWire });
			const divider = { upperOhms: 47_000, lowerOhms: 10_000 };
			board.setVoltage(1, new BatteryChip({ random: random.fork("battery"), volts: 12.6, divider }).output);
			new PIRChip({ clock, output: board.net(2), warmUpSeconds: 1 }).setMotion(true);
			button = new RestockButtonChip({ clock, contact: board.net(38) });
		},
	});
	device.engine.start();
	device.clock.run(1_000 * ms);
	hall?.setMagnet(true);
	button?.press();
	device.clock.run(500 * ms);
	button?.release();
	device.clock.run(2_500 * ms);
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
	expect(seen.logged.map(([event]) => event)).toEqual([
		"door",
		"door",
		"press",
		"sums",
		...Array.from({ length: 6 }, () => "sample"),
		"in use",
	]);
	expect(seen.logged[1]).toEqual(["door", { position: "closed" }]);
	const samples = seen.logged.filter(([event]) => event === "sample").map(([, detail]) => JSON.stringify(detail));
	for (const sample of samples) {
		expect(sample).toContain('"sample":{');
		expect(sample).not.toContain("faults");
	}
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

/** Opens one driver, uses every method of it once a second, and says what it samples. */
function programFor(name: "xs" | "node", part: string): string {
	const built = new URL(`../dist/${part}/conformance.js`, import.meta.url).href;
	return `import { subject } from "${name === "xs" ? `@visionvend/drivers/${part}/conformance` : built}";
export function start({ io, timer, log }) {
	const driver = subject.open(subject.options({ io, timer }));
	const methods = subject.use(driver);
	let turn = 0;
	timer.repeat(() => {
		try {
			methods[turn++ % methods.length]();
		} catch (error) {
			log("error", error.message);
		}
	}, 1000);
	timer.repeat(() => log("sample", driver.sample?.() ?? null), 700);
	log("identification", driver.identification);
}
`;
}

async function alone(name: "xs" | "node", candidate: (typeof candidates)[number]) {
	const device = await makeDevice(name, programFor(name, candidate.subject.part), { wire: candidate.solder });
	device.engine.start();
	device.clock.run(20_000 * ms);
	const { logged, resets } = device;
	device.engine.stop();
	return { logged, resets, operations: device.operations() };
}

test.skipIf(!xs.ok).each(candidates.map((candidate) => [candidate.subject.part, candidate] as const))(
	"%s alone does on XS what it does on Node",
	async (_name, candidate) => {
		const onXs = await alone("xs", candidate);
		expect(onXs.resets).toEqual([]);
		expect(onXs.logged.length).toBeGreaterThan(25);
		expect(onXs).toEqual(await alone("node", candidate));
	},
);
