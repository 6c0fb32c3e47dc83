import type { Digital } from "@visionvend/sdk/device/io/digital";
import type { Board } from "../board/board.ts";
import { answering, type DeviceFile, type UserMemory, viewOf } from "./device-file.ts";
import {
	errno,
	type LineRequest,
	lineEvent,
	lineFlag,
	lineValues,
	readLineInfoOffset,
	readLineRequest,
	request,
	writeChipInfo,
	writeLineInfo,
	writeLineRequestDescriptor,
} from "./kernel-abi.ts";

/** Events that the kernel keeps for one line where the request says nothing else (linux/gpio.h, event_buffer_size). */
const eventsKept = 16;

const known =
	lineFlag.GPIO_V2_LINE_FLAG_INPUT |
	lineFlag.GPIO_V2_LINE_FLAG_OUTPUT |
	lineFlag.GPIO_V2_LINE_FLAG_EDGE_RISING |
	lineFlag.GPIO_V2_LINE_FLAG_EDGE_FALLING |
	lineFlag.GPIO_V2_LINE_FLAG_OPEN_DRAIN |
	lineFlag.GPIO_V2_LINE_FLAG_BIAS_PULL_UP |
	lineFlag.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN |
	lineFlag.GPIO_V2_LINE_FLAG_BIAS_DISABLED;

/** A GPIO chip: line `n` is the board's pin `n`. */
export class SimulatedGPIOChip {
	readonly #board: Board;
	readonly #name: string;
	readonly #label: string;
	readonly #lines: number;
	/** Gives an open file its descriptor. */
	readonly #install: (file: DeviceFile) => number;
	readonly #consumers = new Map<number, string>();

	constructor(options: {
		board: Board;
		name: string;
		label: string;
		lines: number;
		install(file: DeviceFile): number;
	}) {
		this.#board = options.board;
		this.#name = options.name;
		this.#label = options.label;
		this.#lines = options.lines;
		this.#install = options.install;
	}

	/** A kernel driver or another program takes a line, for good. */
	reserve(line: number, consumer: string): void {
		this.#consumers.set(line, consumer);
	}

