/*
	Coffee group: grinder, pump with a turbine flow meter, heater with a thermometer, float switch, level switches of bins
	Every output drives a relay or a MOSFET; a high pin is on, and a pin that floats must leave its part off
*/
import type { Analog, AnalogConstructor, AnalogOptions } from "@visionvend/sdk/device/io/analog";
import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

type DigitalConnection = Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;

/** How often everything is looked at while something is on. */
const tickMs = 100;
const longestGrindMs = 30_000;
const longestPauseMs = 600_000;
const longestPumpMs = 120_000;
const longestHeatMs = 300_000;
/** A pump that moves water turns the flow meter by then. */
const dryAfterMs = 2_000;
/** A grinder that turns draws current by then. */
const currentAfterMs = 500;
/** A heater that heats raises the temperature by `leastRiseCelsius` in so long. */
const riseWithinMs = 30_000;
const leastRiseCelsius = 1;
/** Above the boiling point of water: it is gone, or the relay sticks. */
const cutOffCelsius = 105;
/** A thermometer that tells nothing for so long is lost. */
const thermometerLostMs = 5_000;
/** Parts of the converter's range that no thermistor at work reaches: it is shorted, or its wire is broken. */
const shortedRatio = 0.01;
const brokenRatio = 0.98;
/** The boiler goes on warming after the heater is off, for about so long; later it only cools. */
const afterglowMs = 15_000;
const stuckRiseCelsius = 3;
/** The heater comes on again so far below the target. */
const hysteresisCelsius = 1;

/** Any ECMA-419 temperature sensor on the boiler: the DS18B20 driver is one. `temperature` is in °C. */
export interface CoffeeThermometer {
	/** The latest reading; `undefined`, or a sample without `temperature` or with `faults`, is no reading. */
	sample(): { readonly temperature?: number; readonly faults?: object } | undefined;
}

/** An NTC thermistor on the boiler, from an analog input to ground, and a resistor from there to the converter's full scale. */
export type NTCConnection = Connection<AnalogConstructor> &
	Pick<AnalogOptions, "pin"> & {
		/** The resistor, 100 to 1,000,000 Ω. 10,000 where not given. */
		readonly seriesOhms?: number;
		/** The thermistor at 25 °C, 100 to 1,000,000 Ω. 10,000 where not given. */
		readonly nominalOhms?: number;
		/** Its B constant, 1,000 to 10,000 K. 3,950 where not given. */
		readonly beta?: number;
	};

/** A bin with a level switch. */
export interface CoffeeBin {
	readonly name: string;
	readonly sensor: DigitalConnection;
	/** Level while the bin is low. 1 where not given, so that a cut cable reads low. */
	readonly lowLevel?: Level;
}

export interface CoffeeGroupOptions {
	readonly grinder: DigitalConnection;
	/** Current sensor of the grinder, high while current flows. Without it a dead grinder is not noticed. */
	readonly grinderCurrent?: DigitalConnection;
	readonly pump: DigitalConnection;
	/** Pulses of the flow meter. */
	readonly flow: DigitalConnection;
	readonly heater: DigitalConnection;
	/** A second relay in series with the heater: on only while the group heats, off when the first one sticks. */
	readonly safety?: DigitalConnection;
	/** Float switch, low while there is water. A cut cable reads as no water. Without it only a dry pump tells. */
	readonly water?: DigitalConnection;
	readonly thermometer: NTCConnection | CoffeeThermometer;
	readonly bins?: readonly CoffeeBin[];
	readonly timer: Timer;
	/** Pulses of the flow meter for a litre, 100 to 20,000. 1,900 where not given; measure yours. */
	readonly pulsesPerLitre?: number;
	/** What the grinder yields, above 0 to 50. Needed for doses in grams. */
	readonly gramsPerSecond?: number;
	/** After the last step the boiler is kept at its target for so long, 0 to 600,000 ms. 60,000 where not given. */
	readonly holdMs?: number;
}

export interface CoffeeGroupConfiguration {
	readonly pulsesPerLitre: number;
	readonly gramsPerSecond?: number;
	readonly holdMs: number;
}

