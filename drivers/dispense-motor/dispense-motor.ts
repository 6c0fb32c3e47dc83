/*
	Spiral vending rack: one 12 V or 24 V geared motor a slot, each behind an N-channel MOSFET or one half of an H-bridge,
	a cam switch that opens once a turn, and a drop sensor under all slots
	A high pin turns a spiral; a spiral at rest is at home
*/
import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

type DigitalConnection = Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;

const mostSlots = 8;
/** How often the home switch is looked at while a motor runs. */
const tickMs = 10;
/** Looks in a row that must agree: a cam switch bounces for some milliseconds. */
const steadyLooks = 2;
/** From switching the emitter until the receiver has followed. */
const emitterSettleMs = 20;

export interface DispenseMotorOptions {
	/** Gates of the motors, 1 to 8. Slot 0 is the first. */
	readonly motors: readonly DigitalConnection[];
	/** Home switches: one a motor in the same order, or one line that all share. */
	readonly home: readonly DigitalConnection[];
	/** The drop sensor under all slots. */
	readonly drop: DigitalConnection;
	/** Supply of the light barrier's emitter. With it the barrier is tested before every sale. */
	readonly emitter?: DigitalConnection;
	readonly timer: Timer;
	/** Level of a home line while all its spirals are at home. 1 where not given: a cam switch to ground that opens. */
	readonly homeLevel?: Level;
	/** Level of the drop sensor while something is in the way. 0 where not given. */
	readonly dropLevel?: Level;
	/** Longest time that a motor has current in one turn, 500 to 10,000 ms. 5,000 where not given. */
	readonly turnTimeoutMs?: number;
	/** By then a spiral that turns has left home, 100 to 5,000 ms. 1,000 where not given. */
	readonly leaveTimeoutMs?: number;
	/** How long after a turn something may still fall, 0 to 5,000 ms. 1,500 where not given. */
	readonly dropWindowMs?: number;
	/** A shorter pulse of the drop sensor is a disturbance, 0 to 20 ms. 1 where not given; 0 for vibration sensors. */
	readonly dropMinimumMs?: number;
	/** Turns until it is given up, 1 to 3. 2 where not given. */
	readonly attempts?: number;
}

export interface DispenseMotorConfiguration {
	readonly turnTimeoutMs: number;
	readonly leaveTimeoutMs: number;
	readonly dropWindowMs: number;
	readonly dropMinimumMs: number;
	readonly attempts: number;
}

/**
 * `dropped`: the drop sensor saw something fall. `nothing-fell`: all turns are done and it saw nothing. `jammed`: the
 * spiral did not come home, or never left it, and nothing fell. `sensor-failed`: the drop sensor failed its test, and no
 * motor has run. `stopped`: by `stop`. `hardware`: a pin threw; see `error`.
 */
export type DispenseOutcome = "dropped" | "nothing-fell" | "jammed" | "sensor-failed" | "stopped" | "hardware";

export interface DispenseResult {
	readonly slot: number;
	readonly outcome: DispenseOutcome;
	/** Turns that were begun: 0 when no motor has run. */
	readonly turns: number;
	/** What a pin threw; only with `hardware`. */
	readonly error?: unknown;
}

export interface DispenseMotorFaults {
	/** Slots whose last turn did not end at home. */
	jammed?: readonly number[];
	/** A home line says "away" though no motor runs: power was cut within a turn, a spiral was moved, or the line is shorted. */
	home?: true;
	/** `blocked`: something is in the way, or the lens is dirty. `dead`: it sees light that is not there. */
	dropSensor?: "blocked" | "dead";
}

export interface DispenseMotorSample {
	/** The slot that is being dispensed from. */
	slot?: number;
	/** Each home line: its spirals are at home. */
	home: readonly boolean[];
	/** Only there when something is wrong. */
	faults?: DispenseMotorFaults;
}

type Phase = "idle" | "testing" | "leaving" | "turning" | "waiting" | "ending";

/** A rack of spirals with one drop sensor. ECMA-419 has no dispenser; this class follows its peripheral class pattern. */
export class DispenseMotor {
	readonly #timer: Timer;
	readonly #homeLevel: Level;
	readonly #dropLevel: Level;
	#limits: DispenseMotorConfiguration;
	#motors: readonly Digital[] = [];
	#home: readonly Digital[] = [];
	#drop: Digital | undefined;
	#emitter: Digital | undefined;

	#phase: Phase = "idle";
	#slot = 0;
	#turns = 0;
	#onDone: ((result: DispenseResult) => void) | undefined;
	#result: DispenseResult | undefined;
	#hasFallen = false;
	#isJammed = false;
	/** The turn began away from home, so home cannot be trusted to end it: what falls does. */
	#isResumed = false;
	#looks = 0;
	#ticks = 0;
	#jammedSlots: readonly number[] = [];
	#sensorFault: "blocked" | "dead" | undefined;
	/** Ends a turn, a test or the wait for what falls. */
	#bound: TimerHandle | undefined;
	#tick: TimerHandle | undefined;
	#confirming: TimerHandle | undefined;

