import type { ControllerSettings, RemoteAction } from "@visionvend/sdk/device/messages";
import type { FirmwareKind } from "../machine/firmware/release.ts";
import type { NetLevel } from "../net.ts";
import type { Stage } from "../scenario/stage.ts";
import { type Expected, lookAtWire } from "./expectations.ts";
import { ExpectationError, ScenarioFailure } from "./failure.ts";
import type { Play } from "./play.ts";
import { ScenarioError } from "./scenario-error.ts";
import type { FaultMembers, FaultPlace } from "./steps/fault.ts";
import { parseStep, type Step } from "./steps.ts";

/** Bus events that a failed step shows. */
const shownBusEvents = 20;

type Item = { readonly sku: string; readonly quantity: number };
type Over = { readonly over?: string };

/** Called before and after every step, by whoever watches: the evidence, a sweep. */
export interface StepWatcher {
	before?(index: number, step: Step): Promise<void> | void;
	/** What to do with a step that failed; without it the scenario ends there. */
	failed?(failure: ScenarioFailure): Promise<void> | void;
}

/**
 * What a scenario is written with. Every method is a step of the JSON form, done by the same function. Steps are done
 * one after the other, in the order of the calls, also where an `await` was forgotten.
 */
export class Script {
	readonly #play: Play;
	readonly #watcher: StepWatcher;
	#queue: Promise<void> = Promise.resolve();
	#waiting = 0;
	#count = 0;
	#failure: unknown;

	constructor(play: Play, watcher: StepWatcher = {}) {
		this.#play = play;
		this.#watcher = watcher;
	}

	/** The stage itself, for what the language has no step for. */
	get stage(): Stage {
		return this.#play.stage;
	}

	/** Steps done so far. */
	get stepCount(): number {
		return this.#count;
	}

