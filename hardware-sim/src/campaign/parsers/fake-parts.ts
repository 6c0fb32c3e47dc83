// This module also runs on the device: plain ES2022, nothing of Node.

import type { HID, HIDConstructor, HIDOptions } from "@visionvend/sdk/device/io/hid";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

interface Task {
	readonly callback: () => void;
	dueMs: number;
	readonly everyMs: number | undefined;
}

/** A timer without time: whoever holds it lets the next tasks come. */
export class FakeTimer implements Timer {
	#tasks: Task[] = [];
	#nowMs = 0;

	set(callback: () => void, milliseconds: number): TimerHandle {
		return this.#add({ callback, dueMs: this.#nowMs + milliseconds, everyMs: undefined });
	}

	repeat(callback: () => void, milliseconds: number): TimerHandle {
		return this.#add({ callback, dueMs: this.#nowMs + milliseconds, everyMs: milliseconds });
	}

	clear(handle: TimerHandle): void {
		this.#tasks = this.#tasks.filter((task) => task !== handle);
	}

	/** Runs the next `count` tasks, the soonest first. */
	run(count: number): void {
		for (let left = count; left > 0; left--) {
			let next: Task | undefined;
			for (const task of this.#tasks) if (next === undefined || task.dueMs < next.dueMs) next = task;
			if (next === undefined) return;
			this.#nowMs = Math.max(this.#nowMs, next.dueMs);
			if (next.everyMs === undefined) this.clear(next);
			else next.dueMs += next.everyMs;
			next.callback();
		}
	}

	#add(task: Task): Task {
		this.#tasks.push(task);
		return task;
	}
}

/** A UART whose other end says what the test wants. */
export class FakeWire {
	readonly Serial: SerialConstructor;
	/** What the driver has written since somebody looked. */
	written: Uint8Array[] = [];
	#options: SerialOptions | undefined;
	#serial: Serial | undefined;
	#waiting: Uint8Array | undefined;

	constructor() {
		const wire = this;
		this.Serial = class implements Serial {
			format = "buffer" as const;
			constructor(options: SerialOptions) {
				wire.#options = options;
				wire.#serial = this;
			}
			read(): ArrayBuffer | undefined {
				const bytes = wire.#waiting;
				wire.#waiting = undefined;
				return bytes?.slice().buffer;
			}
			write(buffer: ArrayBuffer | Uint8Array): void {
				wire.written.push(buffer instanceof Uint8Array ? buffer.slice() : new Uint8Array(buffer));
			}
			close(): void {
				wire.#options = undefined;
				wire.#serial = undefined;
			}
		} as unknown as SerialConstructor;
	}

	/** Bytes arrive. */
	say(bytes: Uint8Array): void {
		if (this.#serial === undefined || bytes.length === 0) return;
		this.#waiting = bytes;
		this.#options?.onReadable?.call(this.#serial, bytes.length);
	}

	/** The transmit buffer is empty. */
	drain(): void {
		if (this.#serial !== undefined) this.#options?.onWritable?.call(this.#serial, 128);
	}
}

const readRom = 0x33;
const readScratchpad = 0xbe;
const convert = 0x44;

/** A thermometer on the 1-Wire bus of a {@link FakeWire}: answers what it is asked, slot by slot. */
export class FakeThermometer {
	/** What it reads out next: bytes, the first bit first. */
	answer: (command: number) => Uint8Array = () => new Uint8Array(0);
	#command = 0;
	#bits = 0;
	#reading: Uint8Array | undefined;
	#at = 0;

	/** What the bus shows for what was written on it. */
	echo(written: Uint8Array): Uint8Array {
		const echo = written.slice();
		for (let index = 0; index < written.length; index++) echo[index] = this.#slot(written[index] as number);
		return echo;
	}

	#slot(sent: number): number {
		if (sent === 0xf0) {
			this.#command = 0;
			this.#bits = 0;
			this.#reading = undefined;
			return 0xe0;
		}
		if (this.#reading !== undefined) {
			const byte = this.#reading[this.#at >> 3] ?? 0xff;
			const bit = (byte >> (this.#at & 7)) & 1;
			this.#at++;
			return sent === 0xff && bit === 0 ? 0x80 : sent;
		}
		this.#command |= (sent === 0xff ? 1 : 0) << this.#bits;
		this.#bits++;
		if (this.#bits === 8) {
			const command = this.#command;
			this.#command = 0;
			this.#bits = 0;
			if (command === readScratchpad || command === readRom || command === convert) {
				this.#reading = this.answer(command);
				this.#at = 0;
			}
		}
		return sent;
	}
}

/** Dow CRC of Maxim's application note 27, over all bytes but the last, into the last. */
export function withDowCrc(bytes: Uint8Array): Uint8Array {
	let crc = 0;
	for (let index = 0; index + 1 < bytes.length; index++) {
		crc ^= bytes[index] as number;
		for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0x8c;
	}
	bytes[bytes.length - 1] = crc;
	return bytes;
}

/** A USB device that reports what the test wants. */
export class FakeHID {
	readonly HID: HIDConstructor;
	#options: HIDOptions | undefined;
	#device: HID | undefined;

	constructor() {
		const fake = this;
		this.HID = class implements HID {
			connected = true;
			constructor(options: HIDOptions) {
				fake.#options = options;
				fake.#device = this;
			}
			close(): void {
				fake.#options = undefined;
				fake.#device = undefined;
			}
		} as unknown as HIDConstructor;
	}

	report(bytes: Uint8Array): void {
		if (this.#device !== undefined) this.#options?.onReport.call(this.#device, bytes);
	}

	plug(connected: boolean): void {
		if (this.#device !== undefined) this.#options?.onConnectionChange?.call(this.#device, connected);
	}
}
