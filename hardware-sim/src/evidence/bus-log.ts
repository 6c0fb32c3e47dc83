import type { RunTrace } from "../scenario/run-trace.ts";

/** Edges and bytes of one wire that follow each other within this time are one event. */
const burstNs = 1_000_000;
/** A receiver tells of 64 bytes at a time, which take 5.6 ms at 115,200 baud. */
const serialBurstNs = 7_000_000;

/** One thing that happened on a bus or a wire: an I2C write, a run of serial bytes, a burst of edges. */
export interface BusEvent {
	/** When it began and ended, nanoseconds. */
	readonly atNs: number;
	readonly untilNs: number;
	readonly bus: "i2c" | "spi" | "serial" | "gpio";
	/** The wire or the part: `lock_coil`, `hx711_0`, `from-board`. */
	readonly name: string;
	/** In words, or the bytes in hexadecimal. */
	readonly what: string;
}

interface Burst {
	atNs: number;
	untilNs: number;
	readonly bus: BusEvent["bus"];
	readonly name: string;
	edges: number;
	level: number;
	bytes: string;
	byteCount: number;
	/** Bits of a load cell's reading so far. */
	bits: string;
}

/**
 * What went over the wires, as people tell it, newest last. Edges that belong together are one event: the 25 clock
 * pulses of a HX711 with the reading that they fetched, a frame on a display, a tone.
 */
export class BusLog {
	readonly #limit: number;
	readonly #closed: BusEvent[] = [];
	readonly #open = new Map<string, Burst>();
	readonly #levels = new Map<string, number>();
	readonly #listeners: ((event: BusEvent) => void)[] = [];

	/** `limit`: how many events are kept. Listens to the trace from now on. */
	constructor(trace: RunTrace, limit = 400) {
		this.#limit = limit;
		trace.tap((kind, fields) => {
			const [at, first = "", second = ""] = fields;
			if (typeof at !== "number") return;
			if (kind === "wire") this.#edge(at, String(first), Number(second));
			else if (kind === "serial") this.#bytes(at, "serial", String(first), String(second));
			else if (kind === "i2c") this.#bytes(at, "i2c", "display", Number(first).toString(16).padStart(2, "0"));
		});
	}

	/** Hears every event once it is over. */
	listen(listener: (event: BusEvent) => void): void {
		this.#listeners.push(listener);
	}

	/** What has begun and may still go on. */
	unfinished(): BusEvent[] {
		return [...this.#open.values()].filter(isWorthTelling).map(eventOf);
	}

	/** The last events, oldest first. */
	last(count: number): BusEvent[] {
		return [...this.#closed, ...this.unfinished()].sort((a, b) => a.atNs - b.atNs).slice(-count);
	}

	#edge(atNs: number, wire: string, level: number): void {
		// What passes on I2C is told in bytes.
		if (/_(sda|scl)$/.test(wire)) return;
		this.#levels.set(wire, level);
		// The two wires of a load cell are one conversation: its data is read while its clock is high.
		const cell = /^(hx711_.+)_(sck|dt)$/.exec(wire);
		const name = cell?.[1] ?? wire;
		const burst = this.#burst(atNs, /^neopixel/.test(wire) ? "spi" : "gpio", name);
		if (cell?.[2] !== "dt") {
			burst.edges++;
			burst.level = level;
		}
		if (cell?.[2] === "sck" && level === 0) burst.bits += String(this.#levels.get(`${name}_dt`) ?? 0);
	}

	#bytes(atNs: number, bus: "i2c" | "serial", name: string, hexadecimal: string): void {
		const burst = this.#burst(atNs, bus, name);
		burst.byteCount += hexadecimal.length / 2;
		if (burst.bytes.length < 48) burst.bytes += hexadecimal;
	}

	#burst(atNs: number, bus: BusEvent["bus"], name: string): Burst {
		const running = this.#open.get(name);
		if (running !== undefined && atNs - running.untilNs <= (bus === "serial" ? serialBurstNs : burstNs)) {
			running.untilNs = atNs;
			return running;
		}
		if (running !== undefined) this.#close(running);
		const burst: Burst = { atNs, untilNs: atNs, bus, name, edges: 0, level: 0, bytes: "", byteCount: 0, bits: "" };
		this.#open.set(name, burst);
		return burst;
	}

	#close(burst: Burst): void {
		if (!isWorthTelling(burst)) return;
		const event = eventOf(burst);
		for (const listener of this.#listeners) listener(event);
		this.#closed.push(event);
		if (this.#closed.length > 2 * this.#limit) this.#closed.splice(0, this.#limit);
	}
}

/** That a load cell has a reading is told by whoever fetches it. */
function isWorthTelling({ edges, byteCount }: Burst): boolean {
	return edges > 0 || byteCount > 0;
}

function eventOf({ atNs, untilNs, bus, name, edges, level, bytes, byteCount, bits }: Burst): BusEvent {
	const common = { atNs, untilNs, bus, name };
	if (byteCount > 0) {
		const shown = (bytes.match(/../g) ?? []).slice(0, 24).join(" ");
		return { ...common, what: `${byteCount} byte${byteCount === 1 ? "" : "s"}: ${shown}${byteCount > 24 ? " …" : ""}` };
	}
	if (bits.length >= 24) {
		const word = Number.parseInt(bits.slice(0, 24), 2);
		return { ...common, what: `${bits.length} pulses read ${(word << 8) >> 8} counts` };
	}
	if (edges === 1) return { ...common, what: level === 1 ? "rises" : "falls" };
	return { ...common, what: `${edges} edges, ends ${level === 1 ? "high" : "low"}` };
}

/** Lines for people: time in seconds with its nanoseconds, bus, wire, what. */
export function busEventLines(events: readonly BusEvent[]): string[] {
	const width = Math.max(0, ...events.map(({ name }) => name.length));
	return events.map(
		({ atNs, bus, name, what }) =>
			`${(atNs / 1e9).toFixed(9).padStart(14)} s  ${bus.padEnd(6)}  ${name.padEnd(width)}  ${what}`,
	);
}
