import type { PinSpecifier } from "@visionvend/sdk/device/io/io";
import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";
import type { Driver, Net, NetLevel } from "../net.ts";
import { type BoardHost, bytesOf, closedError, pinName, requireNumber, requirePin } from "./board-host.ts";

/** ECMA-419 clause 10.6. Shifts real edges onto the nets, most significant bit first; between transfers `out` rests low. */
export function createSPI(host: BoardHost): SPIConstructor {
	return class SimulatedSPI implements SPI {
		readonly #owner: string;
		readonly #out: Driver | undefined;
		readonly #in: Net | undefined;
		readonly #clock: Driver | undefined;
		readonly #nsPerBit: number;
		readonly #idle: NetLevel;
		readonly #samplesOnSecondEdge: boolean;
		#release: (() => void) | undefined;

		constructor(options: SPIOptions) {
			if (typeof options !== "object" || options === null) throw new TypeError("SPI: options are required.");
			const pins: PinSpecifier[] = [];
			const take = (option: "out" | "in" | "clock"): PinSpecifier | undefined => {
				if (options[option] === undefined) return undefined;
				const pin = requirePin("SPI", option, options[option]);
				if (pins.includes(pin)) throw new RangeError(`SPI: ${pinName(pin)} is given twice.`);
				pins.push(pin);
				return pin;
			};
			const out = take("out");
			const input = take("in");
			const clock = take("clock");
			if (out === undefined && input === undefined) throw new TypeError('SPI: give option "out", "in" or both.');
			const hz = requireNumber("SPI", "hz", options.hz, 1_000, 80_000_000);
			const mode = options.mode ?? 0;
			if (mode !== 0 && mode !== 1 && mode !== 2 && mode !== 3)
				throw new RangeError(`SPI: option "mode" is 0, 1, 2 or 3, not ${String(mode)}.`);

			this.#owner = `SPI on ${pins.map(pinName).join(", ")}`;
			this.#nsPerBit = 1e9 / hz;
			this.#idle = mode >= 2 ? 1 : 0;
			this.#samplesOnSecondEdge = (mode & 1) === 1;
			this.#release = host.claim("SPI", pins, () => this.#letGo());
			if (out !== undefined) {
				this.#out = host.net(out).attach();
				this.#out.drive(0);
			}
			if (input !== undefined) this.#in = host.net(input);
			if (clock !== undefined) {
				this.#clock = host.net(clock).attach();
				this.#clock.drive(this.#idle);
			}
		}

		write(buffer: ArrayBuffer | Uint8Array): void {
			this.#requireOpen();
			this.#shift(bytesOf(this.#owner, buffer), undefined);
		}

		transfer(buffer: Uint8Array): void {
			this.#requireOpen();
			const bytes = bytesOf(this.#owner, buffer);
			this.#shift(bytes, bytes);
		}

		close(): void {
			this.#release?.();
			this.#letGo();
		}

		#shift(bytes: Uint8Array, received: Uint8Array | undefined): void {
			// The controller shifts by itself: what interrupts the microcontroller delays the start, never a bit.
			host.access(0);
			const start = host.clock.now;
			const bits = bytes.length * 8;
			const edges = this.#clock !== undefined;
			const samples = this.#in !== undefined && received !== undefined;
			const active: NetLevel = this.#idle === 0 ? 1 : 0;
			let level: NetLevel | undefined;
			let word = 0;
			for (let bit = 0; bit < bits; bit++) {
				const next: NetLevel = (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1 ? 1 : 0;
				if (next !== level) {
					this.#spendUntil(start + bit * this.#nsPerBit);
					this.#out?.drive(next);
					level = next;
				}
				if (!edges && !samples) continue; // nothing else moves within this bit
				this.#spendUntil(start + bit * this.#nsPerBit);
				if (this.#samplesOnSecondEdge) this.#clock?.drive(active);
				this.#spendUntil(start + (bit + 0.5) * this.#nsPerBit);
				this.#clock?.drive(this.#samplesOnSecondEdge ? this.#idle : active);
				if (samples) {
					word = ((word << 1) | (this.#in?.level ?? 0)) & 0xff;
					if ((bit & 7) === 7) received[bit >> 3] = word;
				}
				if (!this.#samplesOnSecondEdge) {
					this.#spendUntil(start + (bit + 1) * this.#nsPerBit);
					this.#clock?.drive(this.#idle);
				}
			}
			this.#spendUntil(start + bits * this.#nsPerBit);
			this.#out?.drive(0);
		}

		#spendUntil(at: number): void {
			const ns = Math.round(at) - host.clock.now;
			if (ns > 0) host.clock.spend(ns);
		}

		#letGo(): void {
			this.#release = undefined;
			this.#out?.detach();
			this.#clock?.detach();
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#owner);
		}
	};
}
