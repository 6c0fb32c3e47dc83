import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ServerType, serve as serveHttp } from "@hono/node-server";
import { createCloud, openDatabase, readLedger } from "@visionvend/cloud-lite";
import { systemClock } from "@visionvend/sdk/clock";
import type { EnvelopeKey } from "@visionvend/sdk/device/envelope/envelope";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import { SimulationClock } from "../clock.ts";
import { demoControllerConfiguration } from "../machine/demo-wiring.ts";
import { VirtualMachine } from "../machine/virtual-machine.ts";
import { type RunningBroker, startBroker } from "../network/start-broker.ts";
import { SeededRandom } from "../random.ts";
import { createStripeSimulator, type StripeSimulator } from "../stripe/stripe-simulator.ts";
import { Shopper } from "../world/shopper.ts";
import { createEngine } from "./create-engine.ts";
import { Phone, type Transport } from "./phone.ts";
import { RoomProcess } from "./room-process.ts";
import { RunTrace } from "./run-trace.ts";
import type { Attacker, RoomName, Stage, StageEvent, StageOptions } from "./stage.ts";

const machineId = "fridge-1";
const foreignMachineId = "fridge-2";
const shopperId = "shopper-ada";
const webhookSecret = "whsec_the_simulator_and_the_cloud_share_this";
/** How often the virtual hardware catches up with the wall clock. */
const paceMs = 4;

const cloudScript = fileURLToPath(import.meta.resolve("@visionvend/cloud-lite/cli"));
const piScript = fileURLToPath(import.meta.resolve("@visionvend/pi-runtime/cli"));

/** Rooms as processes, HTTP and MQTT on sockets, the UART over TCP, and the wall clock. */
export class RealStage implements Stage {
	readonly links = "real";
	readonly machineId = machineId;
	readonly trace = new RunTrace();
	readonly events: StageEvent[] = [];
	machine!: VirtualMachine;
	shopper!: Shopper;
	phone!: Phone;
	payments!: StripeSimulator;
	attacker!: Attacker;
	foreignKey!: EnvelopeKey;
	readonly #options: StageOptions;
	readonly #folder: string;
	readonly #clock = new SimulationClock();
	readonly #startedAt = performance.now();
	readonly #jwtSecret = randomBytes(32).toString("base64url");
	#pace: NodeJS.Timeout | undefined;
	#broker!: RunningBroker;
	#intruder: MessageBroker | undefined;
	#brokerPasswords!: { cloud: string; machine: string; foreign: string };
	#stripeServer!: ServerType;
	#stripePort = 0;
	#cloudPort = 0;
	#healthPort = 0;
	#uart!: Server;
	#uartPort = 0;
	readonly #uartSockets = new Set<Socket>();
	#cloud: RoomProcess | undefined;
	#pi: RoomProcess | undefined;
	#killCloudAfter: ((method: string, path: string) => boolean) | undefined;

	private constructor(options: StageOptions, folder: string) {
		this.#options = options;
		this.#folder = folder;
	}

	static async open(options: StageOptions): Promise<RealStage> {
		const stage = new RealStage(options, await mkdtemp(join(tmpdir(), "visionvend-")));
		try {
			await stage.#raise();
			return stage;
		} catch (error) {
			await stage.close();
			throw error;
		}
	}

