import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Claims, deriveKey, keyId, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import type { SaleReportBody } from "@visionvend/sdk/device/messages";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics as topicsOf } from "@visionvend/sdk/device/topics";
import type { LogEntry } from "@visionvend/sdk/log";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { type ReportBody, reportBodySchema } from "@visionvend/sdk/protocol/messages";
import { TaskTracker } from "@visionvend/sdk/task-tracker";
import type { PiConfiguration } from "../src/configuration.ts";
import type { Eyes } from "../src/decide/eyes.ts";
import { clockTimer } from "../src/link/clock-timer.ts";
import type { SerialPortLike } from "../src/link/serial-port.ts";
import type { LogBuffer } from "../src/log/log-buffer.ts";
import type { PiPorts, PiRuntime } from "../src/pi-runtime.ts";
import { startService } from "../src/pi-runtime.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { Store } from "../src/store/store.ts";
import { BytePipe } from "./byte-pipe.ts";
import { TestBroker } from "./test-broker.ts";
import { TestClock } from "./test-clock.ts";

export const machineId = "fridge-1";
export const topics = topicsOf(machineId);
const secret = new Uint8Array(32).fill(7);
export const keys = {
	cloudToPi: deriveKey(secret, machineId, keyId("cloud", "pi", 1)),
	piToCloud: deriveKey(secret, machineId, keyId("pi", "cloud", 1)),
	cloudToController: deriveKey(secret, machineId, keyId("cloud", "controller", 1)),
	controllerToCloud: deriveKey(secret, machineId, keyId("controller", "cloud", 1)),
};

export function configuration(databaseUrl: string): PiConfiguration {
	return {
		machineId,
		keys: {
			receive: { kid: keys.cloudToPi.kid, key: encodeBase64url(keys.cloudToPi.key) },
			send: { kid: keys.piToCloud.kid, key: encodeBase64url(keys.piToCloud.key) },
		},
		products: [
			{ sku: "cola", name: "Cola", massMilligrams: 355_000, toleranceMilligrams: 5_000, priceCents: 200, shelf: 0 },
			{ sku: "chips", name: "Chips", massMilligrams: 70_000, toleranceMilligrams: 4_000, priceCents: 150, shelf: 1 },
		],
		databaseUrl,
		broker: { url: "mqtt://127.0.0.1:1883", username: machineId, password: "secret" },
		uart: "tcp://127.0.0.1:9",
		baud: 115_200,
		healthPort: 0,
	};
}

/** A sale in which `colas` colas were taken. */
export function saleReport(saleId: string, colas = 1): SaleReportBody {
	return {
		saleId,
		counter: 1,
		boot: 1,
		opened: true,
		doorOpenMs: 4_000,
		flags: [],
		shelves: [
			{
				shelf: 0,
				baselineMilligrams: 3_550_000,
				finalMilligrams: 3_550_000 - colas * 355_000,
				spreadMilligrams: 900,
			},
			{ shelf: 1, baselineMilligrams: 700_000, finalMilligrams: 700_000, spreadMilligrams: 900 },
		],
		dispensed: [],
	};
}

/** What the controller seals for the cloud. */
export function sealedByController(topic: string, body: unknown, sequence: number): string {
	return seal(keys.controllerToCloud, {
		iss: partyName(machineId, "controller"),
		aud: partyName(machineId, "cloud"),
		jti: `1-${sequence}`,
		seq: sequence,
		topic,
		body,
	});
}

/** Where the process of the Pi dies in the middle of something: at the n-th thing that it does to the outside. */
export class Crash {
	#left: number;
	#tell: () => void = () => undefined;
	readonly happened = new Promise<void>((resolve) => {
		this.#tell = resolve;
	});
	dead = false;

	constructor(left: number) {
		this.#left = left;
	}

