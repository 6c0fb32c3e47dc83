import type { Digital, DigitalConstructor, DigitalOptions, Level } from "@visionvend/sdk/device/io/digital";
import {
	decodeLineEvents,
	decodeLineValue,
	encodeLineValue,
	GPIO_V2_LINE_GET_VALUES_IOCTL,
	GPIO_V2_LINE_SET_VALUES_IOCTL,
	type LineEvent,
	lineFlag,
} from "./abi/gpio.ts";
import { linuxError } from "./linux-error.ts";
import type { LinuxHost } from "./linux-host.ts";
import type { KernelMemory } from "./linux-system.ts";
import { checkCallback, closedError, pinName, requireOptions, requirePin } from "./options.ts";

// The numbers are those of Moddable's `embedded:io/digital`.
const Input = 0;
const InputPullUp = 1;
const InputPullDown = 2;
const Output = 8;
const OutputOpenDrain = 9;
const Rising = 1;
const Falling = 2;

const flagsOfMode: ReadonlyMap<unknown, number> = new Map([
	// Without this flag the pull-ups and pull-downs of the boot firmware would stay.
	[Input, lineFlag.INPUT | lineFlag.BIAS_DISABLED],
	[InputPullUp, lineFlag.INPUT | lineFlag.BIAS_PULL_UP],
	[InputPullDown, lineFlag.INPUT | lineFlag.BIAS_PULL_DOWN],
	[Output, lineFlag.OUTPUT],
	[OutputOpenDrain, lineFlag.OUTPUT | lineFlag.OPEN_DRAIN],
]);

/** A line with what Linux knows more than ECMA-419 asks. */
export interface LinuxDigital extends Digital {
	/** The last edge that `onReadable` was called for, with the kernel's time of it. */
	readonly lastEdge: LineEvent | undefined;
}

export interface LinuxDigitalConstructor extends DigitalConstructor {
	new (options: DigitalOptions): LinuxDigital;
}

/** ECMA-419 clause 10.1 on a GPIO character device. Edges that come while the program is busy are one call. */
export function createDigital(host: LinuxHost): LinuxDigitalConstructor {
	const { system } = host;
	return class implements LinuxDigital {
		static readonly Input = Input;
		static readonly InputPullUp = InputPullUp;
		static readonly InputPullDown = InputPullDown;
		static readonly Output = Output;
		static readonly OutputOpenDrain = OutputOpenDrain;
		static readonly Rising = Rising;
		static readonly Falling = Falling;

		readonly #owner: string;
		readonly #path: string;
		readonly #isOutput: boolean;
		readonly #fd: number;
		#lastEdge: LineEvent | undefined;
		#release: (() => void) | undefined;
		#unwatch: (() => void) | undefined;

		constructor(options: DigitalOptions) {
			requireOptions("Digital", options);
			const { mode, edge = 0, initialValue, onReadable } = options;
			const pin = requirePin("Digital", "pin", options.pin);
			const owner = `Digital on ${pinName(pin)}`;
			const modeFlags = flagsOfMode.get(mode);
			if (modeFlags === undefined)
				throw new RangeError(`${owner}: option "mode" is one of the constants of Digital, not ${String(mode)}.`);
			if (!Number.isInteger(edge) || edge < 0 || edge > (Rising | Falling))
				throw new RangeError(
					`${owner}: option "edge" is Digital.Rising, Digital.Falling or both, not ${String(edge)}.`,
				);
			if (initialValue !== undefined && initialValue !== 0 && initialValue !== 1)
				throw new RangeError(`${owner}: option "initialValue" is 0 or 1, not ${String(initialValue)}.`);
			checkCallback(owner, "onReadable", onReadable);
			this.#isOutput = mode === Output || mode === OutputOpenDrain;
			if (onReadable !== undefined && this.#isOutput) throw new TypeError(`${owner}: an output has no onReadable.`);
			if (onReadable !== undefined && edge === 0)
				throw new RangeError(`${owner}: onReadable needs option "edge": Digital.Rising, Digital.Falling or both.`);

			this.#owner = owner;
			const line = host.board.line(pin);
			const chip = host.gpioChip();
			this.#path = chip.path;
			const edgeFlags =
				onReadable === undefined
					? 0
					: ((edge & Rising) !== 0 ? lineFlag.EDGE_RISING : 0) | ((edge & Falling) !== 0 ? lineFlag.EDGE_FALLING : 0);
			const release = host.claims.take({ owner: "Digital", pins: [line], use: undefined, close: () => this.close() });
			try {
				this.#fd = chip.request(owner, line, modeFlags | edgeFlags, this.#isOutput ? (initialValue ?? 0) : undefined);
			} catch (error) {
				release();
				throw error;
			}
			this.#release = release;
			if (onReadable === undefined) return;
			try {
				this.#unwatch = system.watchEdges(this.#fd, (bytes) => {
					const last = decodeLineEvents(bytes).at(-1);
					if (last === undefined || this.#release === undefined) return;
					this.#lastEdge = last;
					onReadable.call(this);
				});
			} catch (error) {
				this.close();
				throw error;
			}
		}

		get lastEdge(): LineEvent | undefined {
			return this.#lastEdge;
		}

		read(): Level {
			this.#requireOpen();
			if (this.#isOutput) throw new Error(`${this.#owner} is an output; it cannot be read.`);
			const bytes = encodeLineValue(0);
			this.#ioctl("reading", GPIO_V2_LINE_GET_VALUES_IOCTL, { bytes });
			return decodeLineValue(bytes);
		}

		write(value: Level): void {
			this.#requireOpen();
			if (!this.#isOutput) throw new Error(`${this.#owner} is an input; it cannot be written.`);
			if (value !== 0 && value !== 1) throw new RangeError(`${this.#owner}: a level is 0 or 1, not ${String(value)}.`);
			this.#ioctl("writing", GPIO_V2_LINE_SET_VALUES_IOCTL, { bytes: encodeLineValue(value) });
		}

		close(): void {
			if (this.#release === undefined) return;
			this.#release();
			this.#release = undefined;
			this.#unwatch?.();
			system.close(this.#fd);
		}

		#ioctl(what: string, request: number, memory: KernelMemory): void {
			const answer = system.ioctl(this.#fd, request, memory);
			if (answer < 0) throw linuxError({ owner: this.#owner, path: this.#path, group: "gpio" }, what, -answer);
		}

		#requireOpen(): void {
			if (this.#release === undefined) throw closedError(this.#owner);
		}
	};
}
