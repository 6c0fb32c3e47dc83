import { z } from "zod";

export const severities = ["info", "warning", "critical"] as const;
export const severitySchema = z.enum(severities);
export type Severity = z.infer<typeof severitySchema>;

/** What people are told of an alarm, whatever way it takes to them. */
export const noticeSchema = z.object({
	/** What happened to the alarm: it was opened or goes on, somebody looks after it, it is over. */
	action: z.enum(["trigger", "acknowledge", "resolve"]),
	/** The same for all notices of one alarm. */
	alarmId: z.string(),
	severity: severitySchema,
	/** One line without a full stop: `Lobby fridge has been offline for 11 minutes`. */
	summary: z.string(),
	/** What it is about: the machine's name, or the service. */
	source: z.string(),
	/** Name of the rule: `device_offline`. */
	rule: z.string(),
	atMs: z.int(),
	details: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Notice = z.infer<typeof noticeSchema>;

const words = {
	trigger: { info: "Note", warning: "Warning", critical: "Critical" },
	acknowledge: "Taken on",
	resolve: "Over",
};

/** `Critical: Lobby fridge has been offline for 11 minutes`. */
export function headline({ action, severity, summary }: Notice): string {
	return `${action === "trigger" ? words.trigger[severity] : words[action]}: ${summary}`;
}

/** A few lines of plain text. */
export function plainText(notice: Notice): string {
	const { source, rule, atMs, details } = notice;
	return [
		headline(notice),
		"",
		`Where: ${source}`,
		`Rule: ${rule}`,
		`When: ${new Date(atMs).toISOString()}`,
		...Object.entries(details).map(([name, value]) => `${name}: ${value}`),
	].join("\n");
}
