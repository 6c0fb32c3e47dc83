import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";

const kelvinAtZero = 273.15;
/** Specific heat of water, joules for a millilitre and a kelvin. */
const waterHeat = 4.186;
const supplyVolts = 3.3;

/** What the machine is like. None of it is a datasheet's: a small machine with a boiler of 0.3 litres. Override what yours is not. */
export interface CoffeeGroupPhysics {
	readonly ambientCelsius: number;
	readonly heaterWatts: number;
	/** Boiler, its metal included: joules for a kelvin. */
	readonly heatCapacity: number;
	/** Watts lost for each kelvin above the surroundings. */
	readonly lossWattsPerKelvin: number;
	readonly flowMillilitresPerSecond: number;
	readonly pulsesPerLitre: number;
	readonly grindGramsPerSecond: number;
	readonly tankMillilitres: number;
	/** Below it the float switch opens. */
	readonly tankReserveMillilitres: number;
	readonly beansGrams: number;
	/** Below it the level switch of the beans opens. */
	readonly beansReserveGrams: number;
	/** Resistor from the thermistor to 3.3 V, the thermistor at 25 °C, and its B constant. */
	readonly seriesOhms: number;
	readonly nominalOhms: number;
	readonly beta: number;
}

const usual: CoffeeGroupPhysics = Object.freeze({
	ambientCelsius: 22,
	heaterWatts: 1_400,
	heatCapacity: 1_750,
	lossWattsPerKelvin: 3,
	flowMillilitresPerSecond: 6,
	pulsesPerLitre: 1_900,
	grindGramsPerSecond: 2,
	tankMillilitres: 2_000,
	tankReserveMillilitres: 200,
	beansGrams: 500,
	beansReserveGrams: 50,
	seriesOhms: 10_000,
	nominalOhms: 10_000,
	beta: 3_950,
});

export interface CoffeeGroupChipOptions {
	readonly clock: SimulationClock;
	readonly pins: {
		readonly grinder: Net;
		/** High while the grinder draws current. */
		readonly grinderCurrent?: Net;
		readonly pump: Net;
		/** Open-collector output of the flow meter. */
		readonly flow: Net;
		readonly heater: Net;
		/** Second relay in series with the heater's. Without it the heater hangs on one relay. */
		readonly safety?: Net;
		/** Float switch of the tank: closed to ground while there is water. */
		readonly water?: Net;
		/** Level switches by name: closed to ground while the bin is not low. `beans` follows the grinder. */
		readonly bins?: Readonly<Record<string, Net>>;
	};
	readonly physics?: Partial<CoffeeGroupPhysics>;
}

/**
 * Grinder, pump, flow meter, heater, boiler and bins of a coffee machine. The boiler is one lump of heat: it warms by the
 * heater's power, cools to its surroundings and to the cold water that flows in, and is computed when somebody looks.
 *
 * ```ts
 * const chip = new CoffeeGroupChip({ clock, pins });
 * board.setVoltage(5, () => chip.thermistorVolts());
 * ```
 */
export class CoffeeGroupChip {
	readonly #clock: SimulationClock;
	readonly #pins: CoffeeGroupChipOptions["pins"];
	readonly #physics: CoffeeGroupPhysics;
	readonly #flow: Driver;
	readonly #float: Driver | undefined;
	readonly #current: Driver | undefined;
	readonly #bins = new Map<string, Driver>();
	#celsius: number;
	#hottest: number;
	#at = 0;
	#tank: number;
	#beans: number;
	#pumped = 0;
	#ground = 0;
	#heatedDryNs = 0;
	#heaterRelay: "works" | "stuck-closed" | "dead" = "works";
	#thermistor: "works" | "broken" | "shorted" | "detached" = "works";
	#isPumpBlocked = false;
	#isGrinderDead = false;
	#isFloatStuck = false;
	// What the pins said as of `#at`.
	#heats = false;
	#flows = false;
	#grinds = false;
	#cancelPulse: (() => void) | undefined;

