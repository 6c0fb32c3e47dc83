import type { Statement } from "../db/database.ts";

/** Where in a controller's life a message was made; together with the machine it names the message. */
export interface Moment {
	readonly boot: number;
	readonly seq: number;
}

/** The claim `jti` of a controller: `${boot}-${seq}`. */
export function momentOf(jti: string, seq: number): Moment | undefined {
	const match = /^(\d{1,10})-(\d{1,16})$/.exec(jti);
	if (!match?.[1] || Number(match[2]) !== seq) return undefined;
	return { boot: Number(match[1]), seq };
}

// A Pi may hand over messages of earlier lives of its controller; older ones are not remembered and not believed.
const rememberedBoots = 8;
const rememberedMessages = 4_096;

/**
 * Whether a message is too old for its repetition to be recognised.
 * @param latest the machine's latest life, and the latest message of the life that this one is of, when one is known
 */
export function isForgotten(
	{ boot, seq }: Moment,
	latest: { readonly boot: number; readonly seq: number | null },
): boolean {
	return boot < latest.boot - rememberedBoots || (latest.seq !== null && seq < latest.seq - rememberedMessages);
}

/** Remembers a message, and that the machine lives. Fails with a UniqueViolation when it was seen before. */
export function seenStatements(machineId: string, { boot, seq }: Moment, nowMs: number): Statement[] {
	return [
		{ sql: "INSERT INTO status_seen (machine_id, boot, seq) VALUES (?, ?, ?)", args: [machineId, boot, seq] },
		{
			sql: "DELETE FROM status_seen WHERE machine_id = ?1 AND (boot < ?2 OR (boot = ?3 AND seq < ?4))",
			args: [machineId, boot - rememberedBoots - 1, boot, seq - rememberedMessages],
		},
		{
			sql: "UPDATE machine SET last_seen_at_ms = ?, boot = MAX(boot, ?) WHERE id = ?",
			args: [nowMs, boot, machineId],
		},
		{ sql: "UPDATE device SET last_seen_at_ms = ? WHERE id = ?", args: [nowMs, `${machineId}-controller`] },
	];
}