	open(): DeviceFile {
		return { ioctl: (number, memory) => this.#ioctl(number, memory), close: () => undefined };
	}

	#ioctl(number: number, { bytes }: UserMemory): number {
		const view = viewOf(bytes);
		if (number === request.GPIO_GET_CHIPINFO_IOCTL) {
			writeChipInfo(view, { name: this.#name, label: this.#label, lines: this.#lines });
			return 0;
		}
		if (number === request.GPIO_V2_GET_LINEINFO_IOCTL) {
			const line = readLineInfoOffset(view);
			if (line >= this.#lines) return -errno.EINVAL;
			const consumer = this.#consumers.get(line);
			const flags = consumer === undefined ? 0n : lineFlag.GPIO_V2_LINE_FLAG_USED;
			writeLineInfo(view, { name: `GPIO${line}`, consumer: consumer ?? "", flags });
			return 0;
		}
		if (number === request.GPIO_V2_GET_LINE_IOCTL) {
			const asked = readLineRequest(view);
			if (asked === undefined || asked.lines.some((line) => line >= this.#lines)) return -errno.EINVAL;
			return answering(() => {
				const answer = this.#take(asked);
				if (answer >= 0) writeLineRequestDescriptor(view, answer);
				return answer < 0 ? answer : 0;
			});
		}
		return -errno.ENOTTY;
	}

	/** The descriptor of the requested line, or `-errno`. */
	#take({ lines, consumer, flags, outputs }: LineRequest): number {
		const [line] = lines;
		if (line === undefined || lines.length > 1)
			throw new Error("SimulatedLinux: a request of several lines at once is not modelled.");
		if ((flags & ~known) !== 0n)
			throw new Error(`SimulatedLinux: line flags 0x${(flags & ~known).toString(16)} are not modelled.`);
		if (this.#consumers.has(line)) return -errno.EBUSY;
		const has = (flag: bigint): boolean => (flags & flag) !== 0n;
		const isOutput = has(lineFlag.GPIO_V2_LINE_FLAG_OUTPUT);
		const rising = has(lineFlag.GPIO_V2_LINE_FLAG_EDGE_RISING);
		const falling = has(lineFlag.GPIO_V2_LINE_FLAG_EDGE_FALLING);
		// gpio_v2_line_flags_validate in drivers/gpio/gpiolib-cdev.c.
		if (isOutput === has(lineFlag.GPIO_V2_LINE_FLAG_INPUT)) return -errno.EINVAL;
		if (isOutput && (rising || falling)) return -errno.EINVAL;

		const { Digital } = this.#board.io;
		const digital = isOutput
			? new Digital({
					pin: line,
					mode: has(lineFlag.GPIO_V2_LINE_FLAG_OPEN_DRAIN) ? Digital.OutputOpenDrain : Digital.Output,
					initialValue: (outputs & 1n) === 1n ? 1 : 0,
				})
			: new Digital({
					pin: line,
					mode: has(lineFlag.GPIO_V2_LINE_FLAG_BIAS_PULL_UP)
						? Digital.InputPullUp
						: has(lineFlag.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN)
							? Digital.InputPullDown
							: Digital.Input,
				});
		this.#consumers.set(line, consumer);
		return this.#install(this.#lineFile(line, digital, isOutput, { rising, falling }));
	}

	#lineFile(
		line: number,
		digital: Digital,
		isOutput: boolean,
		edges: { readonly rising: boolean; readonly falling: boolean },
	): DeviceFile {
		const net = this.#board.net(line);
		const { clock } = this.#board;
		const events: Uint8Array[] = [];
		let sequence = 0;
		let listener: ((events: Uint8Array) => void) | undefined;
		let isDeliveryDue = false;
		const read = (bytes: Uint8Array): number => {
			let length = 0;
			for (let event = events[0]; event !== undefined && length + event.length <= bytes.length; event = events[0]) {
				bytes.set(event, length);
				length += event.length;
				events.shift();
			}
			return length === 0 ? -errno.EAGAIN : length;
		};
		const deliver = (): void => {
			if (listener === undefined || isDeliveryDue || events.length === 0) return;
			isDeliveryDue = true;
			clock.callback(() => {
				isDeliveryDue = false;
				const batch = new Uint8Array(events.reduce((sum, event) => sum + event.length, 0));
				if (listener !== undefined && read(batch) > 0) listener(batch);
			});
		};
		const unwatch =
			edges.rising || edges.falling
				? net.watch((level) => {
						if (level === 1 ? !edges.rising : !edges.falling) return;
						sequence++;
						// A full buffer loses its oldest event (linereq_put_event).
						if (events.length === eventsKept) events.shift();
						events.push(
							lineEvent({ timestampNs: clock.now, rising: level === 1, line, sequence, lineSequence: sequence }),
						);
						deliver();
					})
				: undefined;
		return {
			ioctl: (number, { bytes }) => {
				const view = viewOf(bytes);
				if (number === request.GPIO_V2_LINE_GET_VALUES_IOCTL) {
					if (lineValues.mask(view) === 0n) return -errno.EINVAL;
					return answering(() => {
						const level = isOutput ? net.level : digital.read();
						lineValues.setBits(view, level === 1 ? 1n : 0n);
						return 0;
					});
				}
				if (number === request.GPIO_V2_LINE_SET_VALUES_IOCTL) {
					if (!isOutput) return -errno.EPERM;
					if (lineValues.mask(view) === 0n) return -errno.EINVAL;
					return answering(() => {
						digital.write((lineValues.bits(view) & 1n) === 1n ? 1 : 0);
						return 0;
					});
				}
				return -errno.ENOTTY;
			},
			read,
			watch: (heard) => {
				listener = heard;
				deliver();
				return () => {
					listener = undefined;
				};
			},
			close: () => {
				unwatch?.();
				digital.close();
				this.#consumers.delete(line);
			},
		};
	}
}
