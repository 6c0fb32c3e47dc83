import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServerType, serve } from "@hono/node-server";
import { createCloud } from "@visionvend/cloud-lite";
import type { Product } from "@visionvend/sdk/catalog/product";
import { systemClock } from "@visionvend/sdk/clock";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import { type RunningBroker, startBroker } from "../../src/network/start-broker.ts";
import type { SeededRandom } from "../../src/random.ts";
import { Phone } from "../../src/scenario/phone.ts";
import { createStripeSimulator, type StripeSimulator } from "../../src/stripe/stripe-simulator.ts";
import { KeptRoom } from "./kept-room.ts";
import { type ControllerStep, QuickController } from "./quick-controller.ts";

const cloudScript = fileURLToPath(new URL("../../../cloud-lite/dist/cli.js", import.meta.url));
const piScript = fileURLToPath(new URL("../../../pi-runtime/dist/cli.js", import.meta.url));
const webhookSecret = "whsec_the_simulator_and_the_cloud_share_this";
const requestWithinMs = 8_000;

/** Points in a sale at which somebody can be killed. */
export type Step = "request" | "hold" | "settle" | ControllerStep;

/** One fridge: its controller in this process, its Pi in another, and the phone of whoever stands before it. */
export interface Machine {
	readonly machineId: string;
	readonly controller: QuickController;
	readonly pi: KeptRoom;
	readonly phone: Phone;
	onStep: (step: Step) => void;
}

/** One cloud and several machines as real processes, on real sockets, with a payment network that outlives them all. */
export class SigkillStage {
	readonly machines: Machine[] = [];
	/** Log entries of a room that call for a person. */
	readonly alarms: string[] = [];
	/** How often a Pi started and found reports that the cloud did not have yet. */
	piRecoveries = 0;
	cloud!: KeptRoom;
	payments!: StripeSimulator;
	readonly #folder: string;
	readonly #jwtSecret = randomBytes(32).toString("base64url");
	readonly #sockets = new Set<Socket>();
	readonly #wires: Server[] = [];
	#broker: RunningBroker | undefined;
	#stripeServer: ServerType | undefined;

	private constructor(folder: string) {
		this.#folder = folder;
	}

	static async open(options: {
		readonly machines: number;
		readonly holdCents: number;
		readonly products: readonly Product[];
		readonly random: SeededRandom;
	}): Promise<SigkillStage> {
		const stage = new SigkillStage(await mkdtemp(join(tmpdir(), "visionvend-sigkill-")));
		try {
			await stage.#raise(options);
			return stage;
		} catch (error) {
			await stage.close();
			throw error;
		}
	}

	get cloudDatabaseUrl(): string {
		return `file:${join(this.#folder, "cloud.db")}`;
	}

	/** What the stores of the Pis still have to bring to the cloud. */
	async waitingInPis(): Promise<number> {
		let waiting = 0;
		for (const { pi } of this.machines) {
			pi.check();
			const response = await fetch(`${pi.url}/health`, { signal: AbortSignal.timeout(requestWithinMs) });
			waiting += pendingOf(await response.json());
		}
		return waiting;
	}

	/** Ends all processes in an orderly way; the files stay until `close`. */
	async stopRooms(): Promise<void> {
		for (const { controller } of this.machines) controller.close();
		await Promise.all([this.cloud?.stop(), ...this.machines.map(({ pi }) => pi.stop())]);
	}

