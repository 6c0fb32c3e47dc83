/*
	Momentary push button to ground
	Starts and ends the restock of a machine: a short press, or a hold of three seconds
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

export interface RestockButtonOptions {
	/** The button, to ground; opened with a pull-up. */
	readonly button: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin">;
	readonly timer: Timer;
	/** Rest after the first edge, 1 to 1,000 ms. 30 where not given. */
	readonly debounceMs?: number;
	/** From here on a press is a hold, 200 to 30,000 ms. 3,000 where not given. */
	readonly holdMs?: number;
	/** Nobody presses for longer, `holdMs` to 600,000 ms. 30,000 where not given. */
	readonly stuckMs?: number;
	/** The button was pressed and let go before `holdMs`. */
	readonly onPress?: (this: RestockButton) => void;
	/** The button has been down for `holdMs`, and still is. */
	readonly onHold?: (this: RestockButton) => void;
}

export interface RestockButtonFaults {
	/** The button has been down for longer than `stuckMs`: it sticks, or its cable is shorted. */
	stuck?: true;
}

export interface RestockButtonSample {
	pressed: boolean;
	/** Only there when the button cannot be believed. */
	faults?: RestockButtonFaults;
}

export interface RestockButtonConfiguration {
	readonly debounceMs: number;
	readonly holdMs: number;
	readonly stuckMs: number;
}

/** Push button, ECMA-419 sensor class pattern (our class `Switch`). */
export class RestockButton {
	readonly #timer: Timer;
	readonly #onPress: ((this: RestockButton) => void) | undefined;
	readonly #onHold: ((this: RestockButton) => void) | undefined;
	#debounceMs: number;
	#holdMs: number;
	#stuckMs: number;
	#button: Digital | undefined;
	#settling: TimerHandle | undefined;
	/** Until the press is a hold, and then until the button is stuck. */
	#waiting: TimerHandle | undefined;
	/** What has been told. A button that is down as it is opened is no press. */
	#state: "up" | "pressed" | "held" | "stuck" = "up";

	constructor(options: RestockButtonOptions) {
		const { button, timer, debounceMs = 30, holdMs = 3_000, stuckMs = 30_000, onPress, onHold } = options;
		if (typeof button?.io !== "function")
			throw new TypeError('RestockButton: option "button" is { io: Digital, pin }.');
		if (typeof timer?.set !== "function") throw new TypeError('RestockButton: option "timer" is a Timer.');
		checkTimes(debounceMs, holdMs, stuckMs);
		if (onPress !== undefined && typeof onPress !== "function")
			throw new TypeError('RestockButton: option "onPress" is a function.');
		if (onHold !== undefined && typeof onHold !== "function")
			throw new TypeError('RestockButton: option "onHold" is a function.');
		this.#timer = timer;
		this.#onPress = onPress;
		this.#onHold = onHold;
		this.#debounceMs = debounceMs;
		this.#holdMs = holdMs;
		this.#stuckMs = stuckMs;
		const { io } = button;
		try {
			this.#button = new io({
				mode: io.InputPullUp,
				...button,
				edge: io.Rising | io.Falling,
				onReadable: () => this.#settle(),
			});
			if (this.#button.read() === 0) {
				this.#state = "held";
				this.#waiting = timer.set(() => this.#stick(), stuckMs);
			}
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Changes what it is given. A press that runs is not affected. */
	configure(options: Partial<RestockButtonConfiguration>): void {
		this.#requireOpen();
		const { debounceMs = this.#debounceMs, holdMs = this.#holdMs, stuckMs = this.#stuckMs } = options;
		checkTimes(debounceMs, holdMs, stuckMs);
		this.#debounceMs = debounceMs;
		this.#holdMs = holdMs;
		this.#stuckMs = stuckMs;
	}

	/** Whether the button is down, without bounce. */
	sample(): RestockButtonSample {
		this.#requireOpen();
		if (this.#state === "stuck") return { pressed: true, faults: { stuck: true } };
		return { pressed: this.#state !== "up" };
	}

	get configuration(): RestockButtonConfiguration {
		return { debounceMs: this.#debounceMs, holdMs: this.#holdMs, stuckMs: this.#stuckMs };
	}

	get identification(): { readonly model: "Push button"; readonly classification: "Switch" } {
		return { model: "Push button", classification: "Switch" };
	}

	close(): void {
		if (this.#settling !== undefined) this.#timer.clear(this.#settling);
		if (this.#waiting !== undefined) this.#timer.clear(this.#waiting);
		this.#settling = undefined;
		this.#waiting = undefined;
		this.#button?.close();
		this.#button = undefined;
	}

	/** A wait that runs is not prolonged: a contact that chatters for ever is still looked at. */
	#settle(): void {
		if (this.#settling !== undefined) return;
		this.#settling = this.#timer.set(() => {
			this.#settling = undefined;
			this.#look();
		}, this.#debounceMs);
	}

	#look(): void {
		const isDown = this.#requireOpen().read() === 0;
		if (isDown === (this.#state !== "up")) return; // a glitch
		if (this.#waiting !== undefined) this.#timer.clear(this.#waiting);
		this.#waiting = undefined;
		if (isDown) {
			// The hold counts from the first edge.
			this.#waiting = this.#timer.set(() => this.#hold(), this.#holdMs - this.#debounceMs);
			this.#state = "pressed";
			return;
		}
		const wasShort = this.#state === "pressed";
		this.#state = "up";
		if (wasShort) this.#onPress?.();
	}

	#hold(): void {
		if (this.#requireOpen().read() === 1) {
			// Let go a moment ago, then the look after that edge ends this wait; or a glitch.
			this.#waiting = this.#timer.set(() => this.#hold(), this.#debounceMs);
			return;
		}
		this.#waiting = this.#timer.set(() => this.#stick(), this.#stuckMs - this.#holdMs);
		this.#state = "held";
		this.#onHold?.();
	}

	#stick(): void {
		this.#waiting = undefined;
		this.#state = "stuck";
	}

	#requireOpen(): Digital {
		if (this.#button === undefined) throw new Error("RestockButton is closed. Make a new instance.");
		return this.#button;
	}
}

function checkTimes(debounceMs: unknown, holdMs: unknown, stuckMs: unknown): void {
	check("debounceMs", debounceMs, 1, 1_000);
	check("holdMs", holdMs, 200, 30_000);
	check("stuckMs", stuckMs, Number(holdMs), 600_000);
	if (Number(debounceMs) >= Number(holdMs))
		throw new RangeError(`RestockButton: debounceMs is below holdMs, ${String(holdMs)}, not ${String(debounceMs)}.`);
}

function check(name: string, value: unknown, lowest: number, highest: number): void {
	if (!Number.isInteger(value) || Number(value) < lowest || Number(value) > highest)
		throw new RangeError(`RestockButton: ${name} is an integer from ${lowest} to ${highest}, not ${String(value)}.`);
}