	/** Does a step of the JSON form. `where`: file, line and column. */
	perform(step: Step, where: string | undefined = callSite()): Promise<void> {
		this.#waiting++;
		const done = this.#queue.then(() => this.#do(step, where));
		const settled = () => {
			this.#waiting--;
		};
		// The next step comes after this one, however it ended; `finish` throws what nobody waited for.
		this.#queue = done.then(settled, (error: unknown) => {
			settled();
			this.#failure ??= error;
		});
		return done;
	}

	/** Waits for every step, and throws the first failure that nobody has waited for. */
	async finish(): Promise<void> {
		await this.#queue;
		if (this.#failure !== undefined) throw this.#failure;
	}

	async #do(step: Step, where: string | undefined): Promise<void> {
		if (this.#failure !== undefined) throw this.#failure;
		const parsed = parseStep(step, this.#play.options);
		if (!parsed.ok) throw new ScenarioError(where ?? "scenario", parsed.complaints);
		const index = this.#count++;
		await this.#watcher.before?.(index, step);
		try {
			await parsed.kind.run(this.#play, step);
		} catch (error) {
			await this.#fail(error, index, step, where);
		}
	}

	async #fail(cause: unknown, index: number, step: Step, where: string | undefined): Promise<void> {
		const failure = this.#failureOf(cause, index, step, where);
		if (this.#watcher.failed === undefined) throw failure;
		await this.#watcher.failed(failure);
	}

	#failureOf(cause: unknown, index: number, what: unknown, where: string | undefined): ScenarioFailure {
		const { stage, busLog } = this.#play;
		const lastBusEvents = busLog.last(shownBusEvents);
		return new ScenarioFailure({ atMs: stage.atMs, step: index + 1, what, where, cause, lastBusEvents });
	}

	/** A phone asks for the door, and the lock lets go. Without an id: `sale-1`, `sale-2`, … */
	unlock(saleId?: string): Promise<void> {
		return this.perform({ unlock: saleId ?? true });
	}

	/** A phone pays for what a vending or coffee machine shall deliver. */
	dispense(slots: number | readonly number[], how: { readonly sale?: string } = {}): Promise<void> {
		return this.perform({ dispense: slots, ...how });
	}

	/** A slot of a vending machine is jammed, works again, is empty, or is full. */
	slot(slot: number, is: "jammed" | "working" | "empty" | "full"): Promise<void> {
		return this.perform({ slot, is });
	}

	/** Temperatures and compressor of an equipped fridge. */
	climate(climate: {
		readonly celsius?: number;
		readonly room?: number;
		readonly compressor?: "works" | "broken";
		readonly thermometer?: "works" | "dead";
		readonly defrost?: string;
	}): Promise<void> {
		return this.perform({ climate });
	}

	/** The restock button of an equipped machine: opens once more in a service, or ends the service. */
	button(button: "press" | "hold"): Promise<void> {
		return this.perform({ button });
	}

	/** The modem of a machine with LTE; a number is its signal in dBm. */
	modem(modem: "restarts" | "hangs" | "works" | number): Promise<void> {
		return this.perform({ modem });
	}

	/** The owner asks the machine for something: `s.command("service-start", { for: "10min" })`. */
	command(
		command: RemoteAction,
		how: { readonly shelf?: number; readonly mass?: string; readonly for?: string } = {},
	): Promise<void> {
		return this.perform({ command, ...how });
	}

	/** The owner sends new settings. */
	configure(configure: ControllerSettings): Promise<void> {
		return this.perform({ configure });
	}

	/** The owner offers firmware. */
	update(update: FirmwareKind): Promise<void> {
		return this.perform({ update });
	}

	/** The mains of an equipped machine, which has a battery. */
	mains(mains: "off" | "on"): Promise<void> {
		return this.perform({ mains });
	}

	/** A phone asks for the door; nobody waits for what comes of it. */
	tap(saleId?: string): Promise<void> {
		return this.perform({ tap: saleId ?? true });
	}

	/** The shopper uses another card. */
	card(paymentMethod: string): Promise<void> {
		return this.perform({ card: paymentMethod });
	}

	/** Time passes: `"5s"`. */
	pass(time: string): Promise<void> {
		return this.perform({ pass: time });
	}

	/** Writes a line into the story. */
	say(text: string): Promise<void> {
		return this.perform({ say: text });
	}

	power(power: "off" | "on"): Promise<void> {
		return this.perform({ power });
	}

	/** The wire between Pi and controller. */
	wire(wire: "cut" | "mended"): Promise<void> {
		return this.perform({ wire });
	}

	kill(room: "cloud" | "pi" | "broker"): Promise<void> {
		return this.perform({ kill: room });
	}

	start(room: "cloud" | "pi" | "broker"): Promise<void> {
		return this.perform({ start: room });
	}

	readonly door = {
		open: (over?: string): Promise<void> => this.perform({ door: "open", ...given({ over }) }),
		close: (how: { readonly over?: string; readonly slam?: boolean } = {}): Promise<void> =>
			this.perform({ door: "close", ...how }),
		/** Torn open, whatever the bolt says. */
		force: (): Promise<void> => this.perform({ door: "force" }),
		/** Left open by a hand's breadth. */
		ajar: (): Promise<void> => this.perform({ door: "ajar" }),
	};

	readonly shopper = {
		/** Without a product: one that the seed chooses. */
		take: (sku?: string, how: Over & { readonly quantity?: number } = {}): Promise<void> =>
			this.perform({ take: sku ?? true, ...how }),
		/** Without a product: the one taken last. On its own shelf, or on `shelf`. */
		putBack: (sku?: string, how: Over & { readonly shelf?: number } = {}): Promise<void> =>
			this.perform({ putBack: sku ?? true, ...how }),
		/** Something that was never for sale. */
		place: (name: string, how: Over & { readonly mass: string; readonly shelf: number }): Promise<void> =>
			this.perform({ place: name, ...how }),
		/** Weight on a shelf, for a time. */
		lean: (mass: string, how: { readonly shelf: number; readonly for: string }): Promise<void> =>
			this.perform({ lean: mass, ...how }),
	};

	/**
	 * Something breaks, at a layer: `s.fault.net("lock_coil", { stuck: 1, for: "2s" })`. Without `for` it lasts to the
	 * end of the scenario.
	 */
	readonly fault = {
		net: (at: string, how: FaultMembers<"net">): Promise<void> => this.perform({ fault: "net", at, ...how }),
		bus: (at: FaultPlace<"bus">, how: FaultMembers<"bus">): Promise<void> => this.perform({ fault: "bus", at, ...how }),
		chip: (at: string, how: FaultMembers<"chip">): Promise<void> => this.perform({ fault: "chip", at, ...how }),
		host: (how: FaultMembers<"host">): Promise<void> => this.perform({ fault: "host", ...how }),
		power: (how: FaultMembers<"power">): Promise<void> => this.perform({ fault: "power", ...how }),
		sensor: (at: FaultPlace<"sensor">, how: FaultMembers<"sensor">): Promise<void> =>
			this.perform({ fault: "sensor", at, ...how }),
		world: (how: FaultMembers<"world">): Promise<void> => this.perform({ fault: "world", ...how }),
		network: (at: FaultPlace<"network">, how: FaultMembers<"network">): Promise<void> =>
			this.perform({ fault: "network", at, ...how }),
		/** A fault of the catalogue. */
		named: (name: string, how: { readonly for?: string } = {}): Promise<void> => this.perform({ fault: name, ...how }),
	};

	readonly expect = {
		/** All of it holds at one moment within the time. */
		within: (within: string, expected: Expected): Promise<void> => this.perform({ expect: expected, within }),
		/** All of it holds now. */
		now: (expected: Expected): Promise<void> => this.perform({ expect: expected }),
		receipt: (receipt: readonly Item[]): Promise<void> => this.perform({ expect: { receipt } }),
		lock: (lock: "open" | "shut"): Promise<void> => this.perform({ expect: { lock } }),
		message: (topic: string, body: Readonly<Record<string, unknown>> = {}): Promise<void> =>
			this.perform({ expect: { message: { topic, body } } }),
		ledger: (ledger: Readonly<Record<string, number>> = {}): Promise<void> => this.perform({ expect: { ledger } }),
		noFaults: (options: { readonly except?: readonly string[] } = {}): Promise<void> =>
			this.perform({ expect: { faults: options.except === undefined ? "none" : { except: options.except } } }),
		oled: () => ({
			/** Texts that can be read on it, wherever its lines break. */
			toShow: (...shows: readonly string[]): Promise<void> => this.perform({ expect: { oled: { shows } } }),
			/** A PNG file, from the scenario's folder. */
			toMatch: (matches: string): Promise<void> => this.perform({ expect: { oled: { matches } } }),
		}),
		/** `s.expect.net("lock_coil").was(1).then(0)`: looks at once, so it is not awaited. */
		net: (wire: string) => ({ was: (level: NetLevel) => this.#wireHistory(wire, [level]) }),
	};

	/** The levels that a wire went through, so far. */
	#wireHistory(wire: string, levels: readonly NetLevel[]): WireHistory {
		const where = callSite();
		if (this.#waiting > 0)
			throw new Error(`s.expect.net("${wire}") looks at once, and a step before it still runs: await that one.`);
		const expected = { net: { wire, levels } };
		const finding = lookAtWire(this.#play, expected.net);
		if (!finding.holds) {
			const cause = new ExpectationError([{ name: "net", wanted: expected.net, seen: finding.seen }], undefined);
			const failure = this.#failureOf(cause, this.#count, { expect: expected }, where);
			this.#failure ??= failure;
			throw failure;
		}
		return new WireHistory((level) => this.#wireHistory(wire, [...levels, level]));
	}
}

/** What a wire is known to have gone through. */
export class WireHistory {
	readonly #next: (level: NetLevel) => WireHistory;

	constructor(next: (level: NetLevel) => WireHistory) {
		this.#next = next;
	}

	/** And later it had this level. */
	// biome-ignore lint/suspicious/noThenProperty: "was 1, then 0" is how people say it; TypeScript refuses to await it.
	then(level: NetLevel): WireHistory {
		if (level !== 0 && level !== 1)
			throw new TypeError("s.expect.net(…).was(…) looks at once: do not await it, or ask .then(0) or .then(1).");
		return this.#next(level);
	}
}

function given(members: Readonly<Record<string, unknown>>): Step {
	return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The file, line and column outside of this file that called. */
function callSite(): string | undefined {
	const frames = (new Error().stack ?? "").split("\n").slice(1);
	const frame = frames.find((line) => !/[\\/]language[\\/]script\.[jt]s/.test(line) && !line.includes("node:internal"));
	return frame === undefined ? undefined : /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/.exec(frame)?.[1];
}
