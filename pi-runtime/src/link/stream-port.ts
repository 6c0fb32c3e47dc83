import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "@visionvend/sdk/clock";
import type { SerialPortLike } from "./serial-port.ts";

/** The wait before a lost port is opened again doubles from the first to the second. */
const reopenMs = { first: 250, last: 5_000 };

/**
 * Opens the wire that `uart` names: a serial device (`/dev/serial0`, at `baud`), or `tcp://host:port` where a simulator
 * or a serial-to-network adapter offers one. A wire that is absent or breaks is opened again and again;
 * `onProblem` hears why, once for each outage.
 */
export async function openSerialPort(options: {
	uart: string;
	baud: number;
	clock: Clock;
	onProblem(problem: string): void;
}): Promise<SerialPortLike> {
	const { uart, baud, clock, onProblem } = options;
	const address = tcpAddress(uart);
	if (address !== undefined) {
		return new StreamPort(() => createConnection({ ...address, noDelay: true }), "connect", uart, clock, onProblem);
	}
	// Only here, because loading the native binding takes time and a simulation never needs it.
	const { SerialPort } = await import("serialport");
	return new StreamPort(() => new SerialPort({ path: uart, baudRate: baud }), "open", uart, clock, onProblem);
}

/** The address in `tcp://host:port`, or `undefined` when `uart` is a path. */
function tcpAddress(uart: string): { host: string; port: number } | undefined {
	if (!uart.startsWith("tcp:")) return undefined;
	const { hostname, port } = new URL(uart);
	// The URL keeps the brackets of an IPv6 address, which the socket does not want.
	return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

class StreamPort implements SerialPortLike {
	readonly #open: () => Duplex;
	readonly #openedEvent: string;
	readonly #name: string;
	readonly #clock: Clock;
	readonly #onProblem: (problem: string) => void;
	readonly #listeners: ((bytes: Uint8Array) => void)[] = [];
	#stream: Duplex | undefined;
	#ready = false;
	#closed = false;
	#waitMs = reopenMs.first;
	#outageTold = false;
	#cancelReopen: (() => void) | undefined;

	constructor(
		open: () => Duplex,
		openedEvent: string,
		name: string,
		clock: Clock,
		onProblem: (problem: string) => void,
	) {
		this.#open = open;
		this.#openedEvent = openedEvent;
		this.#name = name;
		this.#clock = clock;
		this.#onProblem = onProblem;
		this.#connect();
	}

	write(bytes: Uint8Array): void {
		if (this.#ready) this.#stream?.write(bytes);
	}

	onData(listener: (bytes: Uint8Array) => void): void {
		this.#listeners.push(listener);
	}

	close(): void {
		this.#closed = true;
		this.#ready = false;
		this.#cancelReopen?.();
		this.#stream?.destroy();
		this.#stream = undefined;
	}

	#connect(): void {
		const stream = this.#open();
		this.#stream = stream;
		stream.on(this.#openedEvent, () => {
			this.#ready = true;
			this.#waitMs = reopenMs.first;
			this.#outageTold = false;
		});
		stream.on("data", (bytes: Uint8Array) => {
			for (const listener of this.#listeners) listener(bytes);
		});
		stream.on("error", (error) => this.#lost(stream, error.message));
		stream.on("end", () => this.#lost(stream, "the other side closed it"));
		stream.on("close", () => this.#lost(stream, "it was closed"));
	}

	#lost(stream: Duplex, problem: string): void {
		// A stream tells of its end in several events; the first one counts.
		if (this.#closed || stream !== this.#stream) return;
		this.#stream = undefined;
		this.#ready = false;
		stream.destroy();
		if (!this.#outageTold) {
			this.#outageTold = true;
			this.#onProblem(
				`The wire to the controller (${this.#name}) is down: ${problem}. It is opened again from now on.`,
			);
		}
		this.#cancelReopen = this.#clock.after(this.#waitMs, () => this.#connect());
		this.#waitMs = Math.min(2 * this.#waitMs, reopenMs.last);
	}
}
