import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";
import type { SimulationClock } from "../clock.ts";

/** Moddable's `timer` on the script lane of a simulation clock. `stop` is the power cut: nothing pending runs any more. */
export class BoardTimer implements Timer {
	readonly #clock: SimulationClock;
	readonly #pending = new Map<TimerHandle, () => void>();

	constructor(clock: SimulationClock) {
		this.#clock = clock;
	}

	set(callback: () => void, milliseconds: number): TimerHandle {
		const handle = {};
		this.#arm(handle, milliseconds, () => {
			this.#pending.delete(handle);
			callback();
		});
		return handle;
	}

	repeat(callback: () => void, milliseconds: number): TimerHandle {
		const handle = {};
		// Each period counts from the one before, not from when the script had time for it.
		let due = this.#clock.now + milliseconds * 1e6;
		const again = (): void => {
			due += milliseconds * 1e6;
			this.#arm(handle, Math.max(0, due - this.#clock.now) / 1e6, again);
			callback();
		};
		this.#arm(handle, milliseconds, again);
		return handle;
	}

	clear(handle: TimerHandle): void {
		this.#pending.get(handle)?.();
		this.#pending.delete(handle);
	}

	stop(): void {
		for (const cancel of this.#pending.values()) cancel();
		this.#pending.clear();
	}

	#arm(handle: TimerHandle, milliseconds: number, run: () => void): void {
		this.#pending.set(handle, this.#clock.callbackAfter(milliseconds * 1e6, run));
	}
}
