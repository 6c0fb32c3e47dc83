import { readdirSync, readFileSync } from "node:fs";
import { Board } from "@visionvend/hardware-sim/board/board";
import { HallSensorChip } from "@visionvend/hardware-sim/chips/hall-sensor";
import { HX711Chip } from "@visionvend/hardware-sim/chips/hx711";
import { NeoPixelChip } from "@visionvend/hardware-sim/chips/neopixel";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import { describe, expect, test } from "vitest";
import { Buzzer } from "../buzzer/buzzer.ts";
import { HallSensor } from "../hall-sensor/hall-sensor.ts";
import { HX711 } from "../hx711/hx711.ts";
import { Lock } from "../lock/lock.ts";
import { NeoPixel } from "../neopixel/neopixel.ts";
import { SSD1306 } from "../ssd1306/ssd1306.ts";

interface Driver {
	configure(options: object): void;
	readonly configuration: object;
	readonly identification: { readonly model: string; readonly classification: string };
	close(): void;
}

/** One driver, as the rules need it: how to open it on a board with its chip, and how to misuse it. */
interface Candidate {
	readonly folder: string;
	readonly pins: readonly PinSpecifier[];
	/** Solders the chip. */
	wire(board: Board): void;
	/** Options that work. */
	options(board: Board): object;
	open(options: object): Driver;
	/** Changes to `options` that make them bad. */
	readonly bad: readonly object[];
	/** Every method but `close`. */
	use(driver: Driver): (() => unknown)[];
}

/** The compiler knows the options; the rules are about scripts that no compiler has seen. */
function construct<Options, Result extends Driver>(make: new (options: Options) => Result) {
	return (options: object): Driver => Reflect.construct(make, [options]) as Result;
}

function as<Type extends Driver>(driver: Driver, type: new (...options: never[]) => Type): Type {
	if (!(driver instanceof type)) throw new Error(`not a ${type.name}`);
	return driver;
}

const candidates: readonly Candidate[] = [
	{
		folder: "hx711",
		pins: [14, 15],
		wire: (board) =>
			void new HX711Chip({
				clock: board.clock,
				pins: { clock: board.net(14), data: board.net(15) },
				random: new SeededRandom(1),
			}),
		options: ({ io: { Digital } }) => ({ clock: { io: Digital, pin: 14 }, data: { io: Digital, pin: 15 } }),
		open: construct(HX711),
		bad: [{ clock: undefined }, { data: undefined }, { clock: {} }, { data: { pin: 15 } }],
		use: (driver) => {
			const scale = as(driver, HX711);
			return [() => scale.sample(), () => scale.configure({}), () => scale.sleep(), () => scale.wake()];
		},
	},
	{
		folder: "hall-sensor",
		pins: [13],
		wire: (board) => void new HallSensorChip({ clock: board.clock, output: board.net(13) }),
		options: (board) => ({
			sensor: { io: board.io.Digital, pin: 13 },
			timer: board.timer,
			onSample: () => {
				throw new Error("a callback ran inside a method");
			},
		}),
		open: construct(HallSensor),
		bad: [{ sensor: undefined }, { activeLow: 1 }, { onSample: 1 }, { timer: {} }, { debounceMs: 0 }],
		use: (driver) => {
			const door = as(driver, HallSensor);
			return [() => door.sample(), () => door.configure({})];
		},
	},
	{
		folder: "lock",
		pins: [12],
		wire: () => undefined,
		options: (board) => ({ coil: { io: board.io.Digital, pin: 12 }, timer: board.timer }),
		open: construct(Lock),
		bad: [{ coil: undefined }, { timer: undefined }, { maximumOnMs: 5_001 }, { maximumOnMs: 0 }],
		use: (driver) => {
			const lock = as(driver, Lock);
			return [() => lock.energise(1), () => lock.release(), () => lock.configure({})];
		},
	},
	{
		folder: "ssd1306",
		pins: [10, 11],
		wire: (board) => board.attachI2C({ data: 10, clock: 11 }, 0x3c, new SSD1306Chip()),
		options: (board) => ({ display: { io: board.io.I2C, data: 10, clock: 11 } }),
		open: construct(SSD1306),
		bad: [{ display: undefined }, { width: 129 }, { height: 48 }],
		use: (driver) => {
			const screen = as(driver, SSD1306);
			return [
				() => screen.clear(),
				() => screen.text(0, "x"),
				() => screen.show(),
				() => screen.configure({ contrast: 1 }),
			];
		},
	},
	{
		folder: "neopixel",
		pins: [21],
		wire: (board) => void new NeoPixelChip({ clock: board.clock, data: board.net(21), length: 1 }),
		options: (board) => ({ output: { io: board.io.SPI, out: 21 }, length: 1 }),
		open: construct(NeoPixel),
		bad: [{ output: undefined }, { length: 0 }, { length: undefined }, { length: 257 }],
		use: (driver) => {
			const light = as(driver, NeoPixel);
			return [
				() => light.setPixel(0, 1, 1, 1),
				() => light.fill(1, 1, 1),
				() => light.update(),
				() => light.configure({}),
			];
		},
	},
	{
		folder: "buzzer",
		pins: [47],
		wire: () => undefined,
		options: (board) => ({ output: { io: board.io.PWM, pin: 47 }, timer: board.timer }),
		open: construct(Buzzer),
		bad: [{ output: undefined }, { timer: undefined }, { hz: 0 }, { hz: "loud" }],
		use: (driver) => {
			const buzzer = as(driver, Buzzer);
			return [() => buzzer.beep(1), () => buzzer.silence(), () => buzzer.configure({})];
		},
	},
];

