import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Clock } from "@visionvend/sdk/clock";
import type { Actor } from "../auth/actor.ts";
import type { Database } from "../db/database.ts";
import type { SealedText } from "../db/sealed-text.ts";
import { UniqueViolation } from "../db/writer.ts";
import { Problem } from "./problem.ts";

/** HTTP header that makes repeating a POST harmless. */
export const idempotencyHeaders = z.object({
	"idempotency-key": z
		.string()
		.min(1)
		.max(255)
		.regex(/^[\x21-\x7e]+$/)
		.optional()
		.openapi({ description: "Repeating a request with the same key gives the same answer and does nothing twice" }),
});

/** As long as Stripe keeps its keys. */
const livesMs = 24 * 3_600_000;

const rowSchema = z.object({ request_hash: z.string(), status: z.int().nullable(), answer: z.string().nullable() });
const answerSchema = z.object({ body: z.string(), headers: z.record(z.string(), z.string()) });

/** Remembers the answers to POSTs that came with an `Idempotency-Key`. Answers are kept encrypted: some hold new keys. */
export class Idempotency {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #sealing: SealedText;

	constructor(options: { database: Database; clock: Clock; sealing: SealedText }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#sealing = options.sealing;
	}

	/**
	 * Does the work once for a key; the same request again gets the first answer. What ended in a problem was not done, and
	 * may be tried again under its key.
	 * @throws Problem 409 while the first one is under way, or when the key came with another request
	 */
	async once(actor: Actor, key: string, request: readonly unknown[], work: () => Promise<Response>): Promise<Response> {
		const who = `${actor.kind} ${actor.id}`;
		const hash = createHash("sha256").update(JSON.stringify(request)).digest("base64url");
		const nowMs = this.#clock.now();
		const place = `${actor.tenantId} ${who} ${key}`;
		const where = "tenant_id = ? AND actor = ? AND key = ?";
		const names = [actor.tenantId, who, key];
		try {
			await this.#database.write([
				{ sql: "DELETE FROM idempotent_request WHERE created_at_ms <= ?", args: [nowMs - livesMs] },
				{
					sql: "INSERT INTO idempotent_request (tenant_id, actor, key, request_hash, created_at_ms) VALUES (?, ?, ?, ?, ?)",
					args: [...names, hash, nowMs],
				},
			]);
		} catch (error) {
			if (!(error instanceof UniqueViolation)) throw error;
			const [row] = await this.#database.read(`SELECT * FROM idempotent_request WHERE ${where}`, names);
			return this.#replay(row, hash, place);
		}
		try {
			const response = await work();
			const body = await response.clone().text();
			const answer = this.#sealing.seal(JSON.stringify({ body, headers: keptHeaders(response) }), place);
			await this.#database.write([
				{
					sql: `UPDATE idempotent_request SET status = ?, answer = ? WHERE ${where}`,
					args: [response.status, answer, ...names],
				},
			]);
			return response;
		} catch (error) {
			if (error instanceof Problem) {
				await this.#database.write([{ sql: `DELETE FROM idempotent_request WHERE ${where}`, args: names }]);
			}
			throw error;
		}
	}

	#replay(row: unknown, hash: string, place: string): Response {
		const found = row === undefined ? undefined : rowSchema.parse(row);
		if (found && found.request_hash !== hash) {
			throw new Problem(
				409,
				"idempotency_key_reused",
				"This Idempotency-Key came with another request before; take a new key for a new request.",
			);
		}
		if (!found?.answer || found.status === null) {
			throw new Problem(
				409,
				"request_under_way",
				"A request with this Idempotency-Key is under way, or was cut off; look whether it was done before you take a new key.",
				{},
				{ "retry-after": "2" },
			);
		}
		const { body, headers } = answerSchema.parse(JSON.parse(this.#sealing.open(found.answer, place)));
		return new Response(body, { status: found.status, headers: { ...headers, "idempotency-replayed": "true" } });
	}
}

function keptHeaders(response: Response): Record<string, string> {
	const kept: Record<string, string> = {};
	for (const name of ["content-type", "etag"]) {
		const value = response.headers.get(name);
		if (value !== null) kept[name] = value;
	}
	return kept;
}