	async close(): Promise<void> {
		await this.stopRooms();
		await this.#broker?.close();
		for (const socket of this.#sockets) socket.destroy();
		for (const wire of this.#wires) await new Promise((resolve) => wire.close(resolve));
		const stripeServer = this.#stripeServer;
		if (stripeServer) {
			if ("closeAllConnections" in stripeServer) stripeServer.closeAllConnections();
			await new Promise((resolve) => stripeServer.close(resolve));
		}
		this.payments?.close();
		await rm(this.#folder, { recursive: true, force: true });
	}

	async #raise(options: Parameters<typeof SigkillStage.open>[0]): Promise<void> {
		const { products, holdCents, random } = options;
		const stripePort = await this.#serveStripe();
		const machineIds = Array.from({ length: options.machines }, (_, index) => `fridge-${index + 1}`);
		const provisioned = await this.#provision(machineIds, holdCents, products);
		const cloudPassword = randomBytes(16).toString("hex");
		this.#broker = await startBroker({
			kind: "aedes",
			folder: this.#folder,
			users: [
				{ username: "cloud", password: cloudPassword },
				...provisioned.map(({ machineId, broker }) => ({ username: machineId, password: broker.password })),
			],
		});
		this.cloud = new KeptRoom({
			name: "cloud-lite",
			script: cloudScript,
			arguments: ["serve"],
			environment: {
				DATABASE_URL: this.cloudDatabaseUrl,
				JWT_SECRET: this.#jwtSecret,
				STRIPE_API_KEY: "sk_test_visionvend",
				STRIPE_API_BASE: `http://127.0.0.1:${stripePort}`,
				STRIPE_WEBHOOK_SECRET: webhookSecret,
				MQTT_BROKER_URL: this.#broker.url,
				MQTT_USERNAME: "cloud",
				MQTT_PASSWORD: cloudPassword,
				HOST: "127.0.0.1",
				PORT: "0",
			},
			urlEvent: "started",
			onLine: (entry) => this.#hear("cloud", entry),
		});
		this.cloud.start();
		for (const { machineId, controllerKeys, piKeys, broker, token } of provisioned) {
			const uartPort = await this.#addMachine(machineId, controllerKeys, token, random.fork(machineId));
			const path = join(this.#folder, `${machineId}.json`);
			await writeFile(
				path,
				JSON.stringify({
					machineId,
					keys: piKeys,
					products,
					databaseUrl: `file:${join(this.#folder, `${machineId}.db`)}`,
					broker: { url: this.#broker.url, username: machineId, password: broker.password },
					uart: `tcp://127.0.0.1:${uartPort}`,
					healthPort: 0,
				}),
				{ mode: 0o600 },
			);
			this.machines.at(-1)?.pi.start();
		}
	}

	async #provision(machineIds: readonly string[], holdCents: number, products: readonly Product[]) {
		const offline: MessageBroker = {
			publish: () => Promise.reject(new Error("no broker while machines are registered")),
			subscribe: () => Promise.resolve(),
			onConnectionChange: () => undefined,
			connected: false,
			close: () => Promise.resolve(),
		};
		const cloud = await createCloud(
			{ databaseUrl: this.cloudDatabaseUrl, jwtSecret: this.#jwtSecret },
			{ clock: systemClock, random: systemRandom, broker: offline, stripe: undefined, log: () => undefined },
		);
		const machines = [];
		for (const machineId of machineIds) {
			const machine = await cloud.addMachine({
				machineId,
				name: machineId,
				currency: "usd",
				holdCents,
				products: [...products],
			});
			machines.push({ ...machine, token: await cloud.issueShopperToken(`shopper-of-${machineId}`) });
		}
		await cloud.idle();
		await cloud.close();
		return machines;
	}

	async #addMachine(
		machineId: string,
		keys: ConstructorParameters<typeof QuickController>[0]["keys"],
		token: string,
		random: SeededRandom,
	): Promise<number> {
		const sockets = new Set<Socket>();
		const controller = new QuickController({
			machineId,
			keys,
			random,
			write: (bytes) => {
				for (const socket of sockets) socket.write(bytes);
			},
			onStep: (step) => machine.onStep(step),
		});
		const wire = createServer((socket) => {
			socket.setNoDelay(true);
			sockets.add(socket);
			this.#sockets.add(socket);
			const forget = () => {
				sockets.delete(socket);
				this.#sockets.delete(socket);
			};
			socket.on("data", (bytes: Buffer) => controller.receive(bytes));
			socket.on("close", forget);
			// A killed Pi resets the connection; the wire itself does not care.
			socket.on("error", forget);
		});
		this.#wires.push(wire);
		const pi = new KeptRoom({
			name: `pi of ${machineId}`,
			script: piScript,
			arguments: ["serve", "--config", join(this.#folder, `${machineId}.json`)],
			environment: {},
			urlEvent: "health.listening",
			onLine: (entry) => this.#hear(machineId, entry),
		});
		const machine: Machine = { machineId, controller, pi, phone: this.#phone(token), onStep: () => undefined };
		this.machines.push(machine);
		return new Promise((resolve, reject) => {
			wire.once("error", reject);
			wire.listen(0, "127.0.0.1", () => {
				const address = wire.address();
				if (address && typeof address === "object") resolve(address.port);
			});
		});
	}

	#phone(token: string): Phone {
		return new Phone({
			token,
			baseUrl: "",
			transport: async (method, path, headers, body) => {
				this.cloud.check();
				const response = await fetch(`${this.cloud.url}${path}`, {
					method,
					headers,
					signal: AbortSignal.timeout(requestWithinMs),
					...(body === undefined ? {} : { body }),
				});
				const parsed: unknown = await response.json();
				return { status: response.status, body: parsed };
			},
		});
	}

	async #serveStripe(): Promise<number> {
		const payments = createStripeSimulator({
			clock: systemClock,
			random: systemRandom,
			webhook: {
				secret: webhookSecret,
				deliver: async (body, headers) => {
					const response = await fetch(`${this.cloud.url}/webhooks/stripe`, { method: "POST", headers, body });
					await response.arrayBuffer();
					return response.status;
				},
			},
		});
		this.payments = payments;
		const answer = (request: Request): Promise<Response> => {
			const { pathname } = new URL(request.url);
			if (request.method === "POST" && pathname.startsWith("/v1/payment_intents")) {
				const step = pathname === "/v1/payment_intents" ? "hold" : "settle";
				// Whose sale it is does not matter: the cloud is everybody's.
				for (const machine of this.machines) machine.onStep(step);
			}
			return payments.fetch(request);
		};
		return new Promise((resolve) => {
			this.#stripeServer = serve({ fetch: answer, hostname: "127.0.0.1", port: 0 }, ({ port }) => resolve(port));
		});
	}

	#hear(room: string, entry: Readonly<Record<string, unknown>>): void {
		const { event, level, openReports } = entry;
		// pino writes levels as numbers unless told otherwise; 50 is an error.
		if (level === "error" || level === 50) this.alarms.push(`${room}: ${JSON.stringify(entry)}`);
		if (event === "started" && typeof openReports === "number" && openReports > 0) this.piRecoveries += 1;
	}
}

/** What waits in the store of a Pi, as its `/health` says. */
function pendingOf(health: unknown): number {
	if (typeof health === "object" && health !== null && "store" in health) {
		const { store } = health;
		if (typeof store === "object" && store !== null && "pending" in store && typeof store.pending === "number")
			return store.pending;
	}
	throw new Error(`The Pi's health names nothing that waits: ${JSON.stringify(health)}`);
}
