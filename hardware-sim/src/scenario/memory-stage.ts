import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Cloud, createCloud, openDatabase, type ProvisionedMachine } from "@visionvend/cloud-lite";
import { createPiRuntime, openDatabase as openPiDatabase, type PiRuntime } from "@visionvend/pi-runtime";
import type { Clock } from "@visionvend/sdk/clock";
import type { EnvelopeKey } from "@visionvend/sdk/device/envelope/envelope";
import type { LogEntry } from "@visionvend/sdk/log";
import Stripe from "stripe";
import { memoryModemBroker } from "../chips/sim7080g-memory-broker.ts";
import { SimulationClock } from "../clock.ts";
import { MemoryNetwork } from "../engine/memory-network.ts";
import type { VirtualMachine } from "../machine/virtual-machine.ts";
import { MemoryBroker } from "../network/memory-broker.ts";
import type { NetworkConditions } from "../network/network-conditions.ts";
import { virtualClock } from "../network/virtual-clock.ts";
import { SeededRandom } from "../random.ts";
import { createStripeSimulator, type StripeSimulator } from "../stripe/stripe-simulator.ts";
import { Shopper } from "../world/shopper.ts";
import { type Crossing, Lifeline } from "./lifeline.ts";
import { memoryFolder } from "./memory-folder.ts";
import { type Answer, Phone, type Transport } from "./phone.ts";
import { makeWebCryptoPrompt } from "./prompt-web-crypto.ts";
import { RunTrace } from "./run-trace.ts";
import { buildMachine, machineId, registerShop, webhookSecret } from "./shop.ts";
import type { Attacker, RoomName, Stage, StageEvent, StageOptions } from "./stage.ts";

/** When the curtain rises in memory: a fixed moment, since two runs of one seed must agree to the byte. */
export const epochMs = Date.UTC(2026, 0, 1, 9, 0, 0);
const networkLatencyNs = 8_000_000;
const lteLatencyNs = 60_000_000;

interface Life {
	readonly lifeline: Lifeline;
}
interface CloudLife extends Life {
	readonly cloud: Cloud;
}
interface PiLife extends Life {
	readonly pi: PiRuntime;
}

/** All rooms in this process, on one virtual clock, behind in-memory links. The same seed gives the same bytes. */
export class MemoryStage implements Stage {
	readonly machineId = machineId;
	readonly trace = new RunTrace();
	readonly events: StageEvent[] = [];
	readonly payments: StripeSimulator;
	readonly attacker: Attacker;
	machine!: VirtualMachine;
	shopper!: Shopper;
	phone!: Phone;
	foreignKey!: EnvelopeKey;
	readonly #options: StageOptions;
	readonly #clock = new SimulationClock();
	readonly #wall: Clock;
	readonly #random: SeededRandom;
	readonly #paymentsRandom = new SeededRandom(0x5712);
	readonly #broker: MemoryBroker;
	readonly #folder: string;
	#cloud: CloudLife | undefined;
	#pi: PiLife | undefined;
	#lastAnswer: Promise<void> = Promise.resolve();
	#cloudStarts = 0;
	#piStarts = 0;
	#killAt: { readonly room: "cloud" | "pi"; readonly matches: (crossing: Crossing) => boolean } | undefined;
	#killCloudAfter: ((method: string, path: string) => boolean) | undefined;
	#piKeys: Parameters<typeof createPiRuntime>[0]["keys"] | undefined;
	readonly #skewMs = { cloud: 0, pi: 0 };
	/** Something has come into a room, or somebody acts on one from outside, since all of them were at rest. */
	#stirred = true;

	private constructor(options: StageOptions, folder: string) {
		this.#options = options;
		options.onTrace?.(this.trace);
		this.#folder = folder;
		this.#random = new SeededRandom(options.seed);
		this.#wall = this.#stirring(virtualClock(this.#clock, epochMs));
		const seen: { topic: string; payload: string }[] = [];
		this.#broker = new MemoryBroker({
			clock: this.#clock,
			random: this.#random.fork("network"),
			latencyNs: networkLatencyNs,
			tap: (topic, payload) => {
				seen.push({ topic, payload });
				this.trace.record("message", this.#clock.now, topic, payload);
			},
		});
		const intruder = this.#broker.client("cloud", "attacker");
		this.attacker = {
			seen,
			publish: (topic, payload) => {
				this.#stirred = true;
				return intruder.publish(topic, payload);
			},
		};
		this.payments = createStripeSimulator({
			clock: this.#wall,
			random: (byteLength) => this.#paymentsRandom.bytes(byteLength),
			webhook: { deliver: (body, headers) => this.#deliverWebhook(body, headers), secret: webhookSecret },
		});
	}