	/** Counts; `true` once the process is dead. */
	strikes(): boolean {
		if (this.dead) return true;
		this.#left -= 1;
		if (this.#left > 0) return false;
		this.dead = true;
		this.#tell();
		return true;
	}
}

const never = new Promise<never>(() => undefined);

/** A machine around the Pi: a controller on a wire, a broker, a cloud that acknowledges, and a disk that outlives all. */
export class TestMachine {
	readonly clock = new TestClock();
	readonly broker = new TestBroker(this.clock);
	readonly wire = new BytePipe(this.clock);
	readonly log: LogEntry[] = [];
	/** Reports that the cloud read, seals verified, in order and with repetitions. */
	readonly reports: { body: ReportBody; claims: Claims; inner: Claims }[] = [];
	/** What reached the controller, verbatim. */
	readonly commands: { topic: string; envelope: string }[] = [];
	/** Messages that the Pi took custody of. */
	readonly takenOver: string[] = [];
	/** At the broker, as the Pi was told of them. */
	readonly accounts: { readonly username: string; readonly password: string }[] = [];
	/** Whether the cloud answers reports. */
	acknowledging = true;
	/** What of the log goes to the cloud, from the next start on. */
	logBuffer: LogBuffer | undefined;
	/** What watches the shelves, from the next start on. */
	eyes: Eyes | undefined;
	/** While true the disk takes nothing. */
	diskFull = false;
	readonly #directory = mkdtempSync(join(tmpdir(), "visionvend-pi-"));
	readonly #cloud = new TaskTracker();
	readonly #controller: LinkEndpoint;
	#acknowledgements = 0;
	#random = 1;
	#lives = 0;
	#pi: { runtime: PiRuntime; crash: Crash } | undefined;

