import type { ProvisionedMachine } from "@visionvend/cloud-lite";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { Clock } from "@visionvend/sdk/clock";
import { type EnvelopeKey, open, seal } from "@visionvend/sdk/device/envelope/envelope";
import type { ConfiguredKey, HealthBody } from "@visionvend/sdk/device/messages";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { acknowledgementBodySchema, helloRequestBodySchema, unlockBodySchema } from "@visionvend/sdk/protocol/messages";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import type { Random } from "@visionvend/sdk/random";
import type { z } from "zod";

/**
 * A fridge without a Pi, as far as the cloud can tell: it says how it is, unlocks, and reports what was taken. Thousands
 * fit into a process. What the broker has not acknowledged is sent again once the connection is back.
 */
export class LightDevice {
	readonly machineId: string;
	readonly #fromCloud: EnvelopeKey;
	readonly #toCloud: EnvelopeKey;
	readonly #password: string;
	readonly #products: readonly Product[];
	readonly #reconnectMs: number;
	readonly #random: Random;
	readonly #clock: Clock;
	readonly #waiting = new Set<readonly [topic: string, token: string]>();
	#broker: MessageBroker | undefined;
	#seq = 0;
	#nonce = "";
	#counter = 0;
	#executed = 0;
	#sending = false;
	/** Health messages that were made. */
	beats = 0;
	/** Connections that it has had. */
	connections = 0;
	/** Reports that the cloud has stored. */
	acknowledged = 0;

	/** `reconnectMs`: the first wait after a lost connection is anything up to this. */
	constructor(options: {
		readonly machine: ProvisionedMachine;
		readonly products: readonly Product[];
		readonly reconnectMs: number;
		readonly clock: Clock;
		readonly random: Random;
	}) {
		const { machineId, controllerKeys, broker } = options.machine;
		this.machineId = machineId;
		this.#fromCloud = keyOf(controllerKeys.receive);
		this.#toCloud = keyOf(controllerKeys.send);
		this.#password = broker.password;
		this.#products = options.products;
		this.#reconnectMs = options.reconnectMs;
		this.#clock = options.clock;
		this.#random = options.random;
	}

	get connected(): boolean {
		return this.#broker?.connected ?? false;
	}

	/** Messages that the broker has not acknowledged yet. */
	get unsent(): number {
		return this.#waiting.size;
	}

	async connect(url: string): Promise<void> {
		const { machineId } = this;
		const broker = await connectMqtt({
			url,
			username: machineId,
			password: this.#password,
			clientId: machineId,
			reconnectMs: this.#reconnectMs,
			clock: this.#clock,
			random: this.#random,
		});
		this.#broker = broker;
		await broker.subscribe(`devices/${machineId}/commands/+`, (topic, payload) => this.#command(topic, payload));
		if (broker.connected) this.connections += 1;
		broker.onConnectionChange((connected) => {
			if (!connected) return;
			this.connections += 1;
			void this.#send();
		});
		void this.#send();
	}

	async close(): Promise<void> {
		await this.#broker?.close();
	}

	/** Says how it is. */
	beat(): void {
		this.beats += 1;
		const health: HealthBody = {
			uptimeMs: this.beats * 60_000,
			boot: 1,
			doorClosed: true,
			massesMilligrams: [1_200_000, 800_000, 640_000, 310_000],
			phase: "locked",
			resetReason: "power-on",
			memoryFreeBytes: 60_000,
			supplyMillivolts: 12_000,
			faults: [],
		};
		this.#say(topics(this.machineId).health, health);
	}

	#command(topic: string, payload: string): void {
		const { machineId } = this;
		const opened = open(this.#fromCloud, { iss: "cloud", aud: `${machineId}/controller`, topic }, payload);
		if (!opened.ok) throw new Error(`the cloud sealed ${topic} wrongly: ${opened.refusal}`);
		const { body, nonce } = opened.claims;
		const known = topics(machineId);
		if (topic === known.helloRequest) this.#hello(helloRequestBodySchema.parse(body).request);
		if (topic === known.unlock) this.#unlock(unlockBodySchema.parse(body), nonce);
		if (topic === known.acknowledgement) {
			acknowledgementBodySchema.parse(body);
			this.acknowledged += 1;
		}
	}

	#hello(request: string): void {
		this.#nonce = Buffer.from(this.#random(16)).toString("base64url");
		this.#say(topics(this.machineId).hello, {
			request,
			boot: 1,
			nonce: this.#nonce,
			counter: this.#counter,
			executed: this.#executed,
			phase: "locked",
			firmware: "light",
			resetReason: "power-on",
			kind: "fridge",
			configuration: 0,
		});
	}

	/** Opens, lets one unit of the first product go, closes, and reports. An unlock that comes again is no second one. */
	#unlock({ saleId, counter }: z.infer<typeof unlockBodySchema>, nonce: string | undefined): void {
		const { command, door, saleReport } = topics(this.machineId);
		if (counter <= this.#counter) return;
		if (nonce !== this.#nonce) {
			this.#say(command, { saleId, counter, result: "refused", reason: "stale-nonce" });
			return;
		}
		this.#executed = ((this.#executed << (counter - this.#counter)) | 1) >>> 0;
		this.#counter = counter;
		this.#nonce = "";
		this.#say(command, { saleId, counter, result: "executed", reason: "" });
		this.#say(door, { state: "opened", saleId, atMs: 1_000 });
		this.#say(door, { state: "closed", saleId, atMs: 6_000 });
		const [taken] = this.#products;
		const shelves = [...new Set(this.#products.map(({ shelf }) => shelf))].map((shelf) => ({
			shelf,
			baselineMilligrams: 10_000_000,
			finalMilligrams: 10_000_000 - (taken?.shelf === shelf ? taken.massMilligrams : 0),
			spreadMilligrams: 400,
		}));
		this.#say(saleReport, {
			saleId,
			counter,
			boot: 1,
			opened: true,
			doorOpenMs: 5_000,
			dispensed: [],
			flags: [],
			shelves,
		});
	}

	#say(topic: string, body: unknown): void {
		this.#seq += 1;
		const { machineId } = this;
		const jti = `1-${this.#seq}`;
		const claims = { iss: `${machineId}/controller`, aud: "cloud", jti, seq: this.#seq, topic, body };
		this.#waiting.add([topic, seal(this.#toCloud, claims)]);
		void this.#send();
	}

	/** In order, one after the other; what fails stays for the next connection. */
	async #send(): Promise<void> {
		if (this.#sending) return;
		this.#sending = true;
		try {
			for (const message of this.#waiting) {
				if (!this.#broker?.connected) return;
				await this.#broker.publish(...message);
				this.#waiting.delete(message);
			}
		} catch {
			// The connection was lost, or the broker did not answer in time: the next beat or connection tries again.
		} finally {
			this.#sending = false;
		}
	}
}

function keyOf({ kid, key }: ConfiguredKey): EnvelopeKey {
	const bytes = decodeBase64url(key);
	if (bytes === undefined) throw new Error(`key ${kid} is not base64url`);
	return { kid, key: bytes };
}
