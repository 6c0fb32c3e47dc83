import { type BusEvent, BusLog } from "../evidence/bus-log.ts";
import type { RunTrace } from "../scenario/run-trace.ts";

/** Longer than the pause that ends any event of a bus. */
const overAfterNs = 8_000_000;

/** Events of wires and buses as soon as they are over: a bus log alone tells of one only when the next one begins. */
export class WireLines {
	readonly #log: BusLog;
	#waiting: BusEvent[] = [];
	/** Begin of the event that was told while it was the last one of its wire. */
	readonly #told = new Map<string, number>();

	constructor(trace: RunTrace) {
		this.#log = new BusLog(trace);
		this.#log.listen((event) => this.#take(event));
	}

	/** What is new at `nowNs`, oldest first. */
	read(nowNs: number): BusEvent[] {
		for (const event of this.#log.unfinished()) if (nowNs - event.untilNs > overAfterNs) this.#take(event);
		const events = this.#waiting.sort((a, b) => a.atNs - b.atNs);
		this.#waiting = [];
		return events;
	}

	#take(event: BusEvent): void {
		if (this.#told.get(event.name) === event.atNs) return;
		this.#told.set(event.name, event.atNs);
		this.#waiting.push(event);
	}
}
