/** One thing that happened. Everything beside the three fixed fields says more about it. Never a secret. */
export interface LogEntry {
	readonly level: "info" | "warn" | "error";
	/** Who says so: `cloud`, `pi`, `controller`. */
	readonly room: string;
	/** What happened, `subject.verb`: `payment.held`. */
	readonly event: string;
	readonly [field: string]: unknown;
}

/** Where a room tells what happens in it. */
export type Log = (entry: LogEntry) => void;
