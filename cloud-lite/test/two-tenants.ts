import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogEntry } from "@visionvend/sdk/log";
import { AccessTokens } from "../src/auth/access-token.ts";
import { newApiKey } from "../src/auth/api-key.ts";
import { type Role, roleGrants } from "../src/auth/permission.ts";
import { type Database, openDatabase } from "../src/db/database.ts";
import { type Cloud, type CloudConfiguration, type CloudPorts, createCloud } from "../src/index.ts";
import { copyEmptyDatabase } from "./empty-database.ts";
import { TestBroker } from "./test-broker.ts";
import { TestClock } from "./test-clock.ts";
import { countingRandom, jwtSecret, products } from "./world.ts";

/** Everybody that a route of a tenant can meet. */
export const callers = ["anonymous", "viewer", "operator", "admin", "platform", "apiKey", "device", "shopper"] as const;
export type Caller = (typeof callers)[number];

/** One of the two tenants: the ids of what it has. */
export interface TestTenant {
	readonly id: string;
	readonly machineId: string;
	readonly locationId: string;
	readonly shopperId: string;
	/** Of users, by role. */
	readonly userIds: Readonly<Record<Role, string>>;
	/** Of a program and of the machine's device. */
	readonly keys: Readonly<Record<"apiKey" | "device", string>>;
}

/** A cloud with two tenants, `alpha` and `beta`, each with a machine, a location, people of every role, keys and a shopper. */
export class TwoTenants {
	readonly clock = new TestClock();
	readonly broker = new TestBroker();
	readonly log: LogEntry[] = [];
	readonly folder = mkdtempSync(join(tmpdir(), "visionvend-tenants-"));
	cloud!: Cloud;
	/** The cloud's own store, for what a test has to put there. */
	database!: Database;
	alpha!: TestTenant;
	beta!: TestTenant;

	/** `ports` replaces some of the cloud's ports; `configuration` is added to it. */
	static async open(
		ports: Partial<CloudPorts> = {},
		configuration: Partial<CloudConfiguration> = {},
	): Promise<TwoTenants> {
		const world = new TwoTenants();
		await copyEmptyDatabase(join(world.folder, "cloud.db"), world.clock);
		world.cloud = await createCloud(
			{ databaseUrl: `file:${join(world.folder, "cloud.db")}`, jwtSecret, ...configuration },
			{
				clock: world.clock,
				random: countingRandom(1),
				broker: world.broker.client("cloud"),
				stripe: undefined,
				log: (entry) => world.log.push(entry),
				openDatabase: async (url) => {
					const opened = await openDatabase(url, "process-crash");
					if (url.endsWith("cloud.db")) world.database = opened;
					return opened;
				},
				...ports,
			},
		);
		world.alpha = await world.#tenant("alpha", 11);
		world.beta = await world.#tenant("beta", 22);
		return world;
	}

	/** Another instance of the cloud over the same database, on the same clock. The caller closes it. */
	another(ports: Partial<CloudPorts>, configuration: Partial<CloudConfiguration>): Promise<Cloud> {
		return createCloud(
			{ databaseUrl: `file:${join(this.folder, "cloud.db")}`, jwtSecret, ...configuration },
			{
				clock: this.clock,
				random: countingRandom(99),
				broker: this.broker.client("another"),
				stripe: undefined,
				log: (entry) => this.log.push(entry),
				...ports,
			},
		);
	}

