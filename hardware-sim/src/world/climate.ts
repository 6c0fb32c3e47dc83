import type { SimulationClock } from "../clock.ts";

const stepNs = 1_000_000_000;

export interface ClimateOptions {
	readonly clock: SimulationClock;
	/** Whether the door lets the room in. */
	readonly doorOpen: () => boolean;
	/** Whether there is current for the compressor. */
	readonly powered: () => boolean;
	/** Told every second what a thermometer among the goods would feel, °C. */
	readonly onTemperature: (celsius: number) => void;
	/** Of the room; 22 °C by default. */
	readonly roomCelsius?: number | undefined;
	/** The thermostat turns on this much above 3 °C and off as much below; 1 °C by default. */
	readonly hysteresisCelsius?: number | undefined;
}

/** Mean temperature that the thermostat keeps. */
const setCelsius = 3;
/** A closed door with its seals: the goods come nearer to the room by a factor of e in this time. */
const closedSeconds = 4 * 3_600;
/** The same with the door wide open. */
const openSeconds = 30 * 60;
/** What the compressor takes out, °C a second. */
const coolingPerSecond = 0.3 / 60;
/** What a defrosting heater puts in. */
const defrostPerSecond = 0.6 / 60;

/**
 * The inside of a fridge as one mass: it leaks towards the room, faster with the door open; a thermostat drives the
 * compressor; a defrost heats it for a while. The figures are those of a small beverage cooler in round numbers, not a
 * measurement.
 */
export class Climate {
	/** Of the room, °C. May be changed. */
	roomCelsius: number;
	/** False: it runs no more, whatever the thermostat says. */
	compressorWorks = true;
	readonly #options: ClimateOptions;
	readonly #hysteresis: number;
	#celsius = setCelsius;
	#cooling = false;
	#defrostSeconds = 0;
	#stop: () => void = () => undefined;

	constructor(options: ClimateOptions) {
		this.#options = options;
		this.roomCelsius = options.roomCelsius ?? 22;
		this.#hysteresis = options.hysteresisCelsius ?? 1;
		this.#tell();
	}

	/** Among the goods, °C. */
	get celsius(): number {
		return this.#celsius;
	}

	get compressorRuns(): boolean {
		return this.#cooling && this.compressorWorks && this.#options.powered() && this.#defrostSeconds === 0;
	}

	get defrosting(): boolean {
		return this.#defrostSeconds > 0;
	}

	/** Warms the evaporator for `minutes`; meanwhile nothing cools. */
	defrost(minutes: number): void {
		this.#defrostSeconds = Math.round(minutes * 60);
	}

	/** The goods have this temperature from now on: warm goods were put in, or the story begins here. */
	set(celsius: number): void {
		if (!(celsius >= -40 && celsius <= 80))
			throw new RangeError(`Climate.set: a temperature from -40 to 80 °C, not ${celsius}.`);
		this.#celsius = celsius;
		this.#options.onTemperature(celsius);
	}

	/** Stops what goes on for ever, so that a clock can run empty. */
	close(): void {
		this.#stop();
	}

	#tell(): void {
		this.#options.onTemperature(this.#celsius);
		this.#stop = this.#options.clock.after(stepNs, () => {
			this.#step();
			this.#tell();
		});
	}

	#step(): void {
		const { doorOpen } = this.#options;
		if (this.#celsius > setCelsius + this.#hysteresis) this.#cooling = true;
		if (this.#celsius < setCelsius - this.#hysteresis) this.#cooling = false;
		const leak = (this.roomCelsius - this.#celsius) / (doorOpen() ? openSeconds : closedSeconds);
		const cold = this.compressorRuns ? coolingPerSecond : 0;
		const heat = this.#defrostSeconds > 0 ? defrostPerSecond : 0;
		if (this.#defrostSeconds > 0) this.#defrostSeconds--;
		this.#celsius += leak - cold + heat;
	}
}