	get atMs(): number {
		return Math.round(this.#clock.now / 1e6);
	}

	async #raise(): Promise<void> {
		const random = new SeededRandom(this.#options.seed);
		const provisioned = await this.#provision();
		this.foreignKey = provisioned.foreignKey;

		this.machine = new VirtualMachine({
			clock: this.#clock,
			random,
			products: this.#options.products,
			configuration: demoControllerConfiguration(machineId, provisioned.controllerKeys),
			createEngine: (options, start) => createEngine(this.#options, options, start),
			onLog: (event, detail) => this.tell("controller", event, detail),
		});
		for (const net of this.machine.board.nets.values())
			net.watch((level) => this.trace.record("wire", this.#clock.now, net.name, level));
		this.shopper = new Shopper({ fridge: this.machine.fridge, clock: this.#clock });
		this.machine.fridge.onAction((action) => this.tell("world", action.event, action.fields));

		this.#brokerPasswords = {
			cloud: randomBytes(16).toString("hex"),
			machine: provisioned.brokerPassword,
			foreign: provisioned.foreignBrokerPassword,
		};
		this.#cloudPort = await freePort();
		this.#healthPort = await freePort();
		await Promise.all([this.#startBroker(), this.#serveStripe(), this.#serveUart()]);
		await writeFile(
			join(this.#folder, "pi.json"),
			JSON.stringify({
				machineId,
				keys: provisioned.piKeys,
				products: this.#options.products,
				databaseUrl: `file:${join(this.#folder, "pi.db")}`,
				broker: {
					url: this.#broker.url,
					username: machineId,
					password: this.#brokerPasswords.machine,
					...(this.#broker.caFile === undefined ? {} : { caFile: this.#broker.caFile }),
				},
				uart: `tcp://127.0.0.1:${this.#uartPort}`,
				baud: 115_200,
				healthPort: this.#healthPort,
			}),
			{ mode: 0o600 },
		);
		this.#keepPace();
		this.machine.powerUp();
		await Promise.all([this.start("cloud"), this.start("pi"), this.#startAttacker()]);
		const seen = (room: RoomName, event: string) =>
			this.events.some((entry) => entry.room === room && entry.event === event);
		await this.until("the Pi hears the controller", () => seen("pi", "link.up"), 10_000);
		await this.until("the scales settle after the start", () => seen("controller", "scales.settled"), 10_000);
		this.phone = new Phone({
			transport: this.#transport,
			token: provisioned.token,
			baseUrl: `http://127.0.0.1:${this.#cloudPort}`,
		});
	}

	/** Registers the machines before the cloud runs, as an owner does with the command line. */
	async #provision() {
		const offline: MessageBroker = {
			publish: () => Promise.reject(new Error("no broker while machines are registered")),
			subscribe: () => Promise.resolve(),
			onConnectionChange: () => undefined,
			connected: false,
			close: () => Promise.resolve(),
		};
		const cloud = await createCloud(
			{ databaseUrl: `file:${join(this.#folder, "cloud.db")}`, jwtSecret: this.#jwtSecret },
			{ clock: systemClock, random: systemRandom, broker: offline, stripe: undefined, log: () => undefined },
		);
		const shop = {
			name: "Lobby fridge",
			currency: "usd",
			holdCents: this.#options.holdCents,
			products: [...this.#options.products],
		};
		const own = await cloud.addMachine({ machineId, ...shop });
		const foreign = await cloud.addMachine({ machineId: foreignMachineId, ...shop, name: "Another fridge" });
		const token = await cloud.issueShopperToken(shopperId);
		await cloud.idle();
		await cloud.close();
		const { kid, key } = foreign.controllerKeys.receive;
		return {
			controllerKeys: own.controllerKeys,
			piKeys: own.piKeys,
			brokerPassword: own.broker.password,
			foreignBrokerPassword: foreign.broker.password,
			foreignKey: { kid, key: decodeBase64url(key) ?? new Uint8Array() },
			token,
		};
	}

	async #startBroker(): Promise<void> {
		this.#broker = await startBroker({
			folder: this.#folder,
			users: [
				{ username: "cloud", password: this.#brokerPasswords.cloud },
				{ username: machineId, password: this.#brokerPasswords.machine },
				{ username: foreignMachineId, password: this.#brokerPasswords.foreign },
			],
		});
		this.tell("broker", "started", { kind: this.#broker.kind, url: this.#broker.url, excuse: this.#broker.excuse });
	}

	/** Which broker runs, and what the other machine of the same owner needs to connect to it. */
	get broker(): {
		readonly kind: "aedes" | "mosquitto";
		readonly url: string;
		readonly ca: string | undefined;
		readonly foreign: { username: string; password: string };
	} {
		const { kind, url, ca } = this.#broker;
		return { kind, url, ca, foreign: { username: foreignMachineId, password: this.#brokerPasswords.foreign } };
	}

	async #startAttacker(): Promise<void> {
		const seen: { topic: string; payload: string }[] = [];
		const intruder = await connectMqtt({
			url: this.#broker.url,
			username: "cloud",
			password: this.#brokerPasswords.cloud,
			clientId: "attacker",
			...(this.#broker.ca === undefined ? {} : { ca: this.#broker.ca }),
		});
		await intruder.subscribe("devices/#", (topic, payload) => {
			seen.push({ topic, payload });
			this.trace.record("message", this.#clock.now, topic, payload);
		});
		this.#intruder = intruder;
		this.attacker = { seen, publish: (topic, payload) => intruder.publish(topic, payload) };
	}

	async #serveStripe(): Promise<void> {
		const payments = createStripeSimulator({
			clock: systemClock,
			random: systemRandom,
			webhook: {
				secret: webhookSecret,
				deliver: async (body, headers) => {
					const response = await fetch(`http://127.0.0.1:${this.#cloudPort}/webhooks/stripe`, {
						method: "POST",
						headers,
						body,
					});
					return response.status;
				},
			},
		});
		this.payments = payments;
		const answer = async (request: Request): Promise<Response> => {
			const { pathname } = new URL(request.url);
			const { method } = request;
			const response = await payments.fetch(request);
			if (this.#killCloudAfter?.(method, pathname)) {
				this.#killCloudAfter = undefined;
				this.#cloud?.killNow();
				this.tell("cloud", "killed");
				await this.#cloud?.kill();
				this.#cloud = undefined;
			}
			return response;
		};
		this.#stripePort = await new Promise((resolve) => {
			this.#stripeServer = serveHttp({ fetch: answer, hostname: "127.0.0.1", port: 0 }, ({ port }) => resolve(port));
		});
	}

	/** The serial wire over TCP, as ser2net does it: bytes and nothing else. */
	async #serveUart(): Promise<void> {
		const { far } = this.machine.wire;
		far.onData((bytes) => {
			for (const socket of this.#uartSockets) socket.write(bytes);
		});
		this.#uart = createServer((socket) => {
			socket.setNoDelay(true);
			this.#uartSockets.add(socket);
			socket.on("data", (bytes: Buffer) => far.write(bytes));
			socket.on("close", () => this.#uartSockets.delete(socket));
			// A killed Pi resets the connection; the wire itself does not care.
			socket.on("error", () => this.#uartSockets.delete(socket));
		});
		this.#uartPort = await new Promise((resolve, reject) => {
			this.#uart.once("error", reject);
			this.#uart.listen(0, "127.0.0.1", () => {
				const address = this.#uart.address();
				if (address && typeof address === "object") resolve(address.port);
			});
		});
	}

	#keepPace(): void {
		this.#pace = setInterval(() => {
			const behindNs = Math.floor((performance.now() - this.#startedAt) * 1e6) - this.#clock.now;
			if (behindNs > 0) this.#clock.run(behindNs);
		}, paceMs);
	}

	readonly #transport: Transport = async (method, path, headers, body) => {
		const response = await fetch(`http://127.0.0.1:${this.#cloudPort}${path}`, {
			method,
			headers,
			...(body === undefined ? {} : { body }),
		});
		const parsed: unknown = await response.json();
		return { status: response.status, body: parsed };
	};

	tell(room: RoomName, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
		const entry: StageEvent = { ...fields, atMs: this.atMs, room, event };
		this.events.push(entry);
		this.#options.onEvent?.(entry);
	}

	#hear(room: RoomName, entry: Readonly<Record<string, unknown>>): void {
		const { event, room: _room, level: _level, time: _time, pid: _pid, hostname: _hostname, ...fields } = entry;
		if (typeof event === "string") this.tell(room, event, fields);
	}

	killCloudAfterPaymentCall(matches: (method: string, path: string) => boolean): void {
		this.#killCloudAfter = matches;
	}

	async start(room: "cloud" | "pi" | "broker"): Promise<void> {
		if (room === "broker") await this.#broker.restart();
		if (room === "cloud") {
			this.#cloud = new RoomProcess({
				name: "cloud-lite",
				script: cloudScript,
				arguments: ["serve"],
				environment: {
					DATABASE_URL: `file:${join(this.#folder, "cloud.db")}`,
					JWT_SECRET: this.#jwtSecret,
					STRIPE_API_KEY: "sk_test_visionvend",
					STRIPE_API_BASE: `http://127.0.0.1:${this.#stripePort}`,
					STRIPE_WEBHOOK_SECRET: webhookSecret,
					MQTT_BROKER_URL: this.#broker.url,
					MQTT_USERNAME: "cloud",
					MQTT_PASSWORD: this.#brokerPasswords.cloud,
					...(this.#broker.caFile === undefined ? {} : { MQTT_CA_FILE: this.#broker.caFile }),
					HOST: "127.0.0.1",
					PORT: String(this.#cloudPort),
				},
				onLine: (entry) => this.#hear("cloud", entry),
			});
			await this.#healthy(this.#cloud, this.#cloudPort);
		}
		if (room === "pi") {
			this.#pi = new RoomProcess({
				name: "pi-runtime",
				script: piScript,
				arguments: ["serve", "--config", join(this.#folder, "pi.json")],
				environment: {},
				onLine: (entry) => this.#hear("pi", entry),
			});
			await this.#healthy(this.#pi, this.#healthPort);
		}
	}

	async #healthy(room: RoomProcess, port: number): Promise<void> {
		const patienceEndsAt = performance.now() + 15_000;
		for (;;) {
			if (!room.running) throw new Error(`it ended while starting:\n${room.complaints}`);
			const answered = await fetch(`http://127.0.0.1:${port}/health`).then(
				(response) => response.status < 500,
				() => false,
			);
			if (answered) return;
			if (performance.now() > patienceEndsAt)
				throw new Error(`no answer on port ${port} for 15 s:\n${room.complaints}`);
			await wait(25);
		}
	}

	async kill(room: "cloud" | "pi" | "broker"): Promise<void> {
		if (room === "cloud") {
			await this.#cloud?.kill();
			this.#cloud = undefined;
		} else if (room === "pi") {
			await this.#pi?.kill();
			this.#pi = undefined;
		} else await this.#broker.kill();
		this.tell(room, "killed");
	}

	async pass(milliseconds: number): Promise<void> {
		await wait(milliseconds);
	}

	async until(what: string, condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
		// A shared machine may be slow: the wall clock gets twice the patience of the virtual one.
		const patienceEndsAt = performance.now() + 2 * withinMs;
		while (!(await condition())) {
			if (performance.now() > patienceEndsAt)
				throw new Error(
					`${what} did not happen within ${2 * withinMs} ms\n${this.#cloud?.complaints ?? ""}\n${this.#pi?.complaints ?? ""}`,
				);
			await wait(20);
		}
	}

	async ledger(): Promise<readonly { account: string; amountCents: number }[]> {
		const database = await openDatabase(`file:${join(this.#folder, "cloud.db")}`);
		try {
			const rows = await readLedger(database);
			return rows.map(({ account, amountCents }) => ({ account, amountCents }));
		} finally {
			database.close();
		}
	}

	async close(): Promise<void> {
		clearInterval(this.#pace);
		this.machine?.powerCut();
		await Promise.all([this.#cloud?.stop(), this.#pi?.stop()]);
		await this.#intruder?.close();
		await this.#broker?.close();
		for (const socket of this.#uartSockets) socket.destroy();
		await new Promise<void>((resolve) => (this.#uart ? this.#uart.close(() => resolve()) : resolve()));
		await new Promise<void>((resolve) => (this.#stripeServer ? this.#stripeServer.close(() => resolve()) : resolve()));
		await rm(this.#folder, { recursive: true, force: true });
	}
}

function wait(milliseconds: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A TCP port on 127.0.0.1 that nobody listens on at this moment. */
async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", resolve);
	});
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === "string") throw new Error("the system gave no TCP port");
	return address.port;
}