	async #tenant(id: string, seed: number): Promise<TestTenant> {
		const nowMs = this.clock.now();
		const random = countingRandom(seed);
		const machineId = `${id}-fridge`;
		const locationId = `${id}-lobby`;
		const shopperId = `${id}-ada`;
		const apiKey = newApiKey(random);
		const deviceKey = newApiKey(random);
		const roles = ["viewer", "operator", "admin", "platform"] as const;
		await this.database.write([
			{ sql: "INSERT INTO tenant (id, slug, name, created_at_ms) VALUES (?1, ?1, ?1, ?2)", args: [id, nowMs] },
			{
				sql: "INSERT INTO location (id, tenant_id, name, created_at_ms) VALUES (?, ?, 'Lobby', ?)",
				args: [locationId, id, nowMs],
			},
			{
				sql: "INSERT INTO shopper (id, tenant_id, created_at_ms) VALUES (?, ?, ?)",
				args: [shopperId, id, nowMs],
			},
			...roles.flatMap((role) => [
				{
					sql: "INSERT INTO user (id, tenant_id, email, name, role, created_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
					args: [`${id}-${role}`, id, `${role}@${id}.example`, `${id} ${role}`, role, nowMs],
				},
				{
					sql: `INSERT INTO login_session (id, tenant_id, user_id, created_at_ms, expires_at_ms)
						VALUES (?, ?, ?, ?, ?)`,
					args: [`${id}-${role}-session`, id, `${id}-${role}`, nowMs, nowMs + 365 * 86_400_000],
				},
			]),
		]);
		await this.cloud.addMachine({
			tenantId: id,
			machineId,
			name: `${id} fridge`,
			currency: "usd",
			holdCents: 500,
			products: [...products],
		});
		const insertKey = "INSERT INTO api_key (id, tenant_id, secret_hash, name, scopes, machine_id, created_at_ms)";
		await this.database.write([
			{
				sql: `${insertKey} VALUES (?, ?, ?, 'program', '["*:read","*:write"]', NULL, ?)`,
				args: [apiKey.id, id, apiKey.secretHash, nowMs],
			},
			{
				sql: `${insertKey} VALUES (?, ?, ?, 'controller', '[]', ?, ?)`,
				args: [deviceKey.id, id, deviceKey.secretHash, machineId, nowMs],
			},
		]);
		return {
			id,
			machineId,
			locationId,
			shopperId,
			userIds: {
				viewer: `${id}-viewer`,
				operator: `${id}-operator`,
				admin: `${id}-admin`,
				platform: `${id}-platform`,
			},
			keys: { apiKey: apiKey.text, device: deviceKey.text },
		};
	}

	/** What a caller sends as Bearer token; made anew each time, for hours may have passed. */
	async credential(caller: Exclude<Caller, "anonymous">, tenant: TestTenant): Promise<string> {
		if (caller === "apiKey" || caller === "device") return tenant.keys[caller];
		if (caller === "shopper") return this.cloud.issueShopperToken(tenant.shopperId, tenant.id);
		return new AccessTokens(jwtSecret, this.clock).issue({
			aud: "visionvend-user",
			sub: tenant.userIds[caller],
			tenantId: tenant.id,
			role: caller,
			permissions: [...roleGrants(caller)],
			sid: `${tenant.userIds[caller]}-session`,
		});
	}

	/** Asks as a caller of `alpha`, or of another tenant. Of an endless stream, its beginning is the body. JSON bodies are parsed; text and bytes go as they are. */
	async request(
		caller: Caller,
		method: string,
		path: string,
		body?: unknown,
		options: { readonly headers?: Record<string, string>; readonly tenant?: TestTenant } = {},
	) {
		const { headers = {}, tenant = this.alpha } = options;
		const isRaw = typeof body === "string" || body instanceof Uint8Array;
		const response = await this.cloud.app.request(path, {
			method,
			headers: {
				...(caller === "anonymous" ? {} : { authorization: `Bearer ${await this.credential(caller, tenant)}` }),
				...(body === undefined || isRaw ? {} : { "content-type": "application/json" }),
				...headers,
			},
			...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
		});
		const type = response.headers.get("content-type") ?? "";
		const text = await (type === "text/event-stream" ? beginning(response) : response.text());
		const isJson = type.includes("json");
		return { status: response.status, type, headers: response.headers, body: isJson ? JSON.parse(text) : text };
	}

	/** Waits until nothing is under way while the clock stands still. */
	async quiet(): Promise<void> {
		for (let round = 0; round < 3; round += 1) {
			await this.cloud.idle();
			await new Promise((resolve) => setImmediate(resolve));
		}
	}

	/** Lets time pass, stopping at everything that is due. */
	async pass(milliseconds: number): Promise<void> {
		const untilMs = this.clock.now() + milliseconds;
		await this.quiet();
		while (this.clock.step(untilMs)) await this.quiet();
		this.clock.jump(untilMs);
		await this.quiet();
	}

	async close(): Promise<void> {
		await this.cloud.close();
		rmSync(this.folder, { recursive: true, force: true });
	}
}

/** What a stream says first; it is left then. */
async function beginning(response: Response): Promise<string> {
	const reader = response.body?.getReader();
	const { value } = (await reader?.read()) ?? {};
	await reader?.cancel();
	return Buffer.from(value ?? []).toString("utf8");
}