function frozen(value: object): object {
	for (const member of Object.values(value))
		if (typeof member === "object" && member !== null && Object.getPrototypeOf(member) === Object.prototype)
			frozen(member);
	return Object.freeze(value);
}

describe.each(candidates)("$folder", ({ folder, pins, wire, options, open, bad, use }) => {
	function rig() {
		const board = new Board({ clock: new SimulationClock() });
		wire(board);
		return board;
	}

	/** Takes every pin of the driver, which fails when somebody holds one. */
	function takePins(board: Board): void {
		for (const pin of pins) new board.io.Digital({ pin, mode: board.io.Digital.Input }).close();
	}

	test("bad options throw a TypeError or a RangeError with the part's name before a pin is taken", () => {
		const board = rig();
		for (const change of bad) {
			let caught: unknown;
			try {
				open({ ...options(board), ...change });
			} catch (error) {
				caught = error;
			}
			expect(caught instanceof TypeError || caught instanceof RangeError, JSON.stringify(change)).toBe(true);
			expect(String(caught)).toMatch(/^(TypeError|RangeError): (HX711|HallSensor|Lock|SSD1306|NeoPixel|Buzzer): /);
			takePins(board);
		}
		expect(() => Reflect.apply(open, undefined, [undefined])).toThrow(TypeError);
		takePins(board);
	});

	test("when a pin is held by another, the constructor throws and lets go of what it took", () => {
		for (const held of pins) {
			const board = rig();
			const holder = new board.io.Digital({ pin: held, mode: board.io.Digital.Input });
			expect(() => open(options(board))).toThrow(/in use/);
			holder.close();
			takePins(board);
		}
	});

	test("frozen options are accepted and stay as they are", () => {
		const board = rig();
		const driver = open(frozen(options(board)));
		driver.close();
	});

	test("no callback runs inside the constructor or a method", () => {
		const board = rig();
		for (const method of use(open(options(board)))) method();
	});

	test("configure with nothing changes nothing, and is safe to repeat", () => {
		const driver = open(options(rig()));
		const before = driver.configuration;
		driver.configure({});
		driver.configure({});
		expect(driver.configuration).toEqual(before);
		expect(driver.configuration).not.toBe(before);
	});

	test("identification names the model and the class", () => {
		const { model, classification } = open(options(rig())).identification;
		expect(model).not.toBe("");
		expect(classification).toMatch(/^(Load|Switch|Lock|Display|Light|Sound)$/);
	});

	test("close twice is fine, gives the pins back, and then every method throws", () => {
		const board = rig();
		const driver = open(options(board));
		driver.close();
		driver.close();
		takePins(board);
		for (const method of use(driver)) expect(method).toThrow(/closed/);
		open(options(board)).close();
	});

	test("every method ends, however the pins behave", () => {
		const board = rig();
		const driver = open(options(board));
		for (const pin of pins) board.net(pin).pull(pin === pins[0] ? 1 : 0);
		const at = board.clock.now;
		for (const method of use(driver)) method();
		expect(board.clock.now - at).toBeLessThan(1e9);
	});

	test("the driver imports nothing at run time, and keeps no state in its module", () => {
		const source = readFileSync(new URL(`../${folder}/${folder}.ts`, import.meta.url), "utf8");
		const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
		for (const line of code.match(/^(import|export .* from).*/gm) ?? []) expect(line).toMatch(/^import type /);
		expect(code).not.toMatch(/^(let|var) /m);
		expect(code).not.toMatch(/^(export )?const \w+[^=]*= new /m);
		expect(code).not.toMatch(/\b(async|await|Promise|Date|Math\.random|setTimeout|console)\b/);
	});

	test("its folder is complete, and page, wiring, manifest and example speak of the same pins", () => {
		const files = readdirSync(new URL(`../${folder}/`, import.meta.url));
		for (const file of [`${folder}.ts`, `${folder}.test.ts`, "example.ts", "wiring.json", "manifest.json", "README.md"])
			expect(files).toContain(file);
		const read = (file: string) => readFileSync(new URL(`../${folder}/${file}`, import.meta.url), "utf8");
		const wiring = JSON.parse(read("wiring.json")) as { pins: { part: string; gpio: number | null }[] };
		const gpios = wiring.pins.flatMap(({ gpio }) => (gpio === null ? [] : [gpio]));
		expect(gpios.sort()).toEqual([...pins].sort());
		const page = read("README.md");
		for (const { part } of wiring.pins) expect(page).toContain(part);
		for (const pin of pins) expect(page).toContain(`GPIO${String(pin)}`);
		const example = read("example.ts");
		for (const pin of pins) expect(example).toMatch(new RegExp(`\\b${String(pin)}\\b`));
		expect(page.replaceAll("\r", "")).toContain(example.trimEnd());
		const name = `@visionvend/drivers/${folder}`;
		expect(JSON.parse(read("manifest.json"))).toMatchObject({
			modules: { [name]: `./${folder}` },
			preload: expect.arrayContaining([name]),
		});
	});
});
