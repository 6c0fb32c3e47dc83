import { z } from "zod";
import type { Statement } from "../db/database.ts";

export const deliveryKinds = ["alarm", "webhook", "push", "mail"] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

/** Something on its way to somebody outside. */
export interface Delivery {
	readonly id: number;
	readonly tenantId: string;
	readonly kind: DeliveryKind;
	/** Channel, endpoint or subscription; for a letter the address. */
	readonly destinationId: string;
	/** The same in each attempt, and in a replay. */
	readonly messageId: string;
	/** One line for people who look through the list. */
	readonly subject: string;
	readonly payload: unknown;
	readonly state: "pending" | "delivered" | "dead";
	readonly attempts: number;
	readonly createdAtMs: number;
	readonly dueAtMs: number;
	readonly finishedAtMs: number | null;
	readonly lastError: string | null;
}

const rowSchema = z.object({
	id: z.int(),
	tenant_id: z.string(),
	kind: z.enum(deliveryKinds),
	destination_id: z.string(),
	message_id: z.string(),
	subject: z.string(),
	payload: z.string(),
	state: z.enum(["pending", "delivered", "dead"]),
	attempts: z.int(),
	created_at_ms: z.int(),
	due_at_ms: z.int(),
	finished_at_ms: z.int().nullable(),
	last_error: z.string().nullable(),
});

/** A row of table `delivery`. */
export function deliveryOf(row: unknown): Delivery {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		tenantId: columns.tenant_id,
		kind: columns.kind,
		destinationId: columns.destination_id,
		messageId: columns.message_id,
		subject: columns.subject,
		payload: JSON.parse(columns.payload),
		state: columns.state,
		attempts: columns.attempts,
		createdAtMs: columns.created_at_ms,
		dueAtMs: columns.due_at_ms,
		finishedAtMs: columns.finished_at_ms,
		lastError: columns.last_error,
	};
}

/** The statement that sends a message on its way. The same message goes to one destination once, however often it is said. */
export function deliverLater(
	delivery: Pick<Delivery, "tenantId" | "kind" | "destinationId" | "messageId" | "subject" | "payload">,
	nowMs: number,
): Statement {
	return {
		sql: `INSERT INTO delivery
				(tenant_id, kind, destination_id, message_id, subject, payload, state, created_at_ms, due_at_ms)
			VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?) ON CONFLICT (message_id, destination_id) DO NOTHING`,
		args: [
			delivery.tenantId,
			delivery.kind,
			delivery.destinationId,
			delivery.messageId,
			delivery.subject,
			JSON.stringify(delivery.payload),
			nowMs,
			nowMs,
		],
	};
}
