import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import type { LogEntry } from "@visionvend/sdk/log";
import type { Random } from "@visionvend/sdk/random";
import Stripe from "stripe";
import { createRazorpaySimulator, type RazorpaySimulator } from "../../hardware-sim/src/razorpay/razorpay-simulator.ts";
import { createStripeSimulator, type StripeSimulator } from "../../hardware-sim/src/stripe/stripe-simulator.ts";
import { assembleCloud } from "../src/app.ts";
import { AccessTokens } from "../src/auth/access-token.ts";
import { type Database, openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrate.ts";
import {
	type Cloud,
	type CloudConfiguration,
	type CloudPorts,
	createCloud,
	type ProvisionedMachine,
} from "../src/index.ts";
import type { GatewayName } from "../src/payments/gateway.ts";
import { createRazorpay, type RazorpayAccess } from "../src/payments/razorpay-client.ts";
import { copyEmptyDatabase } from "./empty-database.ts";
import { FakeMachine } from "./fake-machine.ts";
import { Mortal } from "./mortal.ts";
import { TestBroker } from "./test-broker.ts";
import { TestClock } from "./test-clock.ts";

export const products: readonly Product[] = [
	{ sku: "cola", name: "Cola", massMilligrams: 355_000, toleranceMilligrams: 5_000, priceCents: 200, shelf: 0 },
	{ sku: "chips", name: "Chips", massMilligrams: 70_000, toleranceMilligrams: 4_000, priceCents: 150, shelf: 1 },
];
export const jwtSecret = "kN3vQ8zr1XcT5mYb7HdLw2PfSg9UaEoJ";
export const webhookSecret = "whsec_between_simulator_and_cloud";
const webhookSecrets = { stripeWebhookSecret: webhookSecret, razorpayWebhookSecret: webhookSecret };
const razorpayKey = { keyId: "rzp_test_visionvend", keySecret: "between_simulator_and_cloud" };
export const machineId = "fridge-1";
export const shopperId = "ada";

/** Bytes that count up: the same in each run. */
export function countingRandom(seed: number): Random {
	let state = seed >>> 0;
	return (byteLength) =>
		Uint8Array.from({ length: byteLength }, () => {
			state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
			return state >>> 24;
		});
}

/** A cloud, a payment provider, a broker and a machine on one clock. */
export class World {
	readonly clock = new TestClock();
	readonly broker = new TestBroker();
	readonly stripe: StripeSimulator;
	readonly razorpay: RazorpaySimulator;
	readonly log: LogEntry[] = [];
	readonly folder: string;
	readonly holdCents: number;
	readonly databaseUrl: string;
	cloud!: Cloud;
	machine!: FakeMachine;
	/** What the devices of the machine were given. */
	provisioned!: ProvisionedMachine;
	token = "";
	mortal: Mortal | undefined;
	readonly #open: Database[] = [];
	#lives = 0;

	private constructor(holdCents: number, serverUrl: string | undefined) {
		this.holdCents = holdCents;
		this.folder = mkdtempSync(join(tmpdir(), "visionvend-cloud-"));
		this.databaseUrl = serverUrl ?? `file:${join(this.folder, "cloud.db")}`;
		this.stripe = createStripeSimulator({
			clock: this.clock,
			random: countingRandom(7),
			webhook: { secret: webhookSecret, deliver: (body, headers) => this.#deliver("/webhooks/stripe", body, headers) },
		});
		this.razorpay = createRazorpaySimulator({
			clock: this.clock,
			random: countingRandom(8),
			...razorpayKey,
			webhook: {
				secret: webhookSecret,
				deliver: (body, headers) => this.#deliver("/webhooks/razorpay", body, headers),
			},
		});
	}

	/** A provider sends an event to the cloud. */
	async #deliver(path: string, body: string, headers: Record<string, string>): Promise<number> {
		const { mortal } = this;
		if (mortal?.dead) throw new Error("connection refused");
		const response = await Promise.race([
			this.cloud.app.request(path, { method: "POST", headers, body }),
			...(mortal ? [mortal.death] : []),
		]);
		if (!response) throw new Error("connection reset");
		return response.status;
	}

	static async create(
		options: {
			holdCents?: number;
			card?: string;
			kind?: MachineKind;
			captureDelayMs?: number;
			gateway?: GatewayName;
			/** A libsql server with an empty database; a file where not given. */
			serverUrl?: string;
		} = {},
	): Promise<World> {
		const world = new World(options.holdCents ?? 500, options.serverUrl);
		if (options.serverUrl === undefined) await copyEmptyDatabase(join(world.folder, "cloud.db"), world.clock);
		if (options.gateway) await world.payWith(options.gateway);
		await world.startCloud();
		world.provisioned = await world.cloud.addMachine({
			machineId,
			name: "Lobby fridge",
			currency: "usd",
			holdCents: world.holdCents,
			...(options.kind ? { kind: options.kind } : {}),
			...(options.captureDelayMs === undefined ? {} : { captureDelayMs: options.captureDelayMs }),
			products: [...products],
		});
		world.machine = new FakeMachine({
			provisioned: world.provisioned,
			broker: world.broker.client(machineId),
			products,
		});
		await world.machine.start();
		world.token = await world.cloud.issueShopperToken(shopperId);
		if (options.card !== "") {
			const saved = await world.post("/save-payment", { payment_method: options.card ?? "pm_card_visa" });
			if (saved.status !== 200) throw new Error(`save-payment answered ${saved.status}`);
		}
		return world;
	}

	/** Starts a cloud on the same file; `ports` replaces some of its ports, `configuration` is added to it. */
	async startCloud(
		ports: (usual: CloudPorts) => Partial<CloudPorts> = () => ({}),
		configuration: Partial<CloudConfiguration> = {},
	): Promise<void> {
		this.#lives += 1;
		const usual: CloudPorts = {
			clock: this.clock,
			random: countingRandom(100 + this.#lives),
			broker: this.broker.client("cloud"),
			stripe: this.stripeClient(),
			razorpay: this.#razorpayAccess(),
			log: (entry) => this.log.push(entry),
			// No test pulls the plug of this machine; the crash images look at writes themselves.
			openDatabase: (url) => openDatabase(url, "process-crash"),
		};
		this.cloud = await createCloud(
			{
				databaseUrl: this.databaseUrl,
				telemetryDatabaseUrl: this.#telemetryUrl,
				jwtSecret,
				...webhookSecrets,
				...configuration,
			},
			{ ...usual, ...ports(usual) },
		);
		// Not before: until then whoever sends to the cloud finds nobody, and not one that never answers.
		this.mortal = undefined;
	}

	/** Starts a cloud that dies at the given call through its ports; see `Mortal`. */
	async startMortal(diesAtCall: number): Promise<Mortal> {
		this.#lives += 1;
		const mortal = new Mortal(diesAtCall);
		const clock = mortal.clock(this.clock);
		const database = await openDatabase(this.databaseUrl, "process-crash");
		await migrate(database, this.clock);
		this.#open.push(database);
		this.cloud = await assembleCloud(
			{ databaseUrl: this.databaseUrl, telemetryDatabaseUrl: this.#telemetryUrl, jwtSecret, ...webhookSecrets },
			{
				clock,
				random: countingRandom(100 + this.#lives),
				broker: mortal.broker(this.broker.client("cloud")),
				stripe: this.stripeClient((call) => mortal.through(call)),
				razorpay: this.#razorpayAccess((call) => mortal.through(call)),
				log: mortal.log((entry) => this.log.push(entry)),
			},
			mortal.database(database),
			new AccessTokens(jwtSecret, clock),
		);
		this.mortal = mortal;
		return mortal;
	}

	get #telemetryUrl(): string {
		return `file:${join(this.folder, "cloud-telemetry.db")}`;
	}

	stripeClient(through: (call: () => Promise<Response>) => Promise<Response> = (call) => call()): Stripe {
		return new Stripe("sk_test_visionvend", {
			httpClient: Stripe.createFetchHttpClient((input: string | URL | Request, init?: RequestInit) =>
				through(() => this.stripe.fetch(input, init)),
			),
			maxNetworkRetries: 0,
			telemetry: false,
		});
	}

	#razorpayAccess(through: (call: () => Promise<Response>) => Promise<Response> = (call) => call()): RazorpayAccess {
		return createRazorpay({ ...razorpayKey, fetch: (input, init) => through(() => this.razorpay.fetch(input, init)) });
	}

	/** The owner takes money with another provider from now on. */
	async payWith(provider: GatewayName): Promise<void> {
		const database = await openDatabase(this.databaseUrl);
		const settings = JSON.stringify({ paymentGateway: { provider } });
		await database.write([{ sql: "UPDATE tenant SET settings = ? WHERE id = 'default'", args: [settings] }]);
		database.close();
	}

	async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
		const response = await this.cloud.app.request(path, {
			method,
			headers: {
				...(this.token === "" ? {} : { authorization: `Bearer ${this.token}` }),
				...(body === undefined ? {} : { "content-type": "application/json" }),
				...headers,
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		const type = response.headers.get("content-type") ?? "";
		return { status: response.status, type, body: type.includes("json") ? JSON.parse(text) : text };
	}

	post(path: string, body?: unknown, headers: Record<string, string> = {}) {
		return this.request("POST", path, body, headers);
	}

	unlock(id: string, headers: Record<string, string> = {}) {
		return this.post("/unlock", { id, machine_id: machineId }, headers);
	}

	/** The sale as the API shows it. A fresh token, for hours may have passed. */
	async sale(id: string) {
		const token = await this.cloud.issueShopperToken(shopperId);
		const { body } = await this.request("GET", `/api/v1/sales/${id}`, undefined, { authorization: `Bearer ${token}` });
		return body.data;
	}

	/** Waits until nothing is under way while the clock stands still. */
	async quiet(): Promise<void> {
		for (let round = 0; round < 3; round += 1) {
			await Promise.race([this.cloud.idle(), ...(this.mortal ? [this.mortal.death] : [])]);
			await this.stripe.idle();
			await this.razorpay.idle();
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

	/** The sum of an account over the whole ledger. */
	async balance(account: string): Promise<number> {
		const rows = await this.cloud.ledgerRows();
		return rows.filter((row) => row.account === account).reduce((sum, { amountCents }) => sum + amountCents, 0);
	}

	/** What the provider has taken, in all. */
	received(): number {
		return this.stripe.paymentIntents().reduce((sum, { amount_received }) => sum + amount_received, 0);
	}

	/** What the provider still holds, in all. */
	heldAtProvider(): number {
		return this.stripe.paymentIntents().reduce((sum, { amount_capturable }) => sum + amount_capturable, 0);
	}

	events(): string[] {
		return this.log.map(({ event }) => event);
	}

	async close(): Promise<void> {
		await this.cloud.close();
		for (const database of this.#open) database.close();
		this.stripe.close();
		this.razorpay.close();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
