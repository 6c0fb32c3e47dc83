import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import { type Database, mustHaveChanged, type Row } from "../db/database.ts";
import { GuardFailed, UniqueViolation } from "../db/writer.ts";
import { type ListQuery, type Page, readList } from "../http/list.ts";

/** What somebody did. */
export interface AuditFact {
	readonly tenantId: string;
	readonly actorKind: string;
	readonly actorId: string;
	/** `patch /api/v1/users/{id}`, `login`. */
	readonly action: string;
	/** What it was done to: the path as it was asked for. */
	readonly target: string;
	/** HTTP status of the answer. */
	readonly status: number;
	readonly requestId: string;
}

export const auditEntrySchema = z
	.object({
		sequence: z.int().openapi({ description: "Counts from 1 in each tenant, without a gap" }),
		at: z.iso.datetime(),
		actorKind: z.string(),
		actorId: z.string(),
		action: z.string().openapi({ example: "patch /api/v1/users/{id}" }),
		target: z.string(),
		status: z.int(),
		requestId: z.string(),
		hash: z.string().openapi({ description: "SHA-256 over this entry and the hash of the one before, base64url" }),
	})
	.openapi("AuditEntry");
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** What a check of the chain found; `firstBroken` is the sequence from which on nothing can be believed. */
export const auditCheckSchema = z
	.object({ intact: z.boolean(), entries: z.int(), firstBroken: z.int().nullable(), lastHash: z.string().nullable() })
	.openapi("AuditCheck");
export type AuditCheck = z.infer<typeof auditCheckSchema>;

const rowSchema = z.object({
	sequence: z.int(),
	at_ms: z.int(),
	actor_kind: z.string(),
	actor_id: z.string(),
	action: z.string(),
	target: z.string(),
	status: z.int(),
	request_id: z.string(),
	hash: z.string(),
});
const headSchema = z.object({ sequence: z.int(), hash: z.string() });
const entriesAtOnce = 1_000;
const mostTries = 10;

/** Who did what: only grows, and each entry carries the hash of the one before, so that none can be changed unseen. */
export class AuditLog {
	readonly #database: Database;
	readonly #clock: Clock;
	#before: Promise<void> = Promise.resolve();

	constructor(options: { database: Database; clock: Clock }) {
		this.#database = options.database;
		this.#clock = options.clock;
	}

	/** Resolves once the entry is durable. Entries of one process go in one after the other. */
	record(fact: AuditFact): Promise<void> {
		const recorded = this.#before.then(() => this.#append(fact));
		const done = (): void => undefined;
		this.#before = recorded.then(done, done);
		return recorded;
	}

	list(tenantId: string, actorId: string | undefined, query: ListQuery): Promise<Page<AuditEntry>> {
		const source = {
			sql: `SELECT * FROM audit_entry WHERE tenant_id = ?1 AND (?2 IS NULL OR actor_id = ?2)`,
			args: [tenantId, actorId ?? null],
			key: ["sequence"],
		} as const;
		return readList(this.#database, source, query, entryOf);
	}

	/** Computes the whole chain of a tenant anew. */
	async verify(tenantId: string): Promise<AuditCheck> {
		let previous: string | null = null;
		let sequence = 0;
		for (;;) {
			const rows: Row[] = await this.#database.read(
				"SELECT * FROM audit_entry WHERE tenant_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
				[tenantId, sequence, entriesAtOnce],
			);
			for (const row of rows) {
				const entry = rowSchema.parse(row);
				const expected = hashOf(previous, tenantId, entry);
				if (entry.sequence !== sequence + 1 || entry.hash !== expected) {
					return { intact: false, entries: sequence, firstBroken: sequence + 1, lastHash: previous };
				}
				previous = entry.hash;
				sequence = entry.sequence;
			}
			if (rows.length < entriesAtOnce)
				return { intact: true, entries: sequence, firstBroken: null, lastHash: previous };
		}
	}

	async #append(fact: AuditFact): Promise<void> {
		const { tenantId, actorKind, actorId, action, target, status, requestId } = fact;
		for (let attempt = 1; ; attempt += 1) {
			const [row] = await this.#database.read(
				"SELECT sequence, hash FROM audit_entry WHERE tenant_id = ? ORDER BY sequence DESC LIMIT 1",
				[tenantId],
			);
			const head = row && headSchema.parse(row);
			const previous = head?.hash ?? null;
			const entry = {
				sequence: (head?.sequence ?? 0) + 1,
				at_ms: this.#clock.now(),
				actor_kind: actorKind,
				actor_id: actorId,
				action,
				target,
				status,
				request_id: requestId,
			};
			try {
				await this.#database.write([
					{
						sql: `INSERT INTO audit_entry (tenant_id, sequence, at_ms, actor_kind, actor_id, action, target, status, request_id, hash)
							VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
						args: [tenantId, ...Object.values(entry), hashOf(previous, tenantId, entry)],
					},
					mustHaveChanged("audit entry"),
				]);
				return;
			} catch (error) {
				// Another process was faster: its entry is the one before.
				const isRace = error instanceof UniqueViolation || error instanceof GuardFailed;
				if (!isRace || attempt >= mostTries) throw error;
			}
		}
	}
}

type Hashed = Omit<z.infer<typeof rowSchema>, "hash">;

function hashOf(previous: string | null, tenantId: string, entry: Hashed): string {
	const { sequence, at_ms, actor_kind, actor_id, action, target, status, request_id } = entry;
	const text = JSON.stringify([
		previous,
		tenantId,
		sequence,
		at_ms,
		actor_kind,
		actor_id,
		action,
		target,
		status,
		request_id,
	]);
	return createHash("sha256").update(text).digest("base64url");
}

function entryOf(row: Row): AuditEntry {
	const { at_ms, actor_kind, actor_id, request_id, ...rest } = rowSchema.parse(row);
	return {
		...rest,
		at: new Date(at_ms).toISOString(),
		actorKind: actor_kind,
		actorId: actor_id,
		requestId: request_id,
	};
}
