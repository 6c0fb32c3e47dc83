import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import type { Driver, Net } from "../net.ts";
import { type BoardHost, checkCallback, closedError, pinName, requirePin } from "./board-host.ts";

// The numbers are those of Moddable's `embedded:io/digital`.
const Input = 0;
const InputPullUp = 1;
const InputPullDown = 2;
const Output = 8;
const OutputOpenDrain = 9;
const Rising = 1;
const Falling = 2;
const modes: readonly unknown[] = [Input, InputPullUp, InputPullDown, Output, OutputOpenDrain];

/** ECMA-419 clause 10.1 on the nets of a board. */
export function createDigital(host: BoardHost): DigitalConstructor {
	return class SimulatedDigital implements Digital {
		static readonly Input = Input;
		static readonly InputPullUp = InputPullUp;
		static readonly InputPullDown = InputPullDown;
		static readonly Output = Output;
		static readonly OutputOpenDrain = OutputOpenDrain;
		static readonly Rising = Rising;
		static readonly Falling = Falling;

		readonly #owner: string;
		readonly #mode: number;
		readonly #net: Net;
		readonly #driver: Driver | undefined;
		#release: (() => void) | undefined;
		#unwatch: (() => void) | undefined;

		constructor(options: DigitalOptions) {
			if (typeof options !== "object" || options === null) throw new TypeError("Digital: options are required.");
			const { mode, edge = 0, initialValue, onReadable } = options;
			const pin = requirePin("Digital", "pin", options.pin);
			const owner = `Digital on ${pinName(pin)}`;
			if (!modes.includes(mode))
				throw new RangeError(`${owner}: option "mode" is one of the constants of Digital, not ${String(mode)}.`);
			if (!Number.isInteger(edge) || edge < 0 || edge > (Rising | Falling))
				throw new RangeError(
					`${owner}: option "edge" is Digital.Rising, Digital.Falling or both, not ${String(edge)}.`,
				);
			if (initialValue !== undefined && initialValue !== 0 && initialValue !== 1)
				throw new RangeError(`${owner}: option "initialValue" is 0 or 1, not ${String(initialValue)}.`);
			checkCallback(owner, "onReadable", onReadable);
			const isOutput = mode === Output || mode === OutputOpenDrain;
			if (onReadable !== undefined && isOutput) throw new TypeError(`${owner}: an output has no onReadable.`);
			if (onReadable !== undefined && edge === 0)
				throw new RangeError(`${owner}: onReadable needs option "edge": Digital.Rising, Digital.Falling or both.`);

			this.#owner = owner;
			this.#mode = mode;
			this.#release = host.claim("Digital", [pin], () => this.#letGo());
			this.#net = host.net(pin);
			if (isOutput) {
				this.#driver = this.#net.attach();
				this.#drive(initialValue ?? 0);
			} else if (mode !== Input) {
				this.#driver = this.#net.attach("weak");
				this.#driver.drive(mode === InputPullUp ? 1 : 0);
			}
			if (onReadable !== undefined) {
				let waits = false;
				this.#unwatch = this.#net.watch((level) => {
					if ((edge & (level === 1 ? Rising : Falling)) === 0 || waits) return;
					// Edges that come before the script had its turn are one call, as with an interrupt flag.
					waits = true;
					host.clock.callback(() => {
						waits = false;
						if (this.#release !== undefined) onReadable.call(this);
					});
				});
			}
		}

		read(): Level {
			this.#requireOpen();
			if (this.#driver !== undefined && (this.#mode === Output || this.#mode === OutputOpenDrain))
				throw new Error(`${this.#owner} is an output; it cannot be read.`);
			host.access();
			return this.#net.level;
		}

		write(value: Level): void {
			this.#requireOpen();
			if (this.#mode !== Output && this.#mode !== OutputOpenDrain)
				throw new Error(`${this.#owner} is an input; it cannot be written.`);
			if (value !== 0 && value !== 1) throw new RangeError(`${this.#owner}: a level is 0 or 1, not ${String(value)}.`);
			host.access();
			this.#drive(value);
		}

		close(): void {
			this.#release?.();
			this.#letGo();
		}

		#drive(value: Level): void {
			this.#driver?.drive(value === 1 && this.#mode === OutputOpenDrain ? "Z" : value);
		}

		#letGo(): void {
			this.#release = undefined;
			this.#unwatch?.();
			this.#unwatch = undefined;
			this.#driver?.detach();
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#owner);
		}
	};
}
