import { z } from "zod";
import type { Statement } from "../db/database.ts";

/** A message that waits to be published; sealed when it leaves. */
export const publishPayloadSchema = z.object({
	machineId: z.string(),
	to: z.enum(["controller", "pi"]),
	topic: z.string(),
	nonce: z.string().optional(),
	body: z.record(z.string(), z.unknown()),
	/** What to log as it leaves; null: nothing. */
	log: z.string().nullable(),
	saleId: z.string(),
});

/** A message that waits to be published; sealed when it leaves. */
export type PublishPayload = z.infer<typeof publishPayloadSchema>;

/**
 * The statement that puts a message into the outbox. Effects of one lane leave in the order they were put in; lanes do
 * not wait for each other. After `expiresAtMs` the message is not sent any more.
 */
export function publishLater(
	payload: PublishPayload,
	times: { readonly lane: string; readonly nowMs: number; readonly expiresAtMs?: number },
): Statement {
	return {
		sql: `INSERT INTO outbox (kind, lane, payload, state, created_at_ms, due_at_ms, expires_at_ms)
			VALUES ('publish', ?, ?, 'pending', ?, ?, ?)`,
		args: [times.lane, JSON.stringify(payload), times.nowMs, times.nowMs, times.expiresAtMs ?? null],
	};
}

/** The statement that puts the call of a payment operation into the outbox, for `dueAtMs`. */
export function payLater(
	key: string,
	times: { readonly lane: string; readonly nowMs: number; readonly dueAtMs: number },
): Statement {
	return {
		sql: `INSERT INTO outbox (kind, lane, payload, operation, state, created_at_ms, due_at_ms)
			VALUES ('payment', ?, '{}', ?, 'pending', ?, ?)`,
		args: [times.lane, key, times.nowMs, times.dueAtMs],
	};
}