	constructor(options: DispenseMotorOptions) {
		const { motors, home, drop, emitter, timer, homeLevel = 1, dropLevel = 0 } = options;
		if (!Array.isArray(motors) || motors.length < 1 || motors.length > mostSlots || !motors.every(isConnection))
			throw new TypeError(`DispenseMotor: option "motors" is 1 to ${mostSlots} of { io: Digital, pin }.`);
		if (!Array.isArray(home) || (home.length !== 1 && home.length !== motors.length) || !home.every(isConnection))
			throw new TypeError('DispenseMotor: option "home" is one { io: Digital, pin } for all motors, or one each.');
		if (!isConnection(drop)) throw new TypeError('DispenseMotor: option "drop" is { io: Digital, pin }.');
		if (emitter !== undefined && !isConnection(emitter))
			throw new TypeError('DispenseMotor: option "emitter" is { io: Digital, pin }.');
		if (typeof timer?.set !== "function" || typeof timer.repeat !== "function")
			throw new TypeError('DispenseMotor: option "timer" is a Timer.');
		if (homeLevel !== 0 && homeLevel !== 1)
			throw new RangeError(`DispenseMotor: homeLevel is 0 or 1, not ${String(homeLevel)}.`);
		if (dropLevel !== 0 && dropLevel !== 1)
			throw new RangeError(`DispenseMotor: dropLevel is 0 or 1, not ${String(dropLevel)}.`);
		this.#timer = timer;
		this.#homeLevel = homeLevel;
		this.#dropLevel = dropLevel;
		this.#limits = limitsFrom(options, {
			turnTimeoutMs: 5_000,
			leaveTimeoutMs: 1_000,
			dropWindowMs: 1_500,
			dropMinimumMs: 1,
			attempts: 2,
		});
		const opened: Digital[] = [];
		const keep = (io: Digital): Digital => {
			opened.push(io);
			return io;
		};
		try {
			// The motors first: until then their gates float. After the options of the caller: none starts with current.
			this.#motors = motors.map((motor) => keep(new motor.io({ mode: motor.io.Output, ...motor, initialValue: 0 })));
			this.#home = home.map((line) => keep(new line.io({ mode: line.io.InputPullUp, ...line })));
			if (emitter !== undefined)
				this.#emitter = keep(new emitter.io({ mode: emitter.io.Output, ...emitter, initialValue: 0 }));
			const { io } = drop;
			this.#drop = keep(
				new io({
					mode: io.InputPullUp,
					...drop,
					edge: dropLevel === 1 ? io.Rising : io.Falling,
					onReadable: () => this.#edge(),
				}),
			);
		} catch (error) {
			for (const io of opened) io.close();
			throw error;
		}
	}

	/** Changes what it is given. A turn that runs keeps its timeout. */
	configure(options: Partial<DispenseMotorConfiguration>): void {
		this.#requireOpen();
		this.#limits = limitsFrom(options, this.#limits);
	}

	/** How many slots the rack has. */
	get slots(): number {
		return this.#motors.length;
	}

	/** A dispense is under way. */
	get busy(): boolean {
		return this.#phase !== "idle";
	}

	/**
	 * Turns the spiral of `slot` once, waits for something to fall, and tries again where nothing did. `onDone` is called
	 * once, later, with every motor off. While another dispense is under way it throws: two motors never run at once.
	 */
	dispense(slot: number, onDone: (result: DispenseResult) => void): void {
		this.#requireOpen();
		if (!Number.isInteger(slot) || slot < 0 || slot >= this.#motors.length)
			throw new RangeError(
				`DispenseMotor: slot is an integer from 0 to ${this.#motors.length - 1}, not ${String(slot)}.`,
			);
		if (typeof onDone !== "function") throw new TypeError('DispenseMotor: "onDone" is a function.');
		if (this.#phase !== "idle")
			throw new Error(`DispenseMotor: slot ${this.#slot} is being dispensed. Wait for its onDone, or call stop().`);
		// The emitter may have gone dark this moment, after the dispense before.
		this.#bound = this.#timer.set(() => this.#begin(), this.#emitter === undefined ? 0 : emitterSettleMs);
		this.#phase = "testing";
		this.#slot = slot;
		this.#onDone = onDone;
		this.#turns = 0;
		this.#hasFallen = false;
		this.#isJammed = false;
	}

	/** Takes the current away now. A dispense that runs ends with `stopped`, or with `dropped` where something has fallen. */
	stop(): void {
		this.#requireOpen();
		this.#motorsOff();
		if (this.#phase === "idle" || this.#phase === "ending") return;
		this.#clearTimers();
		this.#phase = "ending";
		this.#bound = this.#timer.set(() => {
			this.#bound = undefined;
			this.#guard(() => this.#finish(this.#hasFallen ? "dropped" : "stopped"));
		}, 0);
	}

	/** The rack at this moment. */
	sample(): DispenseMotorSample {
		const drop = this.#requireOpen();
		const isIdle = this.#phase === "idle";
		const home = this.#home.map((line) => line.read() === this.#homeLevel);
		const faults: DispenseMotorFaults = {};
		if (this.#jammedSlots.length > 0) faults.jammed = this.#jammedSlots.slice();
		if (isIdle && home.includes(false)) faults.home = true;
		if (this.#sensorFault !== undefined) faults.dropSensor = this.#sensorFault;
		// Without an emitter that is switched, the beam can be looked at any time.
		else if (isIdle && this.#emitter === undefined && drop.read() === this.#dropLevel) faults.dropSensor = "blocked";
		const sample: DispenseMotorSample = { home };
		if (!isIdle) sample.slot = this.#slot;
		if (Object.keys(faults).length > 0) sample.faults = faults;
		return sample;
	}

	get configuration(): DispenseMotorConfiguration {
		return { ...this.#limits };
	}

	get identification(): { readonly model: "Spiral vending rack"; readonly classification: "Dispenser" } {
		return { model: "Spiral vending rack", classification: "Dispenser" };
	}

	/** Stops every motor, lets go of the pins, and forgets a dispense that runs: its `onDone` is not called. */
	close(): void {
		if (this.#drop === undefined) return;
		const ios = [...this.#motors, ...this.#home, this.#drop];
		if (this.#emitter !== undefined) ios.push(this.#emitter);
		try {
			this.#clearTimers();
			this.#motorsOff();
			this.#emitter?.write(0);
		} finally {
			this.#phase = "idle";
			this.#onDone = undefined;
			this.#result = undefined;
			this.#motors = [];
			this.#home = [];
			this.#drop = undefined;
			this.#emitter = undefined;
			for (const io of ios) io.close();
		}
	}

	/** Everything that a timer or an edge starts goes through here: what throws leaves every motor off. */
	#guard(step: () => void): void {
		try {
			try {
				step();
			} catch (error) {
				this.#finish("hardware", error);
			}
		} finally {
			// Out here, so that what `onDone` throws is nobody's hardware, and so that it may dispense again.
			const onDone = this.#onDone;
			const result = this.#result;
			if (result !== undefined) {
				this.#result = undefined;
				this.#onDone = undefined;
				onDone?.(result);
			}
		}
	}

	#begin(): void {
		this.#bound = undefined;
		this.#guard(() => {
			const emitter = this.#emitter;
			if (emitter === undefined) {
				this.#testBeam();
				return;
			}
			// The emitter is dark: a receiver that sees light now would never see anything fall.
			if (this.#drop?.read() !== this.#dropLevel) {
				this.#sensorFault = "dead";
				this.#finish("sensor-failed");
				return;
			}
			this.#bound = this.#timer.set(() => {
				this.#bound = undefined;
				this.#guard(() => this.#testBeam());
			}, emitterSettleMs);
			emitter.write(1);
		});
	}

	#testBeam(): void {
		if (this.#drop?.read() === this.#dropLevel) {
			this.#sensorFault = "blocked";
			this.#finish("sensor-failed");
			return;
		}
		this.#sensorFault = undefined;
		this.#turn();
	}

	#turn(): void {
		const motor = this.#motors[this.#slot];
		if (motor === undefined) return; // closed
		this.#turns++;
		this.#looks = 0;
		this.#ticks = 0;
		this.#isResumed = !this.#isHome();
		this.#phase = this.#isResumed ? "turning" : "leaving";
		// The end is arranged before the beginning: if no timer can be had, the motor stays off.
		this.#bound = this.#timer.set(() => {
			this.#bound = undefined;
			this.#guard(() => this.#turnEnds(false));
		}, this.#limits.turnTimeoutMs);
		this.#tick = this.#timer.repeat(() => this.#guard(() => this.#look()), tickMs);
		motor.write(1);
	}

	#look(): void {
		this.#ticks++;
		const isWanted = this.#isHome() === (this.#phase === "turning");
		this.#looks = isWanted ? this.#looks + 1 : 0;
		if (this.#looks >= steadyLooks) {
			this.#looks = 0;
			if (this.#phase === "leaving") this.#phase = "turning";
			else if (this.#isResumed && this.#ticks <= steadyLooks + 1) {
				// It was at home all the time, and the one look before the turn saw a disturbance.
				this.#isResumed = false;
				this.#phase = "leaving";
			} else this.#turnEnds(true);
			return;
		}
		if (this.#phase === "leaving" && this.#ticks * tickMs >= this.#limits.leaveTimeoutMs) this.#turnEnds(false);
	}

	#turnEnds(isHome: boolean): void {
		this.#motorsOff();
		this.#clearTurn();
		this.#isJammed = !isHome;
		const others = this.#jammedSlots.filter((slot) => slot !== this.#slot);
		this.#jammedSlots = isHome ? others : [...others, this.#slot];
		if (this.#hasFallen) {
			this.#finish("dropped");
			return;
		}
		this.#phase = "waiting";
		this.#bound = this.#timer.set(() => this.#windowEnds(), this.#limits.dropWindowMs);
	}

	#windowEnds(): void {
		this.#bound = undefined;
		this.#guard(() => {
			if (this.#confirming !== undefined) {
				// Something is in the beam in the last moment: it is known within dropMinimumMs.
				this.#bound = this.#timer.set(() => this.#windowEnds(), this.#limits.dropMinimumMs + 1);
				return;
			}
			if (this.#isJammed) this.#finish("jammed");
			else if (this.#turns < this.#limits.attempts) this.#turn();
			else this.#finish("nothing-fell");
		});
	}

	/** Something may be in the beam. */
	#edge(): void {
		const isWatching = this.#phase === "leaving" || this.#phase === "turning" || this.#phase === "waiting";
		if (!isWatching || this.#hasFallen || this.#confirming !== undefined) return;
		this.#guard(() => {
			if (this.#limits.dropMinimumMs === 0) {
				this.#fell();
				return;
			}
			this.#confirming = this.#timer.set(() => {
				this.#confirming = undefined;
				this.#guard(() => {
					if (this.#drop?.read() === this.#dropLevel) this.#fell();
				});
			}, this.#limits.dropMinimumMs);
		});
	}

	#fell(): void {
		this.#hasFallen = true;
		if (this.#phase === "waiting") {
			this.#finish("dropped");
			return;
		}
		// A spiral goes on to its home. Where home cannot be trusted, going on might give away the next product.
		if (this.#isResumed) this.#turnEnds(false);
	}

	/** Everything off. `#guard` tells the result. */
	#finish(outcome: DispenseOutcome, error?: unknown): void {
		const result = { slot: this.#slot, outcome, turns: this.#turns };
		this.#result = outcome === "hardware" ? { ...result, error } : result;
		this.#phase = "idle";
		this.#clearTimers();
		this.#motorsOff();
		this.#emitter?.write(0);
	}

	#isHome(): boolean {
		const line = this.#home.length === 1 ? this.#home[0] : this.#home[this.#slot];
		return line?.read() === this.#homeLevel;
	}

	/** Every motor, whichever ran: one that throws does not keep the others on. */
	#motorsOff(): void {
		let failure: { readonly error: unknown } | undefined;
		for (const motor of this.#motors) {
			try {
				motor.write(0);
			} catch (error) {
				failure ??= { error };
			}
		}
		if (failure !== undefined) throw failure.error;
	}

	#clearTurn(): void {
		if (this.#bound !== undefined) this.#timer.clear(this.#bound);
		if (this.#tick !== undefined) this.#timer.clear(this.#tick);
		this.#bound = undefined;
		this.#tick = undefined;
	}

	#clearTimers(): void {
		this.#clearTurn();
		if (this.#confirming !== undefined) this.#timer.clear(this.#confirming);
		this.#confirming = undefined;
	}

	#requireOpen(): Digital {
		if (this.#drop === undefined) throw new Error("DispenseMotor is closed. Make a new instance.");
		return this.#drop;
	}
}

function isConnection(value: unknown): value is DigitalConnection {
	return typeof value === "object" && value !== null && "io" in value && typeof value.io === "function";
}

function limitsFrom(
	given: Partial<DispenseMotorConfiguration>,
	before: DispenseMotorConfiguration,
): DispenseMotorConfiguration {
	return {
		turnTimeoutMs: checked("turnTimeoutMs", given.turnTimeoutMs ?? before.turnTimeoutMs, 500, 10_000),
		leaveTimeoutMs: checked("leaveTimeoutMs", given.leaveTimeoutMs ?? before.leaveTimeoutMs, 100, 5_000),
		dropWindowMs: checked("dropWindowMs", given.dropWindowMs ?? before.dropWindowMs, 0, 5_000),
		dropMinimumMs: checked("dropMinimumMs", given.dropMinimumMs ?? before.dropMinimumMs, 0, 20),
		attempts: checked("attempts", given.attempts ?? before.attempts, 1, 3),
	};
}

function checked(name: string, value: number, lowest: number, highest: number): number {
	if (!Number.isInteger(value) || value < lowest || value > highest)
		throw new RangeError(`DispenseMotor: ${name} is an integer from ${lowest} to ${highest}, not ${String(value)}.`);
	return value;
}
