import type { Clock } from "@visionvend/sdk/clock";
import { type Random, randomId } from "@visionvend/sdk/random";
import { z } from "zod";
import type { Database } from "../db/database.ts";

const base64url = (bytes: number) =>
	z
		.string()
		.regex(/^[\w-]+={0,2}$/)
		.refine((text) => Buffer.from(text, "base64url").byteLength === bytes, `${bytes} bytes as base64url`);

/** What a browser gives for `PushManager.subscribe()` (W3C Push API, `PushSubscription.toJSON()`). */
export const browserSubscriptionSchema = z.object({
	endpoint: z.url({ protocol: /^https$/ }).max(2_000),
	keys: z.object({
		/** Uncompressed point on P-256. */
		p256dh: base64url(65),
		auth: base64url(16),
	}),
});
export type BrowserSubscription = z.infer<typeof browserSubscriptionSchema>;

const rowSchema = z.object({ id: z.string(), endpoint: z.string(), p256dh: z.string(), auth: z.string() });

/** One browser of a shopper. */
export interface PushSubscription {
	readonly id: string;
	readonly endpoint: string;
	readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** The push services of the browsers; a subscription to any other host is not one of a browser. */
const knownHosts = [
	"fcm.googleapis.com",
	"updates.push.services.mozilla.com",
	"web.push.apple.com",
	".notify.windows.com",
] as const;
const mostPerShopper = 10;

/** The browsers that want to be told what a shopper paid. */
export class PushSubscriptions {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #random: Random;
	readonly #hosts: readonly string[];

	/** `moreHosts`: push services beside those of the browsers, for a simulation. */
	constructor(options: { database: Database; clock: Clock; random: Random; moreHosts?: readonly string[] }) {
		this.#database = options.database;
		this.#clock = options.clock;
		this.#random = options.random;
		this.#hosts = [...knownHosts, ...(options.moreHosts ?? [])];
	}

	/** Whether the endpoint is one of a browser's push service. */
	isKnown(endpoint: string): boolean {
		const { hostname } = new URL(endpoint);
		return this.#hosts.some((host) => (host.startsWith(".") ? hostname.endsWith(host) : hostname === host));
	}

	/** Keeps the shopper's ten newest. A browser that somebody else was signed in to before is the shopper's now. */
	async add(tenantId: string, shopperId: string, { endpoint, keys }: BrowserSubscription): Promise<string> {
		const id = randomId(this.#random);
		await this.#database.write([
			{ sql: "DELETE FROM push_subscription WHERE endpoint = ?", args: [endpoint] },
			{
				sql: `INSERT INTO push_subscription (id, tenant_id, shopper_id, endpoint, p256dh, auth, created_at_ms)
					VALUES (?, ?, ?, ?, ?, ?, ?)`,
				args: [id, tenantId, shopperId, endpoint, keys.p256dh, keys.auth, this.#clock.now()],
			},
			{
				sql: `DELETE FROM push_subscription WHERE tenant_id = ?1 AND shopper_id = ?2 AND id NOT IN
						(SELECT id FROM push_subscription WHERE tenant_id = ?1 AND shopper_id = ?2
							ORDER BY created_at_ms DESC, rowid DESC LIMIT ?3)`,
				args: [tenantId, shopperId, mostPerShopper],
			},
		]);
		return id;
	}

	async of(tenantId: string, shopperId: string): Promise<PushSubscription[]> {
		const rows = await this.#database.read(
			"SELECT * FROM push_subscription WHERE tenant_id = ? AND shopper_id = ? ORDER BY created_at_ms, rowid",
			[tenantId, shopperId],
		);
		return rows.map(subscriptionOf);
	}

	async find(tenantId: string, id: string): Promise<PushSubscription | undefined> {
		const [row] = await this.#database.read("SELECT * FROM push_subscription WHERE tenant_id = ? AND id = ?", [
			tenantId,
			id,
		]);
		return row && subscriptionOf(row);
	}

	async remove(tenantId: string, id: string): Promise<void> {
		await this.#database.write([
			{ sql: "DELETE FROM push_subscription WHERE tenant_id = ? AND id = ?", args: [tenantId, id] },
		]);
	}
}

function subscriptionOf(row: unknown): PushSubscription {
	const { id, endpoint, p256dh, auth } = rowSchema.parse(row);
	return { id, endpoint, keys: { p256dh, auth } };
}
