import { z } from "zod";
import { type Severity, severitySchema } from "../notify/notice.ts";

export const ruleNames = [
	"database_failure",
	"device_offline",
	"door_ajar",
	"door_forced",
	"error_rate",
	"keys_not_taken",
	"low_stock",
	"machine_fault",
	"payment_failures",
	"resource_exhaustion",
	"temperature",
] as const;
export const ruleNameSchema = z.enum(ruleNames);
export type RuleName = z.infer<typeof ruleNameSchema>;

/** The figures of a rule, as they count for a machine. */
export interface Figures {
	readonly enabled: boolean;
	/** In the rule's own unit; see `rules`. */
	readonly threshold: number;
	/** The time that the rule looks back, or that its cause has to last, milliseconds. */
	readonly withinMs: number;
	readonly severity: Severity;
	/** How often people are told again while nobody has taken the alarm on, milliseconds; 0: never. */
	readonly repeatMs: number;
}

export const figuresSchema = z.object({
	enabled: z.boolean(),
	threshold: z.int().min(-10_000).max(1_000_000_000),
	withinMs: z.int().min(0).max(86_400_000),
	severity: severitySchema,
	repeatMs: z
		.int()
		.min(0)
		.max(7 * 86_400_000),
}) satisfies z.ZodType<Figures>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What each rule says, and the figures that count where a tenant has said nothing else. */
export const rules: Readonly<Record<RuleName, { readonly says: string; readonly usual: Figures }>> = Object.freeze({
	database_failure: {
		says: "The database does not answer. The threshold is the number of checks in a row that failed.",
		usual: { enabled: true, threshold: 2, withinMs: 0, severity: "critical", repeatMs: hourMs },
	},
	device_offline: {
		says: "A machine has said nothing for longer than `withinMs`.",
		usual: { enabled: true, threshold: 0, withinMs: 10 * minuteMs, severity: "critical", repeatMs: 4 * hourMs },
	},
	door_ajar: {
		says: "A door stands open for longer than `withinMs` although it should be closed.",
		usual: { enabled: true, threshold: 0, withinMs: minuteMs / 2, severity: "warning", repeatMs: hourMs },
	},
	door_forced: {
		says: "A door opened that nobody had unlocked. Stays until a person resolves it.",
		usual: { enabled: true, threshold: 0, withinMs: 0, severity: "critical", repeatMs: hourMs },
	},
	error_rate: {
		says: "More than `threshold` percent of the requests within `withinMs` ended in an error of the service (5xx).",
		usual: { enabled: true, threshold: 5, withinMs: 5 * minuteMs, severity: "critical", repeatMs: hourMs },
	},
	keys_not_taken: {
		says: "A machine has not taken its new keys by the deadline.",
		usual: { enabled: true, threshold: 0, withinMs: 0, severity: "critical", repeatMs: 24 * hourMs },
	},
	low_stock: {
		says: "A product, or a bin of a machine, has run low.",
		usual: { enabled: true, threshold: 0, withinMs: 0, severity: "warning", repeatMs: 24 * hourMs },
	},
	machine_fault: {
		says: "A machine reports a fault of one of its parts.",
		usual: { enabled: true, threshold: 0, withinMs: 0, severity: "warning", repeatMs: 24 * hourMs },
	},
	payment_failures: {
		says: "At least `threshold` payments of a machine failed within `withinMs`.",
		usual: { enabled: true, threshold: 3, withinMs: 15 * minuteMs, severity: "critical", repeatMs: hourMs },
	},
	resource_exhaustion: {
		says: "Memory or disk is used by `threshold` percent or more; of a controller: less than 8 KiB of memory is free.",
		usual: { enabled: true, threshold: 90, withinMs: 0, severity: "warning", repeatMs: 4 * hourMs },
	},
	temperature: {
		says: "It is warmer than `threshold` hundredths of a degree Celsius for longer than `withinMs`.",
		usual: { enabled: true, threshold: 500, withinMs: 15 * minuteMs, severity: "critical", repeatMs: hourMs },
	},
});
