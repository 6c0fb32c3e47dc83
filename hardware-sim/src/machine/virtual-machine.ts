import type { Product } from "@visionvend/sdk/catalog/product";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { Board } from "../board/board.ts";
import { SerialWire } from "../board/serial-wire.ts";
import { BuzzerChip } from "../chips/buzzer.ts";
import { HallSensorChip } from "../chips/hall-sensor.ts";
import { HX711Chip } from "../chips/hx711.ts";
import { NeoPixelChip } from "../chips/neopixel.ts";
import { SolenoidLockChip } from "../chips/solenoid-lock.ts";
import { SSD1306Chip } from "../chips/ssd1306.ts";
import type { SimulationClock } from "../clock.ts";
import type { DeviceEngine, EngineOptions, EngineStatistics } from "../engine/engine.ts";
import type { SeededRandom } from "../random.ts";
import { Fridge } from "../world/fridge.ts";
import { countsPerKilogram, driftMilligramsPerMinute, noiseCounts, zeroCounts } from "./demo-wiring.ts";
import { MemoryStorage } from "./memory-storage.ts";

export interface VirtualMachineOptions {
	readonly clock: SimulationClock;
	readonly random: SeededRandom;
	readonly products: readonly Product[];
	readonly configuration: ControllerConfiguration;
	/** Puts every bit of the display's bus on its wires; false by default, since a picture is thousands of edges. */
	readonly busEdges?: boolean | undefined;
	/** Makes the engine that runs the firmware; called at every power-up, of which `start` is the number, from 1. */
	readonly createEngine: (options: EngineOptions, start: number) => DeviceEngine;
	/** What the firmware logs. `detail` is what it passed. */
	readonly onLog: (event: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** How long a controller takes from reset to its first line of JavaScript: boot ROM, bootloader, XS. */
const bootNs = 350_000_000;

/** One shop: the controller board with its parts soldered on, inside a fridge full of products. */
export class VirtualMachine {
	readonly board: Board;
	readonly fridge: Fridge;
	readonly display = new SSD1306Chip();
	readonly lights: NeoPixelChip;
	readonly lock: SolenoidLockChip;
	readonly buzzer: BuzzerChip;
	/** The converters of the load cells, by their place in the configuration. */
	readonly cells: readonly HX711Chip[];
	readonly hall: HallSensorChip;
	readonly wire: SerialWire;
	readonly storage = new MemoryStorage();
	/** Resets of the controller that it did not choose: out of memory, exceptions. */
	readonly resets: string[] = [];
	readonly #options: VirtualMachineOptions;
	readonly #random: SeededRandom;
	#engine: DeviceEngine | undefined;
	#cancelBoot: (() => void) | undefined;
	#peak: EngineStatistics | undefined;
	#lockOpenings = 0;
	#starts = 0;
	#boltBackAt = Number.NEGATIVE_INFINITY;

	constructor(options: VirtualMachineOptions) {
		this.#options = options;
		const { clock, random, configuration } = options;
		this.#random = random.fork("controller");
		const { pins } = configuration;
		const board = new Board({ clock, name: configuration.machineId, busEdges: options.busEdges ?? false });
		this.board = board;
		const cells = configuration.scales.map(
			({ clock: clockPin, data, shelf }) =>
				new HX711Chip({
					clock,
					pins: { clock: board.net(clockPin, `hx711_${shelf}_sck`), data: board.net(data, `hx711_${shelf}_dt`) },
					random: random.fork(`cell-${shelf}`),
					noiseCounts,
				}),
		);
		this.cells = cells;
		const hall = new HallSensorChip({
			clock,
			output: board.net(pins.hall, "hall_sensor"),
			random: random.fork("hall"),
		});
		this.hall = hall;
		const lock = new SolenoidLockChip({ clock, coil: board.net(pins.lock, "lock_coil") });
		this.lock = lock;
		lock.onChange((released) => this.#countOpening(released));
		this.lights = new NeoPixelChip({ clock, data: board.net(pins.neopixel, "neopixel"), length: 1 });
		this.buzzer = new BuzzerChip({ clock, input: board.net(pins.buzzer, "buzzer") });
		board.net(pins.piSignal, "pi_signal");
		board.net(pins.oledData, "oled_sda");
		board.net(pins.oledClock, "oled_scl");
		board.attachI2C({ data: pins.oledData, clock: pins.oledClock }, 0x3c, this.display);
		this.wire = new SerialWire(clock, configuration.linkBaud);
		board.attachSerial({ receive: pins.linkReceive, transmit: pins.linkTransmit }, this.wire);
		this.fridge = new Fridge({
			clock,
			random: random.fork("world"),
			products: options.products,
			driftMilligramsPerMinute,
			hardware: {
				setLoad: (shelf, milligrams) =>
					cells[shelf]?.setInput(Math.round((zeroCounts[shelf] ?? 0) + (milligrams * countsPerKilogram) / 1_000_000)),
				setMagnet: (near) => hall.setMagnet(near),
				get boltReleased() {
					return lock.released;
				},
				onBoltChange: (listener) => lock.onChange(listener),
			},
		});
		this.storage.write("configuration", encodeUtf8(JSON.stringify(configuration)));
	}

	/** Highest figures of all engines that ran, or `undefined` where the engine does not measure memory (Node). */
	get statistics(): EngineStatistics | undefined {
		this.#keepPeak();
		return this.#peak;
	}

	/**
	 * How often the bolt let go, as a bystander counts: pulses of one window, at most a second apart, are one opening.
	 */
	get lockOpenings(): number {
		return this.#lockOpenings;
	}

	get running(): boolean {
		return this.#engine !== undefined;
	}

	/** Power comes (back): the firmware runs `bootNs` later. */
	powerUp(resetReason = "power-on"): void {
		if (this.#engine || this.#cancelBoot) return;
		this.#cancelBoot = this.#options.clock.callbackAfter(bootNs, () => {
			this.#cancelBoot = undefined;
			const engine = this.#options.createEngine(
				{
					board: this.board,
					clock: this.#options.clock,
					storage: this.storage,
					random: (byteLength) => this.#random.bytes(byteLength),
					resetReason,
					log: (event, detail) => this.#options.onLog(event, parseDetail(detail)),
					onReset: (reason) => {
						this.resets.push(reason);
						this.#options.onLog("reset", { reason });
						this.powerCut();
						this.powerUp(reason);
					},
				},
				++this.#starts,
			);
			this.#engine = engine;
			engine.start();
		});
	}

	/** Power goes: RAM and pins at once, flash stays. */
	powerCut(): void {
		this.#cancelBoot?.();
		this.#cancelBoot = undefined;
		this.#keepPeak();
		this.#engine?.stop();
		this.#engine = undefined;
		this.board.reset();
	}

	#countOpening(released: boolean): void {
		const { now } = this.#options.clock;
		if (released && now - this.#boltBackAt > 1e9) this.#lockOpenings++;
		if (!released) this.#boltBackAt = now;
	}

	#keepPeak(): void {
		const now = this.#engine?.statistics;
		if (!now) return;
		const before = this.#peak;
		this.#peak = before
			? {
					...now,
					slotsPeak: Math.max(before.slotsPeak, now.slotsPeak),
					chunksPeak: Math.max(before.chunksPeak, now.chunksPeak),
				}
			: now;
	}
}

function parseDetail(detail: string): Record<string, unknown> {
	const value: unknown = JSON.parse(detail);
	return typeof value === "object" && value !== null ? { ...value } : { value };
}