	constructor() {
		this.broker.onPublished = (topic, payload) => {
			if (topic !== topics.report) return;
			this.#cloud.run(
				() => this.#readReport(payload),
				(error) => {
					throw error;
				},
			);
		};
		this.#controller = new LinkEndpoint({
			write: (bytes) => this.wire.controller.write(bytes),
			timer: clockTimer(this.clock),
			session: 4_711,
			onMessage: (message, acknowledge) => {
				const decoded = decodeLinkMessage(message);
				if (decoded !== undefined) this.commands.push(decoded);
				acknowledge();
			},
		});
		this.wire.controller.onData((bytes) => this.#controller.receive(bytes));
	}

	/** What the Pi is told to sell at its next start. */
	products = configuration("").products;

	get databaseUrl(): string {
		return `file:${join(this.#directory, "pi.db")}`;
	}

	get evidenceFolder(): string {
		return join(this.#directory, "evidence");
	}

	/** The running service. */
	get pi(): PiRuntime {
		if (this.#pi === undefined) throw new Error("The Pi does not run");
		return this.#pi.runtime;
	}

	get crashed(): boolean {
		return this.#pi?.crash.dead ?? false;
	}

	/** Starts the Pi, after a crash again. `false` when the crash struck meanwhile. */
	async start(crash = new Crash(Number.POSITIVE_INFINITY)): Promise<boolean> {
		this.broker.drop();
		const database = await openDatabase(this.databaseUrl);
		const starting = startService(
			{ ...configuration(this.databaseUrl), products: this.products },
			{ ...this.#ports(crash), evidenceFolder: this.#evidenceOfLife(crash) },
			new Store(this.#faulty(database, crash)),
		);
		const runtime = await Promise.race([starting, crash.happened]);
		if (!runtime) return false;
		this.#pi = { runtime, crash };
		return true;
	}

	/** The controller sends; the Pi may hear it later. */
	send(topic: string, envelope: string): void {
		this.#controller.send(encodeLinkMessage(topic, envelope), () => this.takenOver.push(envelope));
	}

	/** Lets everything happen that happens within `milliseconds`, or until the Pi dies. */
	async run(milliseconds: number): Promise<void> {
		const untilMs = this.clock.now() + milliseconds;
		do {
			await this.settle();
			if (this.crashed) return;
		} while (this.clock.step(untilMs));
		await this.settle();
	}

	/** Everything that happens without the clock. */
	async settle(): Promise<void> {
		await Promise.race([this.#pi?.runtime.idle(), this.#pi?.crash.happened]);
		await this.#cloud.idle();
	}

	/** What reached the broker that the controller had sealed, in order. */
	relayed(): { topic: string; payload: string }[] {
		const own: readonly string[] = [topics.report, topics.planogramStatus, topics.keysStatus];
		return this.broker.published.filter(({ topic }) => !own.includes(topic));
	}

	events(event: string): LogEntry[] {
		return this.log.filter((entry) => entry.event === event);
	}

	acknowledgement(reportId: string, changes: Partial<Claims> = {}, key = keys.cloudToPi): string {
		this.#acknowledgements += 1;
		return seal(key, {
			iss: "cloud",
			aud: partyName(machineId, "pi"),
			jti: `ack-${this.#acknowledgements}`,
			seq: this.#acknowledgements,
			topic: topics.ack,
			body: { reportId, saleId: "sale-1", outcome: "captured" },
			...changes,
		});
	}

	async close(): Promise<void> {
		this.#controller.close();
		if (this.#pi !== undefined && !this.#pi.crash.dead) await this.#pi.runtime.close();
		// A life that died may still write under the name that it has lost.
		rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
	}

	async #readReport(token: string): Promise<void> {
		const opened = openEnvelope(
			keys.piToCloud,
			{ iss: partyName(machineId, "pi"), aud: "cloud", topic: topics.report },
			token,
		);
		if (!opened.ok) throw new Error(`The cloud cannot open a report: ${opened.refusal}`);
		const body = reportBodySchema.parse(opened.claims.body);
		const inner = open(
			keys.controllerToCloud,
			{ iss: partyName(machineId, "controller"), aud: "cloud", topic: topics.saleReport },
			body.report,
		);
		if (!inner.ok) throw new Error(`The cloud cannot open a controller's report: ${inner.refusal}`);
		this.reports.push({ body, claims: opened.claims, inner: inner.claims });
		if (!this.acknowledging) return;
		const acknowledgement = this.acknowledgement(body.reportId);
		this.clock.after(5, () => this.broker.deliver(topics.ack, acknowledgement));
	}

	#ports(crash: Crash): PiPorts {
		const { clock, broker, wire, log } = this;
		const controller: SerialPortLike = {
			write: (bytes) => {
				if (!crash.strikes()) wire.pi.write(bytes);
			},
			onData: (listener) => {
				wire.pi.onData((bytes) => {
					if (!crash.dead) listener(bytes);
				});
			},
			close: () => wire.pi.close(),
		};
		return {
			clock: {
				now: () => clock.now(),
				after: (delayMs, callback) =>
					clock.after(delayMs, () => {
						if (!crash.dead) callback();
					}),
			},
			random: (byteLength) => {
				this.#random += 1;
				return Uint8Array.from({ length: byteLength }, (_, index) => (this.#random * 31 + index * 7) & 0xff);
			},
			broker: {
				publish: async (topic, payload) => {
					if (crash.strikes()) return never;
					await broker.publish(topic, payload);
					if (crash.strikes()) return never;
				},
				subscribe: (filter, onMessage) =>
					broker.subscribe(filter, (topic, payload) => {
						if (!crash.dead) onMessage(topic, payload);
					}),
				onConnectionChange: (listener) => broker.onConnectionChange((up) => !crash.dead && listener(up)),
				get connected() {
					return broker.connected;
				},
				close: () => broker.close(),
			},
			onAccount: (account) => this.accounts.push(account),
			controller,
			logBuffer: this.logBuffer,
			eyes: this.eyes,
			log: (entry) => {
				if (!crash.dead) log.push(entry);
			},
		};
	}

	/** The folder under a name that a life loses with its end: what it was about to write then does not get there. */
	#evidenceOfLife(crash: Crash): string {
		this.#lives += 1;
		const name = join(this.#directory, `evidence-of-life-${this.#lives}`);
		if (!existsSync(this.evidenceFolder)) mkdirSync(this.evidenceFolder);
		symlinkSync(this.evidenceFolder, name);
		void crash.happened.then(() => unlinkSync(name));
		return name;
	}

	/** Dies before or after the disk has it; both are points of their own. */
	#faulty(database: Database, crash: Crash): Database {
		return {
			write: async (statements) => {
				if (crash.strikes()) return never;
				if (this.diskFull) throw new Error("disk full");
				const results = await database.write(statements);
				return crash.strikes() ? never : results;
			},
			read: async (statement) => (crash.strikes() ? never : database.read(statement)),
			close: () => database.close(),
		};
	}
}