	static async open(options: StageOptions): Promise<MemoryStage> {
		makeWebCryptoPrompt();
		const stage = new MemoryStage(options, await mkdtemp(join(memoryFolder(), "visionvend-")));
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
		await this.start("cloud");
		const cloud = this.#cloud?.cloud;
		if (!cloud) throw new Error("the cloud did not start");
		const register = this.#options.register ?? registerShop;
		const { own, foreignKey, token, configuration } = await register(cloud, this.#options);
		this.foreignKey = foreignKey;
		this.#piKeys = own.piKeys;
		this.machine = buildMachine(this, this.#options, this.#clock, this.#random, own, this.#radio(own), configuration);
		this.shopper = new Shopper({ fridge: this.machine.fridge, clock: this.#clock });
		this.#options.eyes?.watch({
			fridge: this.machine.fridge,
			shopper: this.shopper,
			clock: this.#clock,
			epochMs,
			random: this.#random.fork("cameras"),
		});
		if ((this.#options.uplink ?? "pi") === "pi") await this.start("pi");
		this.phone = new Phone({ transport: this.#transport, token, baseUrl: "" });
		this.machine.powerUp();
		await this.pass(2_000);
	}

	/** What a controller with Wi-Fi or a modem finds in the air. */
	#radio({ broker: account }: ProvisionedMachine): NonNullable<Parameters<typeof buildMachine>[5]> {
		const mayEnter = (user: string, password: string): boolean =>
			user === account.username && password === account.password;
		const reached = { clock: this.#clock, broker: this.#broker, mayEnter };
		return {
			network: new MemoryNetwork({ ...reached, latencyNs: networkLatencyNs }),
			modemBroker: memoryModemBroker({ ...reached, latencyNs: lteLatencyNs }),
		};
	}

	/** The cloud, for whatever has no way through its API yet. Throws while it is down. */
	get cloud(): Cloud {
		this.#stirred = true;
		if (!this.#cloud) throw new Error("connection refused");
		return this.#cloud.cloud;
	}

	/** Whether the room has been started, and not killed. */
	running(room: "cloud" | "pi"): boolean {
		return (room === "cloud" ? this.#cloud : this.#pi) !== undefined;
	}

	/** What a room's clock says differs from the true time by so much from now on; below zero it is late. */
	setClockSkew(room: "cloud" | "pi", milliseconds: number): void {
		this.#skewMs[room] = milliseconds;
		this.tell(room, "clock set", { skewMs: milliseconds });
	}

	/** The clock; who lets itself be woken by it stirs. */
	#stirring(clock: Clock): Clock {
		return {
			now: () => clock.now(),
			after: (delayMs, callback) =>
				clock.after(delayMs, () => {
					this.#stirred = true;
					callback();
				}),
		};
	}

	#clockOf(room: "cloud" | "pi"): Clock {
		return { ...this.#wall, now: () => this.#wall.now() + this.#skewMs[room] };
	}

	/** The network between one room (`cloud`, `pi`, or the machine itself where it has a radio) and the broker. */
	setNetwork(room: "cloud" | "pi" | "controller", conditions: NetworkConditions | undefined): void {
		this.#broker.setConditions(room === "controller" ? machineId : room, conditions);
	}

	/** A phone of another shopper, or a fresh token for the first one: they live for 15 minutes. Rejects while the cloud is down. */
	async signIn(shopperId: string): Promise<Phone> {
		if (!this.#cloud) throw new Error("connection refused");
		const token = await this.#cloud.cloud.issueShopperToken(shopperId);
		return new Phone({ transport: this.#transport, token, baseUrl: "" });
	}

	#log(entry: LogEntry): void {
		const { room, event, level: _level, ...fields } = entry;
		this.tell(roomOf(room), event, fields);
	}

	tell(room: RoomName, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
		const entry: StageEvent = { ...fields, atMs: this.atMs, room, event };
		this.#stirred = true;
		this.events.push(entry);
		this.trace.record("event", this.#clock.now, room, event, JSON.stringify(fields));
		this.#options.onEvent?.(entry);
	}

	readonly #transport: Transport = (method, path, headers, body) => {
		// One request after the other, each into a quiet house: two at once would meet in an order that no seed decides.
		this.#stirred = true;
		const before = this.#lastAnswer;
		const answer = (async () => {
			await before;
			await this.#roomsQuiet();
			return this.#request(method, path, headers, body);
		})();
		this.#lastAnswer = answer.then(
			() => undefined,
			() => undefined,
		);
		return answer;
	};

	async #request(...[method, path, headers, body]: Parameters<Transport>): Promise<Answer> {
		const life = this.#cloud;
		if (!life) throw new Error("connection refused");
		this.trace.record("request", this.#clock.now, method, path, body ?? "");
		const request = new Request(`http://cloud.test${path}`, {
			method,
			headers,
			...(body === undefined ? {} : { body }),
		});
		const response = await answerOf(life, request);
		const text = await response.text();
		this.trace.record("response", this.#clock.now, response.status, text);
		const parsed: unknown = JSON.parse(text);
		return { status: response.status, body: parsed };
	}

	async #deliverWebhook(body: string, headers: Record<string, string>): Promise<number> {
		const life = this.#cloud;
		if (!life) throw new Error("connection refused");
		this.trace.record("webhook", this.#clock.now, body);
		const request = new Request("http://cloud.test/webhooks/stripe", { method: "POST", headers, body });
		const response = await answerOf(life, request);
		return response.status;
	}

	/** Stripe's official client, speaking HTTP to the simulator without a socket. */
	#stripe(lifeline: Lifeline): Stripe {
		const { payments, trace } = this;
		const send: typeof fetch = async (input, init) => {
			const request = new Request(input, init);
			const { pathname } = new URL(request.url);
			const body = await request.clone().text();
			trace.record(
				"payment",
				this.#clock.now,
				request.method,
				pathname,
				request.headers.get("idempotency-key") ?? "",
				body,
			);
			const response = await lifeline.pass(() => payments.fetch(request));
			trace.record("payment-answer", this.#clock.now, response.status, await response.clone().text());
			if (this.#killCloudAfter?.(request.method, pathname)) {
				this.#killCloudAfter = undefined;
				this.#kill("cloud");
			}
			return lifeline.pass(async () => response);
		};
		return new Stripe("sk_test_visionvend", {
			httpClient: Stripe.createFetchHttpClient(send),
			maxNetworkRetries: 0,
			telemetry: false,
		});
	}

	killCloudAfterPaymentCall(matches: (method: string, path: string) => boolean): void {
		this.#killCloudAfter = matches;
	}

	async start(room: "cloud" | "pi" | "broker"): Promise<void> {
		if (room === "broker") {
			this.#broker.restart();
			this.tell("broker", "restarted");
		}
		if (room === "cloud" && !this.#cloud) {
			const lifeline = this.#newLife("cloud");
			const random = this.#random.fork(`cloud-${this.#cloudStarts++}`);
			const client = this.#broker.client("cloud", "cloud");
			lifeline.whenCut(() => client.crash());
			const cloud = await createCloud(
				{
					databaseUrl: `file:${join(this.#folder, "cloud.db")}`,
					jwtSecret: "a-secret-that-only-this-stage-knows-and-nobody-else",
					stripeWebhookSecret: webhookSecret,
				},
				{
					clock: lifeline.clock(this.#clockOf("cloud")),
					random: (byteLength) => random.bytes(byteLength),
					broker: lifeline.broker(client),
					stripe: this.#stripe(lifeline),
					log: lifeline.log((entry) => this.#log(entry)),
					openDatabase: async (url) => {
						const database = await openDatabase(url);
						return { ...lifeline.store(database), snapshot: (work) => database.snapshot(work) };
					},
				},
			);
			this.#cloud = { lifeline, cloud };
		}
		if (room === "pi" && !this.#pi) {
			if (!this.#piKeys) throw new Error("the machine is not provisioned yet");
			const lifeline = this.#newLife("pi");
			const random = this.#random.fork(`pi-${this.#piStarts++}`);
			const client = this.#broker.client(machineId, "pi");
			lifeline.whenCut(() => client.crash());
			const { far } = this.machine.wire;
			const pi = await createPiRuntime(
				{
					machineId,
					keys: this.#piKeys,
					products: [...this.#options.products],
					databaseUrl: `file:${join(this.#folder, "pi.db")}`,
					broker: { url: "memory:", username: machineId, password: "" },
					uart: "memory:",
					baud: 115_200,
					healthPort: 0,
				},
				{
					clock: lifeline.clock(this.#clockOf("pi")),
					random: (byteLength) => random.bytes(byteLength),
					broker: lifeline.broker(client),
					controller: {
						write: (bytes) => lifeline.write(() => far.write(bytes)),
						onData: (listener) => far.onData((bytes) => lifeline.wake(() => listener(bytes))),
						close: () => undefined,
					},
					eyes: this.#options.eyes,
					evidenceFolder: this.#options.keepsEvidence === true ? join(this.#folder, "evidence") : undefined,
					log: lifeline.log((entry) => this.#log(entry)),
					openDatabase: async (url) => lifeline.store(await openPiDatabase(url)),
				},
			);
			this.#pi = { lifeline, pi };
		}
		await this.#quiet();
	}

	#newLife(room: "cloud" | "pi"): Lifeline {
		const stir = (): void => {
			this.#stirred = true;
		};
		return new Lifeline((crossing) => this.#crossed(room, crossing), stir);
	}

	async kill(room: "cloud" | "pi" | "broker"): Promise<void> {
		this.#kill(room);
	}

	/** Kills a room as it crosses a boundary: at the first one, asked about each, that `matches`. Returns the way out. */
	killAt(room: "cloud" | "pi", matches: (crossing: Crossing) => boolean): () => void {
		const order = { room, matches };
		this.#killAt = order;
		return () => {
			if (this.#killAt === order) this.#killAt = undefined;
		};
	}

	#crossed(room: "cloud" | "pi", crossing: Crossing): void {
		// A room that is still starting is no one's yet.
		const stands = room === "cloud" ? this.#cloud : this.#pi;
		if (stands === undefined || this.#killAt?.room !== room || !this.#killAt.matches(crossing)) return;
		this.#killAt = undefined;
		this.#kill(room);
	}

	#kill(room: "cloud" | "pi" | "broker"): void {
		if (room === "cloud") {
			this.#cloud?.lifeline.cut();
			this.#cloud = undefined;
		} else if (room === "pi") {
			this.#pi?.lifeline.cut();
			this.#pi = undefined;
		} else this.#broker.kill();
		this.tell(room, "killed");
	}

	/** Waits until no room works on anything any more, while the clock stands still, and every phone has its answer. */
	async #quiet(): Promise<void> {
		let answer: Promise<void>;
		do {
			answer = this.#lastAnswer;
			await answer;
			await this.#roomsQuiet();
		} while (answer !== this.#lastAnswer);
	}

	async #roomsQuiet(): Promise<void> {
		for (;;) {
			const cloud = this.#cloud;
			const pi = this.#pi;
			if (cloud) await cloud.lifeline.orCut(cloud.cloud.idle(), nothing);
			await this.payments.idle();
			if (pi) await pi.lifeline.orCut(pi.pi.idle(), nothing);
			await this.payments.idle();
			await this.#options.eyes?.idle();
			if (cloud === this.#cloud && pi === this.#pi) return;
		}
	}

	async #run(untilNs: number, stop: () => boolean | Promise<boolean>): Promise<boolean> {
		// What looks and what has a radio of its own waits for promises that pass no lifeline.
		const { eyes, uplink = "pi" } = this.#options;
		const alwaysStirs = eyes !== undefined || uplink !== "pi";
		for (;;) {
			// Most of what happens stays between the machine and its parts. Then all rooms are at rest as they were.
			if (this.#stirred || alwaysStirs) {
				this.#stirred = false;
				await this.#quiet();
			}
			const stops = stop();
			if (stops === true || (stops !== false && (await stops))) return true;
			const next = this.#clock.nextAt;
			if (next === undefined || next > untilNs) {
				this.#clock.run(Math.max(0, untilNs - this.#clock.now));
				return false;
			}
			this.#clock.step();
		}
	}

	async pass(milliseconds: number): Promise<void> {
		await this.#run(this.#clock.now + milliseconds * 1e6, () => false);
		await this.#quiet();
	}

	async until(what: string, condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
		if (!(await this.#run(this.#clock.now + withinMs * 1e6, condition)))
			throw new Error(`${what} did not happen within ${withinMs} ms (now ${this.atMs} ms)`);
	}

	async ledger(): Promise<readonly { saleId: string; account: string; amountCents: number }[]> {
		if (!this.#cloud) throw new Error("the cloud is down");
		const rows = await this.#cloud.cloud.ledgerRows();
		return rows.map(({ saleId, account, amountCents }) => ({ saleId, account, amountCents }));
	}

	async close(): Promise<void> {
		try {
			// Not there yet when the stage could not be raised.
			this.machine?.close();
			await this.#pi?.pi.close();
			await this.#cloud?.cloud.close();
			this.payments.close();
		} finally {
			await rm(this.#folder, { recursive: true, force: true });
		}
	}
}

function nothing(): void {
	// A room that is dead is at rest.
}

/** What the cloud answers; rejects when it dies before: whoever was talking to it hears that the connection is gone. */
function answerOf({ cloud, lifeline }: CloudLife, request: Request): Promise<Response> {
	return lifeline.orCut(Promise.resolve(cloud.app.fetch(request)), () => {
		throw new Error("connection reset");
	});
}

function roomOf(room: string): RoomName {
	switch (room) {
		case "world":
		case "phone":
		case "cloud":
		case "payments":
		case "broker":
		case "pi":
		case "controller":
		case "attacker":
			return room;
		default:
			throw new Error(`a log entry comes from an unknown room: ${room}`);
	}
}
