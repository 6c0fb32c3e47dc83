import type { Product } from "@visionvend/sdk/catalog/product";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { Board } from "../board/board.ts";
import { OneWireUart } from "../board/one-wire-uart.ts";
import { SerialWire } from "../board/serial-wire.ts";
import { BatteryChip } from "../chips/battery.ts";
import { BuzzerChip } from "../chips/buzzer.ts";
import { DS18B20Chip } from "../chips/ds18b20.ts";
import { HallSensorChip } from "../chips/hall-sensor.ts";
import { HX711Chip } from "../chips/hx711.ts";
import { NeoPixelChip } from "../chips/neopixel.ts";
import { RestockButtonChip } from "../chips/restock-button.ts";
import { SIM7080GChip } from "../chips/sim7080g.ts";
import type { ModemBroker } from "../chips/sim7080g-broker.ts";
import { SolenoidLockChip } from "../chips/solenoid-lock.ts";
import { SSD1306Chip } from "../chips/ssd1306.ts";
import type { SimulationClock } from "../clock.ts";
import type { DeviceEngine, EngineNetwork, EngineOptions, EngineStatistics } from "../engine/engine.ts";
import type { SeededRandom } from "../random.ts";
import { Climate } from "../world/climate.ts";
import { CoffeeCorner } from "../world/coffee-corner.ts";
import { Fridge } from "../world/fridge.ts";
import { PowerSupply } from "../world/power-supply.ts";
import { type DroppedUnit, VendingRack } from "../world/vending-rack.ts";
import { countsPerKilogram, driftMilligramsPerMinute, noiseCounts, zeroCounts } from "./demo-wiring.ts";
import { FirmwareFlash } from "./firmware/firmware-flash.ts";
import { MemoryStorage } from "./memory-storage.ts";

