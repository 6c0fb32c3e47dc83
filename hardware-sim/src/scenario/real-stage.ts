import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createCloud, openDatabase, readLedger } from "@visionvend/cloud-lite";
import type { Picture } from "@visionvend/pi-runtime/decide/eyes";
import { systemClock } from "@visionvend/sdk/clock";
import type { EnvelopeKey } from "@visionvend/sdk/device/envelope/envelope";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import { systemRandom } from "@visionvend/sdk/random";
import { CameraFeed } from "../camera/camera-feed.ts";
import { CameraServer, servedMode } from "../camera/camera-server.ts";
import { FridgeCameras } from "../camera/fridge-camera.ts";
import { Wardrobe } from "../camera/wardrobe.ts";
import { SimulationClock } from "../clock.ts";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import { freePort } from "../network/free-port.ts";
import { type RunningBroker, startBroker } from "../network/start-broker.ts";
import { SeededRandom } from "../random.ts";
import { type ServedStripe, serveStripe } from "../stripe/serve.ts";
import type { StripeSimulator } from "../stripe/stripe-simulator.ts";
import { Shopper } from "../world/shopper.ts";
import { Phone, type Transport } from "./phone.ts";
import { RoomProcess } from "./room-process.ts";
import { RunTrace } from "./run-trace.ts";
import { buildMachine, machineId, registerShop, type Shop, webhookSecret } from "./shop.ts";
import type { Attacker, RoomName, Stage, StageEvent, StageOptions } from "./stage.ts";

/** How often the virtual hardware catches up with the wall clock. */
const paceMs = 4;

const cloudScript = fileURLToPath(import.meta.resolve("@visionvend/cloud-lite/cli"));
const piScript = fileURLToPath(import.meta.resolve("@visionvend/pi-runtime/cli"));

/** A room may take so long to answer: on a busy computer a Pi needs some time for its two detectors. */
const startPatienceMs = 60_000;

/** Pictures with noise of their own after a change; then the last one comes again, and the Pi sees that nothing moves. */
const freshFrames = 10;

/** Rooms as processes, HTTP and MQTT on sockets, the UART over TCP, and the wall clock. */
export class RealStage implements Stage {
	readonly machineId = machineId;
	readonly trace = new RunTrace();
	readonly events: StageEvent[] = [];
	machine!: VirtualMachine;
	shopper!: Shopper;
	phone!: Phone;
	attacker!: Attacker;
	readonly #options: StageOptions;
	readonly #folder: string;
	readonly #clock = new SimulationClock();
	readonly #jwtSecret = randomBytes(32).toString("base64url");
	#pace: NodeJS.Timeout | undefined;
	#broker!: RunningBroker;
	#intruder: MessageBroker | undefined;
	readonly #cloudPassword = randomBytes(16).toString("hex");
	#shop!: Shop;
	#stripe!: ServedStripe;
	#cloudPort = 0;
	#healthPort = 0;
	#uart!: Server;
	#uartPort = 0;
	readonly #uartSockets = new Set<Socket>();
	#cameras: CameraServer | undefined;
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

	get payments(): StripeSimulator {
		return this.#stripe.simulator;
	}

	get foreignKey(): EnvelopeKey {
		return this.#shop.foreignKey;
	}

