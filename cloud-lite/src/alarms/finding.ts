import type { RuleName } from "./rule.ts";
import type { FiguresOf } from "./rule-store.ts";

/** A cause for an alarm, as it is now. */
export interface Finding {
	readonly tenantId: string;
	readonly rule: RuleName;
	/** `""`: the service itself. */
	readonly machineId: string;
	/** What of it; `""`: all. */
	readonly subject: string;
	/** One line without a full stop. */
	readonly summary: string;
	/** The machine's name. */
	readonly source: string;
	readonly details: Readonly<Record<string, string | number>>;
	/** It counts only when it has lasted as long as the rule says, counted from this moment or the first sight of it. */
	readonly lastingSinceMs?: number;
	/** It happened once, at this moment, and is never over by itself. */
	readonly happenedAtMs?: number;
}

/** Looks for the causes that are there now, of all tenants. */
export type Watch = (figuresOf: FiguresOf, nowMs: number) => Promise<Finding[]>;
