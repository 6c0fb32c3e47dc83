import type { Clock } from "@visionvend/sdk/clock";
import type { LogEntry } from "@visionvend/sdk/log";
import {
	type DeviceLogsBody,
	logLevels,
	mostLogDetail,
	mostLogEntriesAtOnce,
} from "@visionvend/sdk/protocol/device-logs";

type Line = DeviceLogsBody["entries"][number];

/** Lines that wait for the cloud, at most; the oldest give way. All of them are in the journal of this machine. */
const mostWaiting = 500;

/** Bytes of lines in one message: sealed in an envelope they stay below `maximumNodeTokenCharacters`. */
const mostBytes = 8_192;

/** The lines of the log, from a level on, that the cloud has not taken yet. */
export class LogBuffer {
	readonly #clock: Clock;
	readonly #lowest: number;
	readonly #waiting: Line[] = [];
	#sequence = 0;
	/** Told when a line waits. */
	onLine: () => void = () => undefined;

	constructor(clock: Clock, level: LogEntry["level"]) {
		this.#clock = clock;
		this.#lowest = logLevels.indexOf(level);
	}

	add({ level, room: _room, event, ...fields }: LogEntry): void {
		if (logLevels.indexOf(level) < this.#lowest) return;
		this.#sequence += 1;
		const detail = JSON.stringify(fields).slice(0, mostLogDetail);
		const atMs = Math.round(this.#clock.now());
		this.#waiting.push({ seq: this.#sequence, atMs, level, event: event.slice(0, 64), detail });
		if (this.#waiting.length > mostWaiting) this.#waiting.shift();
		this.onLine();
	}

	/** The oldest ones, as many as a message carries. */
	oldest(): Line[] {
		const lines: Line[] = [];
		let bytes = 0;
		for (const line of this.#waiting.slice(0, mostLogEntriesAtOnce)) {
			bytes += Buffer.byteLength(JSON.stringify(line));
			if (bytes > mostBytes && lines.length > 0) break;
			lines.push(line);
		}
		return lines;
	}

	/** The broker has all up to this one. */
	forget(upTo: number): void {
		while ((this.#waiting[0]?.seq ?? Number.POSITIVE_INFINITY) <= upTo) this.#waiting.shift();
	}
}