/**
 * `no-water`: the float switch is down, or the pump turned and no water flowed. `no-heat`: the temperature did not rise.
 * `no-current`: the grinder does not turn. `too-hot`: over 105 °C, or the heater's relay sticks; latched until a new
 * instance. `sensor-failed`: the thermometer tells nothing. `timeout`: water flows, but too slowly. `stopped`: by `stop`.
 * `hardware`: a pin threw; see `error`. After all but `done` everything is off.
 */
export type CoffeeOutcome =
	| "done"
	| "no-water"
	| "no-heat"
	| "no-current"
	| "too-hot"
	| "sensor-failed"
	| "timeout"
	| "stopped"
	| "hardware";

export type CoffeeStep = "grind" | "pump" | "heat" | "pause";

export interface CoffeeStepResult {
	readonly step: CoffeeStep;
	readonly outcome: CoffeeOutcome;
	/** How long the step took, to about 100 ms. */
	readonly milliseconds: number;
	/** What went through the flow meter; only with `pump`. */
	readonly millilitres?: number;
	/** The last temperature; only with `heat`, where there was one. */
	readonly celsius?: number;
	/** What a pin threw; only with `hardware`. */
	readonly error?: unknown;
}

export interface CoffeeGroupFaults {
	/** It was over 105 °C: the group heats no more until a new instance is made. Look for the cause first. */
	overTemperature?: true;
	/** The boiler warmed although the heater was off: its relay sticks. The group heats no more. */
	heaterStuck?: true;
	/** The thermometer tells nothing. */
	thermometer?: true;
	/** The last pumping found no water, and nobody has said `refilled` since. */
	dryPump?: true;
}

export interface CoffeeGroupSample {
	bins: readonly { readonly name: string; readonly low: boolean }[];
	/** The float switch, where there is one: there is water. */
	water?: boolean;
	/** °C of the boiler, where the thermometer tells it. */
	temperature?: number;
	/** Only there when something is wrong. */
	faults?: CoffeeGroupFaults;
}

interface Divider {
	readonly seriesOhms: number;
	readonly nominalOhms: number;
	readonly beta: number;
}

interface Running {
	readonly step: CoffeeStep;
	readonly onDone: (result: CoffeeStepResult) => void;
	/** Milliseconds, pulses or °C, as the step counts. */
	readonly goal: number;
	readonly pulsesPerLitre: number;
	ticks: number;
	pulses: number;
	/** Ticks since the last pulse. */
	dryTicks: number;
}

/**
 * The parts that make a drink, one step at a time; the recipe is the caller's. ECMA-419 has no such class; this one
 * follows its peripheral class pattern.
 */
export class CoffeeGroup {
	readonly #timer: Timer;
	readonly #divider: Divider | undefined;
	#configuration: CoffeeGroupConfiguration;
	#grinder: Digital | undefined;
	#grinderCurrent: Digital | undefined;
	#pump: Digital | undefined;
	#flow: Digital | undefined;
	#heater: Digital | undefined;
	#safety: Digital | undefined;
	#water: Digital | undefined;
	#thermometer: CoffeeThermometer | undefined;
	#ntc: Analog | undefined;
	#bins: readonly { readonly name: string; readonly sensor: Digital; readonly lowLevel: Level }[] = [];

	#running: Running | undefined;
	#report: (() => void) | undefined;
	#bound: TimerHandle | undefined;
	#tick: TimerHandle | undefined;

	/** What the thermostat keeps; undefined: it does not heat. */
	#target: number | undefined;
	#idleTicks = 0;
	#isHeating = false;
	/** Ticks since the heater was switched, and the temperature that it is compared with. */
	#heaterTicks = 0;
	#comparedCelsius: number | undefined;
	#celsius: number | undefined;
	#blindTicks = 0;
	#isDry = false;
	#isTooHot = false;
	#isStuck = false;