export interface VirtualMachineOptions {
	readonly clock: SimulationClock;
	readonly random: SeededRandom;
	readonly products: readonly Product[];
	readonly configuration: ControllerConfiguration;
	/** Puts every bit of the display's bus on its wires; false by default, since a picture is thousands of edges. */
	readonly busEdges?: boolean | undefined;
	/** The network that the controller is attached to, where it has a radio of its own. */
	readonly network?: EngineNetwork | undefined;
	/** The broker that a modem finds behind its antenna, where the machine has one. */
	readonly modemBroker?: ModemBroker | undefined;
	/** Standard deviation of one conversion of a scale, in counts; that of a usual cell where not given. */
	readonly scaleNoiseCounts?: number | undefined;
	/** Minutes that a battery carries an equipped machine without mains; 120 by default. */
	readonly batteryMinutes?: number | undefined;
	/**
	 * Makes the engine that runs the firmware; called at every power-up, of which `start` is the number, from 1.
	 * `version`: of the image that the bootloader has started; `undefined` where firmware cannot be exchanged.
	 */
	readonly createEngine: (options: EngineOptions, start: number, version: string | undefined) => DeviceEngine;
	/** What the firmware logs. `detail` is what it passed. */
	readonly onLog: (event: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** A 12 V cabinet lock of 12 W. */
const lockAmperes = 1;

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
	/** What a machine of another kind than a fridge has inside. */
	readonly rack: VendingRack | undefined;
	readonly coffee: CoffeeCorner | undefined;
	/** What an equipped machine has: a climate with its thermometer, and a supply with its battery. */
	readonly climate: Climate | undefined;
	readonly thermometer: DS18B20Chip | undefined;
	readonly supply: PowerSupply | undefined;
	readonly battery: BatteryChip | undefined;
	readonly restockButton: RestockButtonChip | undefined;
	readonly modem: SIM7080GChip | undefined;
	readonly storage = new MemoryStorage();
	/** Resets of the controller that it did not choose: out of memory, exceptions. */
	readonly resets: string[] = [];
	readonly #options: VirtualMachineOptions;
	readonly #random: SeededRandom;
	/** Where its configuration says whose firmware the machine takes. */
	readonly #flash: FirmwareFlash | undefined;
	#engine: DeviceEngine | undefined;
	#cancelBoot: (() => void) | undefined;
	#peak: EngineStatistics | undefined;
	#lockOpenings = 0;
	#starts = 0;
	/** Failures of the supply that are not over. */
	#outages = 0;
	#boltBackAt = Number.NEGATIVE_INFINITY;

	constructor(options: VirtualMachineOptions) {
		this.#options = options;
		const { clock, random, configuration } = options;
		this.#random = random.fork("controller");
		if (configuration.firmwareKey !== undefined) this.#flash = new FirmwareFlash(random.fork("flash"));
		const { pins } = configuration;
		const board = new Board({ clock, name: configuration.machineId, busEdges: options.busEdges ?? false });
		this.board = board;
		const cells = configuration.scales.map(
			({ clock: clockPin, data, shelf }) =>
				new HX711Chip({
					clock,
					pins: { clock: board.net(clockPin, `hx711_${shelf}_sck`), data: board.net(data, `hx711_${shelf}_dt`) },
					random: random.fork(`cell-${shelf}`),
					noiseCounts: options.scaleNoiseCounts ?? noiseCounts,
				}),
		);
		this.cells = cells;
		const hall = new HallSensorChip({
			clock,
			output: board.net(pins.hall, "hall_sensor"),
			random: random.fork("hall"),
		});
		this.hall = hall;
		const lock = new SolenoidLockChip({
			clock,
			coil: board.net(pins.lock, "lock_coil"),
			...(pins.bolt === undefined
				? undefined
				: { feedback: board.net(pins.bolt, "bolt_switch"), random: random.fork("bolt") }),
		});
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
			// What stands in slots or is made is not on shelves.
			products: configuration.kind === "fridge" ? options.products : [],
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
		const { vending, coffee, battery, foodSafety, uplink } = configuration;
		const { products, modemBroker } = options;
		if (vending) {
			const onDrop = ({ slot, sku, priceCents }: DroppedUnit): void =>
				this.fridge.record("fell", { slot, sku, priceCents });
			this.rack = new VendingRack({ board, random: random.fork("rack"), configuration: vending, products, onDrop });
		}
		if (coffee) this.coffee = new CoffeeCorner({ board, configuration: coffee, products });
		if (battery) {
			const { upperOhms, lowerOhms } = battery;
			const chip = new BatteryChip({ random: random.fork("battery"), volts: 13.6, divider: { upperOhms, lowerOhms } });
			this.battery = chip;
			board.setVoltage(battery.pin, chip.output);
			lock.onCurrent((on) => chip.setLoad("lock", on ? lockAmperes : 0));
			this.supply = new PowerSupply({
				clock,
				batteryMinutes: options.batteryMinutes ?? 120,
				onVolts: (volts) => chip.setVolts(volts),
				onBrownOut: () => this.powerCut(),
				onReturn: () => this.powerUp("power-on"),
			});
		}
		if (foodSafety) {
			const bus = board.net(foodSafety.receive, "one_wire");
			board.attachSerial(
				{ receive: foodSafety.receive, transmit: foodSafety.transmit },
				new OneWireUart({ clock, bus }),
			);
			const thermometer = new DS18B20Chip({ clock, bus });
			this.thermometer = thermometer;
			this.climate = new Climate({
				clock,
				doorOpen: () => this.fridge.door.open,
				powered: () => this.supply?.mains ?? true,
				onTemperature: (celsius) => thermometer.setCelsius(celsius),
			});
		}
		if (pins.restockButton !== undefined) {
			this.restockButton = new RestockButtonChip({
				clock,
				contact: board.net(pins.restockButton, "restock_button"),
				random: random.fork("restock button"),
			});
		}
		if (uplink.via === "lte" && modemBroker) {
			this.modem = new SIM7080GChip({
				clock,
				wire: this.wire,
				broker: modemBroker,
				...(pins.modemPower === undefined ? undefined : { powerKey: board.net(pins.modemPower, "modem_pwrkey") }),
			});
		}
		this.storage.write("configuration", encodeUtf8(JSON.stringify(configuration)));
	}

	/** What the goods that are gone cost together, cents: taken off shelves, fallen out of slots. */
	priceOfGone(): number {
		const dropped = this.rack?.dropped ?? [];
		return this.fridge.priceOfTaken() + dropped.reduce((sum, { priceCents }) => sum + priceCents, 0);
	}

	/** Stops what goes on for ever, so that a clock can run empty. */
	close(): void {
		this.powerCut();
		this.fridge.close();
		this.climate?.close();
		this.supply?.close();
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

	/** The controller has power (again): the firmware runs `bootNs` later. While the supply has failed it has none. */
	powerUp(resetReason = "power-on"): void {
		if (this.#outages > 0 || this.#engine || this.#cancelBoot) return;
		this.#cancelBoot = this.#options.clock.callbackAfter(bootNs, () => {
			this.#cancelBoot = undefined;
			const booted = this.#flash?.boot();
			if (this.#flash !== undefined && booted === undefined) {
				this.#options.onLog("boot.failed", { reason: "no slot holds firmware that is whole" });
				return;
			}
			const engine = this.#options.createEngine(
				{
					board: this.board,
					clock: this.#options.clock,
					storage: this.storage,
					random: (byteLength) => this.#random.bytes(byteLength),
					resetReason,
					...(booted === undefined ? undefined : { firmware: booted.slots }),
					...(this.#options.network === undefined ? undefined : { network: this.#options.network }),
					log: (event, detail) => this.#options.onLog(event, parseDetail(detail)),
					onReset: (reason) => {
						this.resets.push(reason);
						this.#options.onLog("reset", { reason });
						this.powerCut();
						this.powerUp(reason);
					},
				},
				++this.#starts,
				booted?.version,
			);
			this.#engine = engine;
			engine.start();
		});
	}

	/**
	 * The supply fails: controller, display and scales have no power until all that made it fail is over.
	 *
	 * @returns ends this failure; a second call does nothing
	 */
	failSupply(): (resetReason: string) => void {
		this.#outages++;
		this.powerCut();
		this.display.reset();
		for (const cell of this.cells) cell.power(false);
		let isOver = false;
		return (resetReason) => {
			if (isOver) return;
			isOver = true;
			if (--this.#outages > 0) return;
			for (const cell of this.cells) cell.power(true);
			this.powerUp(resetReason);
		};
	}

	/** The controller alone loses its power: RAM and pins at once, flash stays. */
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
