import { createRequire } from "node:module";
import type { Clock } from "@visionvend/sdk/clock";

/**
 * Tells systemd how the service does: sd_notify(3), a datagram to the socket that `NOTIFY_SOCKET` names. Without that
 * variable nobody asked, and nothing is sent.
 */
export class Supervisor {
	readonly #send: (text: string) => void;
	readonly #clock: Clock;
	/** Half of what systemd waits before it kills: `WATCHDOG_USEC`. */
	readonly #everyMs: number | undefined;
	#cancel: (() => void) | undefined;

	constructor(environment: Readonly<Record<string, string | undefined>>, clock: Clock) {
		const path = environment.NOTIFY_SOCKET ?? "";
		this.#send = path === "" ? () => undefined : datagramSender(path);
		this.#clock = clock;
		const microseconds = Number(environment.WATCHDOG_USEC ?? "");
		this.#everyMs = microseconds > 0 ? microseconds / 2_000 : undefined;
	}

	/** The service works. From now on it says so again and again, as long as its event loop turns. */
	ready(): void {
		this.#send("READY=1");
		this.#beat();
	}

	stopping(): void {
		this.#cancel?.();
		this.#send("STOPPING=1");
	}

	#beat(): void {
		if (this.#everyMs === undefined) return;
		this.#send("WATCHDOG=1");
		this.#cancel = this.#clock.after(this.#everyMs, () => this.#beat());
	}
}

const addressFamilyUnix = 1;
const socketDatagram = 2;
const closeOnExec = 0o2000000;

/** Node has no datagrams over Unix sockets (unix(7)); the C library has. Throws one sentence where it cannot be asked. */
function datagramSender(path: string): (text: string) => void {
	let koffi: typeof import("koffi");
	try {
		koffi = createRequire(import.meta.url)("koffi");
	} catch (error) {
		throw new Error(
			`systemd cannot be told that the service works: the npm package koffi does not load (${String(error)}). Set Type=simple in the unit, or run npm install again.`,
		);
	}
	const library = koffi.load(null);
	const socket = library.func("int socket(int domain, int type, int protocol)");
	const sendto = library.func(
		"long sendto(int fd, const void *bytes, size_t count, int flags, const void *address, unsigned int addressBytes)",
	);
	const descriptor: number = socket(addressFamilyUnix, socketDatagram | closeOnExec, 0);
	// A name that begins with @ is abstract: its first byte is 0.
	const name = Buffer.from(path.replace(/^@/, "\0"));
	const address = Buffer.concat([Buffer.from(new Uint16Array([addressFamilyUnix]).buffer), name]);
	return (text) => {
		const bytes = Buffer.from(text);
		if (sendto(descriptor, bytes, bytes.length, 0, address, address.length) !== bytes.length)
			process.stderr.write(`systemd did not take "${text}" at ${path}: errno ${koffi.errno()}\n`);
	};
}