	async #raise(): Promise<void> {
		this.#shop = await this.#register();
		const { own, token } = this.#shop;
		const random = new SeededRandom(this.#options.seed);
		this.machine = buildMachine(this, this.#options, this.#clock, random, own);
		this.shopper = new Shopper({ fridge: this.machine.fridge, clock: this.#clock });
		this.#cloudPort = await freePort();
		this.#healthPort = await freePort();
		await Promise.all([
			this.#startBroker(),
			this.#serveStripe(),
			this.#serveUart(),
			this.#options.cameras === true ? this.#serveCameras(random) : undefined,
		]);
		await writeFile(
			join(this.#folder, "pi.json"),
			JSON.stringify({
				machineId,
				keys: own.piKeys,
				products: this.#options.products,
				databaseUrl: `file:${join(this.#folder, "pi.db")}`,
				broker: {
					url: this.#broker.url,
					username: machineId,
					password: own.broker.password,
					...(this.#broker.caFile === undefined ? {} : { caFile: this.#broker.caFile }),
				},
				uart: `tcp://127.0.0.1:${this.#uartPort}`,
				baud: 115_200,
				healthPort: this.#healthPort,
				...(this.#cameras === undefined ? {} : { vision: { cameras: this.#cameras.urls, ...servedMode } }),
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
			token,
			baseUrl: `http://127.0.0.1:${this.#cloudPort}`,
		});
	}

	/** Registers the machines before the cloud runs, as an owner does with the command line. */
	async #register(): Promise<Shop> {
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
		const shop = await registerShop(cloud, this.#options);
		await cloud.idle();
		await cloud.close();
		return shop;
	}

	async #startBroker(): Promise<void> {
		this.#broker = await startBroker({
			folder: this.#folder,
			users: [{ username: "cloud", password: this.#cloudPassword }, this.#shop.own.broker, this.#shop.foreign.broker],
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
		return { kind, url, ca, foreign: this.#shop.foreign.broker };
	}

	async #startAttacker(): Promise<void> {
		const seen: { topic: string; payload: string }[] = [];
		const intruder = await connectMqtt({
			url: this.#broker.url,
			username: "cloud",
			password: this.#cloudPassword,
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
		this.#stripe = await serveStripe({
			webhook: { url: `http://127.0.0.1:${this.#cloudPort}/webhooks/stripe`, secret: webhookSecret },
			beforeAnswer: async (method, path) => {
				if (!this.#killCloudAfter?.(method, path)) return;
				this.#killCloudAfter = undefined;
				await this.kill("cloud");
			},
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

	async #serveCameras(random: SeededRandom): Promise<void> {
		const cameras = new FridgeCameras({
			fridge: this.machine.fridge,
			hand: this.shopper.hand,
			wardrobe: new Wardrobe("evaluation"),
			random: random.fork("cameras"),
		});
		this.#cameras = await CameraServer.open(new CameraFeed(cameras, servedMode, freshFrames), this.#clock);
	}

	#keepPace(): void {
		const startedAt = performance.now();
		this.#pace = setInterval(() => {
			const behindNs = Math.floor((performance.now() - startedAt) * 1e6) - this.#clock.now;
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
		// What the cloud wrote to its log before it answered waits in a pipe: it is heard first.
		await setImmediate();
		return { status: response.status, body: parsed };
	};

	tell(room: RoomName, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
		const entry: StageEvent = { ...fields, atMs: this.atMs, room, event };
		this.events.push(entry);
		this.#options.onEvent?.(entry);
	}

	#hear(room: RoomName, entry: Readonly<Record<string, unknown>>): void {
		const { event, room: _room, level: _level, time: _time, pid: _pid, hostname: _hostname, ...rest } = entry;
		const { service: _service, ...fields } = rest;
		// What a sale is made of is told by events of its own; a line for each request would bury them.
		if (typeof event === "string" && event !== "request.answered") this.tell(room, event, fields);
	}

	killCloudAfterPaymentCall(matches: (method: string, path: string) => boolean): void {
		this.#killCloudAfter = matches;
	}

	async start(room: "cloud" | "pi" | "broker"): Promise<void> {
		if (room === "broker") {
			await this.#broker.restart();
			this.tell("broker", "restarted");
		}
		if (room === "cloud") {
			this.#cloud = new RoomProcess({
				name: "cloud-lite",
				script: cloudScript,
				arguments: ["serve"],
				environment: {
					DATABASE_URL: `file:${join(this.#folder, "cloud.db")}`,
					JWT_SECRET: this.#jwtSecret,
					STRIPE_API_KEY: "sk_test_visionvend",
					STRIPE_API_BASE: this.#stripe.url,
					STRIPE_WEBHOOK_SECRET: webhookSecret,
					MQTT_BROKER_URL: this.#broker.url,
					MQTT_USERNAME: "cloud",
					MQTT_PASSWORD: this.#cloudPassword,
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
		const patienceEndsAt = performance.now() + startPatienceMs;
		for (;;) {
			if (!room.running) throw new Error(`it ended while starting:\n${room.complaints}`);
			const answered = await fetch(`http://127.0.0.1:${port}/health`).then(
				(response) => response.status < 500,
				() => false,
			);
			if (answered) return;
			if (performance.now() > patienceEndsAt)
				throw new Error(`no answer on port ${port} for ${startPatienceMs / 1_000} s:\n${room.complaints}`);
			await setTimeout(25);
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
		await setTimeout(milliseconds);
	}

	async until(what: string, condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
		// A shared machine may be slow: the wall clock gets twice the patience of the virtual one.
		const patienceEndsAt = performance.now() + 2 * withinMs;
		while (!(await condition())) {
			if (performance.now() > patienceEndsAt)
				throw new Error(
					`${what} did not happen within ${2 * withinMs} ms\n${this.#cloud?.complaints ?? ""}\n${this.#pi?.complaints ?? ""}`,
				);
			await setTimeout(20);
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

	/** What the Pi kept as evidence of its last decision: the shelves before and after, as its cameras saw them. */
	async evidencePictures(): Promise<Picture[]> {
		const reportId = this.events
			.filter(({ room, event }) => room === "pi" && event === "basket.decided")
			.at(-1)?.reportId;
		if (typeof reportId !== "string") return [];
		const folder = join(this.#folder, "evidence", machineId, reportId);
		const names = (await readdir(folder)).filter((name) => name.endsWith(".jpg")).sort();
		return Promise.all(
			names.map(async (name) => ({ name, mediaType: "image/jpeg", bytes: await readFile(join(folder, name)) })),
		);
	}

	async close(): Promise<void> {
		clearInterval(this.#pace);
		// Some of these are not there yet when the stage could not be raised.
		try {
			this.machine?.powerCut();
			await Promise.all([this.#cloud?.stop(), this.#pi?.stop()]);
			await this.#intruder?.close();
			await this.#broker?.close();
			for (const socket of this.#uartSockets) socket.destroy();
			await this.#cameras?.close();
			await new Promise<void>((resolve) => (this.#uart ? this.#uart.close(() => resolve()) : resolve()));
			await this.#stripe?.close();
		} finally {
			await rm(this.#folder, { recursive: true, force: true });
		}
	}
}
