import { Board } from "@visionvend/hardware-sim/board/board";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import type { ControllerHost } from "../src/controller-host.ts";

/** A board with nothing on it yet, and what a part of the firmware needs of its host. */
export class BareHost {
	readonly clock = new SimulationClock();
	readonly board = new Board({ clock: this.clock });
	readonly stored = new Map<string, string>();
	readonly logged: { event: string; detail: Record<string, unknown> }[] = [];
	restarts = 0;
	/** Writes to flash that succeed before all others fail. */
	writesLeft = Number.POSITIVE_INFINITY;
	#bootedAt = 0;

	/** As it is after power-up. */
	host(): ControllerHost {
		this.#bootedAt = this.clock.now;
		const bytes = new TextEncoder();
		return {
			io: this.board.io,
			timer: this.board.timer,
			storage: {
				read: (key) => {
					const text = this.stored.get(key);
					return text === undefined ? undefined : bytes.encode(text).slice().buffer;
				},
				write: (key, value) => {
					if (this.writesLeft <= 0) throw new Error("flash is worn out");
					this.writesLeft -= 1;
					this.stored.set(key, new TextDecoder().decode(value));
				},
				delete: (key) => {
					this.stored.delete(key);
				},
			},
			ticks: () => Math.floor((this.clock.now - this.#bootedAt) / 1e6),
			microseconds: () => (this.clock.now - this.#bootedAt) / 1e3,
			random: (byteLength) => new Uint8Array(byteLength),
			memoryFree: () => 50_000,
			signalStrength: () => undefined,
			log: (event, detail) => {
				this.logged.push({ event, detail: { ...detail } });
			},
			resetReason: "power-on",
			restart: () => {
				this.restarts += 1;
			},
		};
	}

	/** Lets time pass, in seconds. */
	run(seconds: number): void {
		this.clock.run(seconds * 1e9);
	}

	/** Power goes: all pins float, all timers are gone, and the store is as it was written last. */
	powerCut(): void {
		this.board.reset();
	}
}