	constructor(options: CoffeeGroupOptions) {
		const { grinder, grinderCurrent, pump, flow, heater, safety, water, thermometer, timer } = options;
		const bins = options.bins ?? [];
		requireConnection("grinder", grinder);
		if (grinderCurrent !== undefined) requireConnection("grinderCurrent", grinderCurrent);
		requireConnection("pump", pump);
		requireConnection("flow", flow);
		requireConnection("heater", heater);
		if (safety !== undefined) requireConnection("safety", safety);
		if (water !== undefined) requireConnection("water", water);
		if (!isThermometer(thermometer)) requireConnection("thermometer", thermometer);
		if (!Array.isArray(bins)) throw new TypeError('CoffeeGroup: option "bins" is an array.');
		for (const bin of bins) {
			if (typeof bin?.name !== "string" || bin.name === "")
				throw new TypeError('CoffeeGroup: every one of "bins" is { name, sensor: { io: Digital, pin } }.');
			requireConnection(`bins" (${bin.name}) with "sensor`, bin.sensor);
			if (bin.lowLevel !== undefined && bin.lowLevel !== 0 && bin.lowLevel !== 1)
				throw new RangeError(`CoffeeGroup: lowLevel of bin ${bin.name} is 0 or 1, not ${String(bin.lowLevel)}.`);
		}
		if (typeof timer?.set !== "function" || typeof timer.repeat !== "function")
			throw new TypeError('CoffeeGroup: option "timer" is a Timer.');
		this.#timer = timer;
		this.#divider = isThermometer(thermometer) ? undefined : dividerFrom(thermometer);
		this.#configuration = configurationFrom(options, { pulsesPerLitre: 1_900, holdMs: 60_000 });
		try {
			// The outputs first: until then they float. After the options of the caller: none starts with current.
			this.#heater = output(heater);
			if (safety !== undefined) this.#safety = output(safety);
			this.#pump = output(pump);
			this.#grinder = output(grinder);
			if (water !== undefined) this.#water = new water.io({ mode: water.io.InputPullUp, ...water });
			if (isThermometer(thermometer)) this.#thermometer = thermometer;
			else this.#ntc = new thermometer.io({ ...thermometer });
			this.#flow = new flow.io({
				mode: flow.io.InputPullUp,
				...flow,
				edge: flow.io.Rising,
				onReadable: () => this.#pulse(),
			});
			if (grinderCurrent !== undefined)
				this.#grinderCurrent = new grinderCurrent.io({ mode: grinderCurrent.io.InputPullDown, ...grinderCurrent });
			for (const { name, sensor, lowLevel = 1 } of bins) {
				const opened = new sensor.io({ mode: sensor.io.InputPullUp, ...sensor });
				this.#bins = [...this.#bins, { name, sensor: opened, lowLevel }];
			}
		} catch (error) {
			this.#letGo();
			throw error;
		}
	}

	/** Changes what it is given, from the next step on. */
	configure(options: Partial<CoffeeGroupConfiguration>): void {
		this.#requireOpen();
		this.#configuration = configurationFrom(options, this.#configuration);
	}

	/** A step is under way. */
	get busy(): boolean {
		return this.#running !== undefined;
	}

	/** Runs the grinder for 1 to 30,000 ms, or as long as so many grams take. */
	grind(
		dose: { readonly milliseconds: number } | { readonly grams: number },
		onDone: (result: CoffeeStepResult) => void,
	): void {
		const grinder = this.#requireFree(this.#grinder, onDone);
		let milliseconds: number;
		if ("grams" in dose) {
			const { gramsPerSecond } = this.#configuration;
			if (gramsPerSecond === undefined)
				throw new RangeError("CoffeeGroup: a dose in grams needs gramsPerSecond. Weigh what ten seconds yield.");
			milliseconds = Math.round((inRange("grams", dose.grams, 0.1, 100) / gramsPerSecond) * 1_000);
		} else milliseconds = dose.milliseconds;
		inRange("milliseconds", milliseconds, 1, longestGrindMs);
		this.#start("grind", Math.round(milliseconds), onDone, Math.round(milliseconds), () => this.#end("done"));
		this.#switchOn(grinder);
	}

	/** Pumps 1 to 1,000 ml, as the flow meter counts them. */
	pump(millilitres: number, onDone: (result: CoffeeStepResult) => void): void {
		const pump = this.#requireFree(this.#pump, onDone);
		inRange("millilitres", millilitres, 1, 1_000);
		const pulses = Math.max(1, Math.round((millilitres * this.#configuration.pulsesPerLitre) / 1_000));
		if (!this.#hasWater()) {
			this.#start("pump", pulses, onDone, 0, () => this.#end("no-water"));
			return;
		}
		this.#start("pump", pulses, onDone, longestPumpMs, () => this.#end("timeout"));
		this.#switchOn(pump);
	}

	/**
	 * Heats the boiler to 20 to 98 °C. It is done when the boiler is that warm, and is kept so until `holdMs` after the
	 * last step, the next `heat`, or `stop`.
	 */
	heat(celsius: number, onDone: (result: CoffeeStepResult) => void): void {
		this.#requireFree(this.#heater, onDone);
		inRange("celsius", celsius, 20, 98);
		const refusal: CoffeeOutcome | undefined =
			this.#isTooHot || this.#isStuck ? "too-hot" : this.#hasWater() && !this.#isDry ? undefined : "no-water";
		if (refusal !== undefined) {
			this.#start("heat", celsius, onDone, 0, () => this.#end(refusal));
			return;
		}
		this.#start("heat", celsius, onDone, longestHeatMs, () => this.#end("no-heat"));
		this.#target = celsius;
		this.#compareAnew();
	}

	/** Does nothing for 1 to 600,000 ms, as a recipe that steeps needs it. */
	pause(milliseconds: number, onDone: (result: CoffeeStepResult) => void): void {
		this.#requireFree(this.#heater, onDone);
		inRange("milliseconds", milliseconds, 1, longestPauseMs);
		this.#start("pause", milliseconds, onDone, milliseconds, () => this.#end("done"));
	}

	/**
	 * A person has filled the tank: after a dry pump it may heat again. Without this only a pump that moves water says so,
	 * which a recipe that heats first never gets to.
	 */
	refilled(): void {
		this.#requireOpen();
		this.#isDry = false;
	}

	/** Everything off, now. A step that runs ends with `stopped`. */
	stop(): void {
		this.#requireOpen();
		this.#allOff();
		if (this.#running === undefined) {
			this.#clearTimers();
			return;
		}
		this.#clearTimers();
		this.#bound = this.#timer.set(() => {
			this.#bound = undefined;
			this.#guard(() => this.#end("stopped"));
		}, 0);
	}

	/** Bins, water and temperature at this moment. Never waits. It cuts off too, when it finds the boiler too hot. */
	sample(): CoffeeGroupSample {
		this.#requireOpen();
		const bins = this.#bins.map(({ name, sensor, lowLevel }) => ({ name, low: sensor.read() === lowLevel }));
		const temperature = this.#measure();
		if (temperature !== undefined && temperature >= cutOffCelsius) {
			this.#isTooHot = true;
			this.#heaterOff();
		}
		const faults: CoffeeGroupFaults = {};
		if (this.#isTooHot) faults.overTemperature = true;
		if (this.#isStuck) faults.heaterStuck = true;
		if (temperature === undefined) faults.thermometer = true;
		if (this.#isDry) faults.dryPump = true;
		const sample: CoffeeGroupSample = { bins };
		if (this.#water !== undefined) sample.water = this.#hasWater();
		if (temperature !== undefined) sample.temperature = temperature;
		if (Object.keys(faults).length > 0) sample.faults = faults;
		return sample;
	}

	get configuration(): CoffeeGroupConfiguration {
		return { ...this.#configuration };
	}

	get identification(): { readonly model: "Coffee group"; readonly classification: "Brewer" } {
		return { model: "Coffee group", classification: "Brewer" };
	}

	/** Everything off, lets go of the pins, and forgets a step that runs: its `onDone` is not called. */
	close(): void {
		if (this.#heater === undefined) return;
		try {
			this.#clearTimers();
			this.#allOff();
		} finally {
			this.#running = undefined;
			this.#report = undefined;
			this.#letGo();
		}
	}

	/** Everything that a timer or a pulse starts goes through here: what throws leaves everything off. */
	#guard(step: () => void): void {
		try {
			try {
				step();
			} catch (error) {
				this.#end("hardware", error);
			}
		} finally {
			// Out here, so that what `onDone` throws is nobody's hardware, and so that it may start the next step.
			const report = this.#report;
			this.#report = undefined;
			report?.();
		}
	}

	/** The end is arranged before the beginning: if no timer can be had, nothing comes on. */
	#start(
		step: CoffeeStep,
		goal: number,
		onDone: (result: CoffeeStepResult) => void,
		boundMs: number,
		atBound: () => void,
	): void {
		const bound = this.#timer.set(() => {
			this.#bound = undefined;
			this.#guard(atBound);
		}, boundMs);
		try {
			if (this.#tick === undefined) {
				this.#tick = this.#timer.repeat(() => this.#guard(() => this.#look()), tickMs);
				// Nobody has looked for a while: by how much the room has warmed the boiler says nothing of the heater.
				this.#comparedCelsius = undefined;
			}
		} catch (error) {
			this.#timer.clear(bound);
			throw error;
		}
		this.#bound = bound;
		const { pulsesPerLitre } = this.#configuration;
		this.#running = { step, onDone, goal, pulsesPerLitre, ticks: 0, pulses: 0, dryTicks: 0 };
		this.#idleTicks = 0;
	}

	/** Called by a method: a pin that throws ends the step as if it had not begun. */
	#switchOn(part: Digital): void {
		try {
			part.write(1);
		} catch (error) {
			this.#running = undefined;
			this.#clearTimers();
			this.#allOff();
			throw error;
		}
	}

	#look(): void {
		const running = this.#running;
		if (running !== undefined) running.ticks++;
		this.#feel();
		if (this.#isTooHot || this.#isStuck) {
			this.#end("too-hot");
			return;
		}
		if (this.#target !== undefined && !this.#thermostat(this.#target)) return;
		if (running === undefined) {
			this.#idleTicks++;
			if (this.#target === undefined || this.#idleTicks * tickMs >= this.#configuration.holdMs) {
				this.#heaterOff();
				// Without a heater there is nothing to look after.
				this.#clearTimers();
			}
			return;
		}
		this.#watchStep(running);
	}

	/** Reads the thermometer, and latches what must not go on. */
	#feel(): void {
		const celsius = this.#measure();
		this.#celsius = celsius ?? this.#celsius;
		this.#blindTicks = celsius === undefined ? this.#blindTicks + 1 : 0;
		if (celsius === undefined) return;
		if (celsius >= cutOffCelsius) this.#isTooHot = true;
		this.#heaterTicks++;
		if (this.#isHeating || this.#heaterTicks * tickMs < afterglowMs) return;
		this.#comparedCelsius ??= celsius;
		if (celsius < this.#comparedCelsius) this.#comparedCelsius = celsius;
		if (celsius >= this.#comparedCelsius + stuckRiseCelsius) this.#isStuck = true;
	}

	/** False: it had to end what runs. */
	#thermostat(target: number): boolean {
		if (!this.#hasWater()) {
			this.#end("no-water");
			return false;
		}
		const celsius = this.#blindTicks === 0 ? this.#celsius : undefined;
		if (celsius === undefined) {
			if (this.#isHeating) this.#switchHeater(false);
			if (this.#blindTicks * tickMs < thermometerLostMs) return true;
			this.#end("sensor-failed");
			return false;
		}
		if (celsius >= target) this.#switchHeater(false);
		else if (this.#isHeating || celsius < target - hysteresisCelsius || this.#running?.step === "heat")
			this.#switchHeater(true);
		if (!this.#isHeating) return true;
		// Cold water that flows in hides what the heater does.
		if (this.#running?.step === "pump") this.#compareAnew();
		this.#comparedCelsius ??= celsius;
		if (celsius >= this.#comparedCelsius + leastRiseCelsius) this.#compareAnew();
		if (this.#heaterTicks * tickMs < riseWithinMs) return true;
		this.#end("no-heat");
		return false;
	}

	#watchStep(running: Running): void {
		const elapsedMs = running.ticks * tickMs;
		if (running.step === "heat") {
			if (this.#blindTicks === 0 && this.#celsius !== undefined && this.#celsius >= running.goal) this.#end("done");
		} else if (running.step === "pump") {
			running.dryTicks++;
			if (running.dryTicks * tickMs >= dryAfterMs) {
				this.#isDry = true;
				this.#end("no-water");
			}
		} else if (running.step === "grind" && elapsedMs >= currentAfterMs) {
			if (this.#grinderCurrent?.read() === 0) this.#end("no-current");
		}
	}

	#pulse(): void {
		const running = this.#running;
		if (running?.step !== "pump") return;
		running.pulses++;
		running.dryTicks = 0;
		if (running.pulses >= running.goal) this.#guard(() => this.#end("done"));
	}

	/** Ends the step, if one runs; `#guard` tells its result. After all but `done` everything is off, also without a step. */
	#end(outcome: CoffeeOutcome, error?: unknown): void {
		const running = this.#running;
		this.#running = undefined;
		this.#idleTicks = 0;
		if (this.#bound !== undefined) this.#timer.clear(this.#bound);
		this.#bound = undefined;
		if (running !== undefined) {
			const { onDone } = running;
			const result = this.#resultOf(running, outcome, error);
			this.#report = () => onDone(result);
			if (running.step === "pump" && outcome === "done") this.#isDry = false;
		}
		if (outcome === "done" && (this.#target === undefined || this.#configuration.holdMs > 0)) {
			this.#pump?.write(0);
			this.#grinder?.write(0);
			return;
		}
		this.#clearTimers();
		this.#allOff();
	}

	#resultOf(running: Running, outcome: CoffeeOutcome, error: unknown): CoffeeStepResult {
		const { step, goal, ticks, pulses, pulsesPerLitre } = running;
		const isTimed = step === "grind" || step === "pause";
		const milliseconds = isTimed && outcome === "done" ? goal : ticks * tickMs;
		const result = { step, outcome, milliseconds };
		return {
			...result,
			...(step === "pump" ? { millilitres: (pulses * 1_000) / pulsesPerLitre } : {}),
			...(step === "heat" && this.#celsius !== undefined ? { celsius: this.#celsius } : {}),
			...(outcome === "hardware" ? { error } : {}),
		};
	}

	/** °C, or `undefined` where the thermometer tells nothing. */
	#measure(): number | undefined {
		if (this.#thermometer !== undefined) return celsiusOf(this.#thermometer);
		const ntc = this.#ntc;
		const divider = this.#divider;
		return ntc === undefined || divider === undefined ? undefined : celsiusOfDivider(ntc, divider);
	}

	#hasWater(): boolean {
		return this.#water === undefined || this.#water.read() === 0;
	}

	#switchHeater(on: boolean): void {
		if (on === this.#isHeating) return;
		this.#isHeating = on;
		this.#compareAnew();
		if (on) this.#safety?.write(1);
		this.#heater?.write(on ? 1 : 0);
	}

	#heaterOff(): void {
		this.#target = undefined;
		if (this.#isHeating) this.#compareAnew();
		this.#isHeating = false;
		try {
			this.#heater?.write(0);
		} finally {
			this.#safety?.write(0);
		}
	}

	#compareAnew(): void {
		this.#heaterTicks = 0;
		this.#comparedCelsius = undefined;
	}

	/** One pin that throws does not keep the others on. */
	#allOff(): void {
		try {
			this.#heaterOff();
		} finally {
			try {
				this.#pump?.write(0);
			} finally {
				this.#grinder?.write(0);
			}
		}
	}

	#clearTimers(): void {
		if (this.#bound !== undefined) this.#timer.clear(this.#bound);
		if (this.#tick !== undefined) this.#timer.clear(this.#tick);
		this.#bound = undefined;
		this.#tick = undefined;
	}

	#letGo(): void {
		this.#heater?.close();
		this.#safety?.close();
		this.#pump?.close();
		this.#grinder?.close();
		this.#water?.close();
		this.#flow?.close();
		this.#ntc?.close();
		this.#grinderCurrent?.close();
		for (const { sensor } of this.#bins) sensor.close();
		this.#heater = undefined;
		this.#safety = undefined;
		this.#pump = undefined;
		this.#grinder = undefined;
		this.#water = undefined;
		this.#flow = undefined;
		this.#ntc = undefined;
		this.#thermometer = undefined;
		this.#grinderCurrent = undefined;
		this.#bins = [];
	}

	#requireOpen(): void {
		if (this.#heater === undefined) throw new Error("CoffeeGroup is closed. Make a new instance.");
	}

	#requireFree(part: Digital | undefined, onDone: unknown): Digital {
		if (part === undefined) throw new Error("CoffeeGroup is closed. Make a new instance.");
		if (typeof onDone !== "function") throw new TypeError('CoffeeGroup: "onDone" is a function.');
		if (this.#running !== undefined)
			throw new Error(`CoffeeGroup: step ${this.#running.step} is under way. Wait for its onDone, or call stop().`);
		return part;
	}
}

function output(connection: DigitalConnection): Digital {
	return new connection.io({ mode: connection.io.Output, ...connection, initialValue: 0 });
}

function isThermometer(value: NTCConnection | CoffeeThermometer): value is CoffeeThermometer {
	return typeof value === "object" && value !== null && "sample" in value && typeof value.sample === "function";
}

function dividerFrom({ seriesOhms = 10_000, nominalOhms = 10_000, beta = 3_950 }: NTCConnection): Divider {
	return {
		seriesOhms: inRange("seriesOhms", seriesOhms, 100, 1_000_000),
		nominalOhms: inRange("nominalOhms", nominalOhms, 100, 1_000_000),
		beta: inRange("beta", beta, 1_000, 10_000),
	};
}

/** The B equation: 1/T = 1/T25 + ln(R/R25)/B, in kelvin. */
function celsiusOfDivider(ntc: Analog, { seriesOhms, nominalOhms, beta }: Divider): number | undefined {
	const ratio = ntc.read() / (2 ** ntc.resolution - 1);
	if (ratio < shortedRatio || ratio > brokenRatio) return undefined;
	const ohms = (seriesOhms * ratio) / (1 - ratio);
	return 1 / (1 / 298.15 + Math.log(ohms / nominalOhms) / beta) - 273.15;
}

function celsiusOf(thermometer: CoffeeThermometer): number | undefined {
	const sample = thermometer.sample();
	if (sample === undefined || sample.faults !== undefined) return undefined;
	const { temperature } = sample;
	return temperature !== undefined && Number.isFinite(temperature) ? temperature : undefined;
}

function requireConnection(option: string, value: unknown): void {
	const isConnection = typeof value === "object" && value !== null && "io" in value && typeof value.io === "function";
	if (!isConnection) throw new TypeError(`CoffeeGroup: option "${option}" is { io: Digital, pin }.`);
}

function configurationFrom(
	given: Partial<CoffeeGroupConfiguration>,
	before: CoffeeGroupConfiguration,
): CoffeeGroupConfiguration {
	const pulsesPerLitre = inRange("pulsesPerLitre", given.pulsesPerLitre ?? before.pulsesPerLitre, 100, 20_000);
	const holdMs = inRange("holdMs", given.holdMs ?? before.holdMs, 0, 600_000);
	const gramsPerSecond = given.gramsPerSecond ?? before.gramsPerSecond;
	if (gramsPerSecond === undefined) return { pulsesPerLitre, holdMs };
	return { pulsesPerLitre, holdMs, gramsPerSecond: inRange("gramsPerSecond", gramsPerSecond, 0.01, 50) };
}

function inRange(name: string, value: number, lowest: number, highest: number): number {
	if (!(typeof value === "number" && value >= lowest && value <= highest))
		throw new RangeError(`CoffeeGroup: ${name} is a number from ${lowest} to ${highest}, not ${String(value)}.`);
	return value;
}