	constructor(options: CoffeeGroupChipOptions) {
		const { clock, pins, physics } = options;
		this.#clock = clock;
		this.#pins = pins;
		this.#physics = { ...usual, ...physics };
		this.#celsius = this.#physics.ambientCelsius;
		this.#hottest = this.#celsius;
		this.#tank = this.#physics.tankMillilitres;
		this.#beans = this.#physics.beansGrams;
		this.#flow = pins.flow.attach();
		this.#float = pins.water?.attach();
		this.#current = pins.grinderCurrent?.attach();
		for (const [name, net] of Object.entries(pins.bins ?? {})) {
			const driver = net.attach();
			driver.drive(0);
			this.#bins.set(name, driver);
		}
		for (const net of [pins.heater, pins.pump, pins.grinder, pins.safety]) net?.watch(() => this.#change());
		this.#change();
	}

	get boilerCelsius(): number {
		this.#settle();
		return this.#celsius;
	}

	/** The hottest that the boiler ever was, °C. */
	get hottestCelsius(): number {
		this.#settle();
		return this.#hottest;
	}

	/** How long the heater had power while the tank was at its reserve or below. */
	get heatedWithoutWaterMs(): number {
		this.#settle();
		return this.#heatedDryNs / 1e6;
	}

	/** The heater has power. */
	get heating(): boolean {
		return this.#heats;
	}

	get tankMillilitres(): number {
		return this.#tank;
	}

	get beansGrams(): number {
		this.#settle();
		return this.#beans;
	}

	get pumpedMillilitres(): number {
		return this.#pumped;
	}

	get groundGrams(): number {
		this.#settle();
		return this.#ground;
	}

	/** Volts between the thermistor and its resistor. */
	thermistorVolts(): number {
		if (this.#thermistor === "broken") return supplyVolts;
		if (this.#thermistor === "shorted") return 0;
		const { ambientCelsius, nominalOhms, beta, seriesOhms } = this.#physics;
		const celsius = this.#thermistor === "detached" ? ambientCelsius : this.boilerCelsius;
		const ohms = nominalOhms * Math.exp(beta * (1 / (celsius + kelvinAtZero) - 1 / (25 + kelvinAtZero)));
		return (supplyVolts * ohms) / (ohms + seriesOhms);
	}

	/** A person fills the tank; less than it holds where given. */
	fillTank(millilitres = this.#physics.tankMillilitres): void {
		this.#settle();
		this.#tank = millilitres;
		this.#change();
	}

	fillBeans(grams = this.#physics.beansGrams): void {
		this.#settle();
		this.#beans = grams;
		this.#change();
	}

	/** The level switch of a bin other than the beans. */
	setBin(name: string, low: boolean): void {
		const driver = this.#bins.get(name);
		if (driver === undefined)
			throw new Error(`CoffeeGroupChip: no bin ${name}. There are: ${[...this.#bins.keys()].join(", ")}.`);
		driver.drive(low ? "Z" : 0);
	}

	setBoilerCelsius(celsius: number): void {
		this.#settle();
		this.#celsius = celsius;
		this.#hottest = Math.max(this.#hottest, celsius);
	}

	setHeaterRelay(state: "works" | "stuck-closed" | "dead"): void {
		this.#heaterRelay = state;
		this.#change();
	}

	/** `detached`: it has come off the boiler and tells the temperature of the room. */
	setThermistor(state: "works" | "broken" | "shorted" | "detached"): void {
		this.#thermistor = state;
	}

	/** Blocked: the pump hums, and nothing flows. */
	setPumpBlocked(blocked: boolean): void {
		this.#isPumpBlocked = blocked;
		this.#change();
	}

	setGrinderDead(dead: boolean): void {
		this.#isGrinderDead = dead;
		this.#change();
	}

	/** The float hangs: it says that there is water, whatever there is. */
	setFloatStuck(stuck: boolean): void {
		this.#isFloatStuck = stuck;
		this.#change();
	}

	/** Brings the boiler, the beans and the clock together. Since the last time nothing was switched. */
	#settle(): void {
		const ns = this.#clock.now - this.#at;
		this.#at = this.#clock.now;
		if (ns === 0) return;
		const seconds = ns / 1e9;
		const { ambientCelsius, heaterWatts, heatCapacity, lossWattsPerKelvin } = this.#physics;
		const { flowMillilitresPerSecond, grindGramsPerSecond } = this.#physics;
		const coldWattsPerKelvin = this.#flows ? flowMillilitresPerSecond * waterHeat : 0;
		const perKelvin = lossWattsPerKelvin + coldWattsPerKelvin;
		// The water that flows in is as warm as the room.
		const end = ambientCelsius + (this.#heats ? heaterWatts : 0) / perKelvin;
		this.#celsius += (this.#celsius - end) * Math.expm1((-perKelvin / heatCapacity) * seconds);
		this.#hottest = Math.max(this.#hottest, this.#celsius);
		if (this.#heats && this.#tank <= this.#physics.tankReserveMillilitres) this.#heatedDryNs += ns;
		if (this.#grinds) {
			const grams = Math.min(this.#beans, grindGramsPerSecond * seconds);
			this.#beans -= grams;
			this.#ground += grams;
		}
	}

	#change(): void {
		this.#settle();
		const { heater, safety, pump, grinder } = this.#pins;
		const { tankReserveMillilitres, beansReserveGrams, flowMillilitresPerSecond, pulsesPerLitre } = this.#physics;
		const isClosed = this.#heaterRelay === "stuck-closed" || (this.#heaterRelay === "works" && heater.level === 1);
		this.#heats = isClosed && (safety === undefined || safety.level === 1);
		this.#grinds = grinder.level === 1 && !this.#isGrinderDead;
		this.#current?.drive(this.#grinds ? 1 : 0);
		this.#float?.drive(this.#isFloatStuck || this.#tank > tankReserveMillilitres ? 0 : "Z");
		this.#bins.get("beans")?.drive(this.#beans > beansReserveGrams ? 0 : "Z");
		const flows = pump.level === 1 && !this.#isPumpBlocked && this.#tank > 0;
		if (flows === this.#flows) return;
		this.#flows = flows;
		if (flows) this.#turbine(1e12 / (flowMillilitresPerSecond * pulsesPerLitre));
		else {
			this.#cancelPulse?.();
			this.#flow.drive("Z");
		}
	}

	/** One pulse of the turbine: low for half of it, high for half of it. */
	#turbine(periodNs: number): void {
		this.#flow.drive(0);
		this.#cancelPulse = this.#clock.after(periodNs / 2, () => {
			this.#flow.drive("Z");
			const millilitres = Math.min(this.#tank, 1_000 / this.#physics.pulsesPerLitre);
			this.#settle();
			this.#tank -= millilitres;
			this.#pumped += millilitres;
			this.#cancelPulse = this.#clock.after(periodNs / 2, () => this.#turbine(periodNs));
			this.#change();
		});
	}
}
