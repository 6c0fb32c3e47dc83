import { decideBasket, type ShelfReading } from "@visionvend/sdk/basket/decide-basket";
import { decideDelivery } from "@visionvend/sdk/basket/decide-delivery";
import type { Product } from "@visionvend/sdk/catalog/product";
import { type Claims, type EnvelopeKey, open, seal } from "@visionvend/sdk/device/envelope/envelope";
import type { ConfiguredKey, DispenseResult, SaleFlag } from "@visionvend/sdk/device/messages";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import {
	acknowledgementBodySchema,
	dispenseBodySchema,
	helloRequestBodySchema,
	receiptBodySchema,
	unlockBodySchema,
} from "@visionvend/sdk/protocol/messages";
import { z } from "zod";
import type { ProvisionedMachine } from "../src/index.ts";

/** What a shopper does once the lock has opened; `undefined`: never opens the door. */
export interface Behaviour {
	/** Sku of each thing that is taken; its mass is the mean of the product. */
	readonly take: readonly string[];
	readonly flags?: readonly SaleFlag[];
	/** Milligrams that something foreign adds to shelf 0. */
	readonly foreignMilligrams?: number;
}

/** The controller and the pi of one machine, as far as the cloud can tell. */
export class FakeMachine {
	readonly #machineId: string;
	readonly #fromCloud: EnvelopeKey;
	readonly #toCloud: EnvelopeKey;
	readonly #piFromCloud: EnvelopeKey;
	readonly #piToCloud: EnvelopeKey;
	readonly #broker: MessageBroker;
	readonly #products: readonly Product[];
	readonly receipts: z.infer<typeof receiptBodySchema>[] = [];
	readonly acks: { reportId: string; saleId: string; outcome: string }[] = [];
	readonly unacknowledged = new Map<string, string>();
	openings = 0;
	boot = 1;
	counter = 0;
	executed = 0;
	/** Whether it answers at all. */
	silent = false;
	/** Whether it consumes unlocks without executing or answering them. */
	deaf = false;
	behaviour: Behaviour | undefined = { take: [] };
	/** What becomes of each slot that is asked for; delivered where not given. */
	slotFailures: Readonly<Record<number, DispenseResult["outcome"]>> = {};
	/** Sends its reports by itself, under its own seal alone. */
	hasPi = true;
	readonly acknowledgements: string[] = [];
	readonly commands: { readonly topic: string; readonly body: unknown; readonly nonce: string | undefined }[] = [];
	/** Keeps what happens after the unlock until `finish`. */
	pause = false;
	/** Weighs the shelves until `finish`: the counter is consumed, and the lock has not opened yet. */
	measures = false;
	/** Swallows the status messages of the sale, not the report. */
	losesStatus = false;
	#seq = 0;
	#nonce = "";
	#phase = "locked";
	#paused: (() => Promise<void>) | undefined;

	constructor(options: { provisioned: ProvisionedMachine; broker: MessageBroker; products: readonly Product[] }) {
		const { machineId, controllerKeys, piKeys } = options.provisioned;
		this.#machineId = machineId;
		this.#fromCloud = keyOf(controllerKeys.receive);
		this.#toCloud = keyOf(controllerKeys.send);
		this.#piFromCloud = keyOf(piKeys.receive);
		this.#piToCloud = keyOf(piKeys.send);
		this.#broker = options.broker;
		this.#products = options.products;
	}

	async start(): Promise<void> {
		await this.#broker.subscribe(`devices/${this.#machineId}/commands/+`, (topic, payload) =>
			this.#command(topic, payload),
		);
		await this.#broker.subscribe(topics(this.#machineId).configurationUpdate, (topic, payload) =>
			this.#command(topic, payload),
		);
		await this.#broker.subscribe(topics(this.#machineId).ack, (_topic, payload) => this.#ack(payload));
	}

	/** Does what the shopper does, when `pause` kept it. */
	async finish(): Promise<void> {
		const paused = this.#paused;
		this.#paused = undefined;
		await paused?.();
	}

	/** Sends every report again that was not acknowledged. */
	async sendReportsAgain(): Promise<void> {
		for (const token of this.unacknowledged.values()) await this.#broker.publish(topics(this.#machineId).report, token);
	}

	async force(): Promise<void> {
		await this.#report("", 0, { take: ["cola"], flags: ["forced"] }, true);
	}

	/** Seals as the controller does; `changes` replaces claims. */
	sealStatus(topic: string, body: unknown, changes: Partial<Claims> = {}): string {
		this.#seq += 1;
		return seal(this.#toCloud, {
			iss: `${this.#machineId}/controller`,
			aud: "cloud",
			jti: `${this.boot}-${this.#seq}`,
			seq: this.#seq,
			topic,
			body,
			...changes,
		});
	}

	/** A report in both envelopes. */
	sealReport(
		saleId: string,
		counter: number,
		behaviour: Behaviour,
		opened: boolean,
		other: { readonly decision?: unknown; readonly inner?: string } = {},
	): string {
		const { report, ack: _ack, saleReport } = topics(this.#machineId);
		const shelves = this.#weigh(behaviour);
		const flags = [...(behaviour.flags ?? [])];
		const own = this.sealStatus(saleReport, {
			saleId,
			counter,
			boot: this.boot,
			opened,
			doorOpenMs: opened ? 5_000 : 0,
			dispensed: [],
			flags,
			shelves,
		});
		const reportId = `report-${this.boot}-${this.#seq}`;
		const token = seal(this.#piToCloud, {
			iss: `${this.#machineId}/pi`,
			aud: "cloud",
			jti: reportId,
			seq: this.#seq,
			topic: report,
			body: {
				reportId,
				saleId,
				report: other.inner ?? own,
				decision: other.decision ?? decideBasket({ shelves, products: this.#products, flags }),
			},
		});
		this.unacknowledged.set(reportId, token);
		return token;
	}

	async say(body: unknown, topic: string): Promise<void> {
		if (!this.silent) await this.#broker.publish(topic, this.sealStatus(topic, body));
	}

	/** How often it has said hello. */
	hellos = 0;
	/** How often the cloud has answered its last hello, of all. */
	answered = 0;

	async hello(request: string): Promise<void> {
		this.hellos++;
		this.#nonce = Buffer.from(`nonce-${this.boot}-${this.#seq}`.padEnd(16, "x").slice(-16)).toString("base64url");
		await this.say(
			{
				request,
				boot: this.boot,
				nonce: this.#nonce,
				counter: this.counter,
				executed: this.executed,
				phase: this.#phase,
				firmware: "test",
				resetReason: "power",
				kind: "fridge",
				configuration: 0,
			},
			topics(this.#machineId).hello,
		);
	}

	async door(state: "opened" | "closed" | "ajar" | "forced", saleId: string): Promise<void> {
		if (this.losesStatus) return;
		await this.say({ state, saleId, atMs: 1_000 }, topics(this.#machineId).door);
	}

	#command(topic: string, payload: string): void {
		if (this.silent) return;
		const opened = open(this.#fromCloud, { iss: "cloud", aud: `${this.#machineId}/controller`, topic }, payload);
		if (!opened.ok) throw new Error(`the cloud sealed ${topic} wrongly: ${opened.refusal}`);
		const known = topics(this.#machineId);
		const { body, nonce } = opened.claims;
		if (topic === known.helloRequest && nonce === this.#nonce) this.answered++;
		if (topic === known.helloRequest) void this.hello(helloRequestBodySchema.parse(body).request);
		if (topic === known.unlock) void this.#unlock(unlockBodySchema.parse(body), nonce);
		if (topic === known.dispense) void this.#dispense(dispenseBodySchema.parse(body), nonce);
		if (topic === known.receipt) this.receipts.push(receiptBodySchema.parse(body));
		if (topic === known.acknowledgement) {
			this.acknowledgements.push(acknowledgementBodySchema.parse(body).reportId);
		}
		if ([known.remoteCommand, known.configurationUpdate, known.firmware, known.firmwareChunk].includes(topic)) {
			this.commands.push({ topic, body, nonce });
		}
	}

	async #dispense({ saleId, counter, slots }: z.infer<typeof dispenseBodySchema>, nonce: string | undefined) {
		const { command, report, saleReport } = topics(this.#machineId);
		if (nonce !== this.#nonce) throw new Error("a dispense command with a stale nonce");
		this.counter = counter;
		this.executed = 1;
		this.#nonce = "";
		await this.say({ saleId, counter, result: "executed", reason: "" }, command);
		const dispensed = slots.map((slot): DispenseResult => {
			const outcome = this.slotFailures[slot] ?? "delivered";
			return { slot, outcome, reason: outcome === "delivered" ? "" : "nothing-fell" };
		});
		const body = { saleId, counter, boot: this.boot, opened: true, doorOpenMs: 0, flags: [], shelves: [], dispensed };
		this.#seq += 1;
		const jti = `${this.boot}-report-${this.#seq}`;
		const own = this.sealStatus(saleReport, body, { jti });
		if (!this.hasPi) {
			await this.#broker.publish(saleReport, own);
			return;
		}
		const decision = decideDelivery(dispensed, this.#products);
		const outer = { reportId: jti, saleId, report: own, decision };
		const claims = { iss: `${this.#machineId}/pi`, aud: "cloud", jti, seq: this.#seq, topic: report, body: outer };
		await this.#broker.publish(report, seal(this.#piToCloud, claims));
	}

	async #unlock(unlock: z.infer<typeof unlockBodySchema>, nonce: string | undefined): Promise<void> {
		if (this.deaf) return;
		const { saleId, counter } = unlock;
		const answer = async (result: "executed" | "refused", reason: string) => {
			if (!this.losesStatus) await this.say({ saleId, counter, result, reason }, topics(this.#machineId).command);
		};
		if (nonce !== this.#nonce) return answer("refused", "stale-nonce");
		if (counter <= this.counter) return answer("refused", "old-counter");
		this.executed = (this.executed << (counter - this.counter)) >>> 0;
		this.counter = counter;
		this.#nonce = "";
		const opens = async () => {
			this.#phase = "unlocked";
			this.executed = (this.executed | 1) >>> 0;
			this.openings += 1;
			await answer("executed", "");
		};
		if (this.measures) this.#phase = "measuring";
		else await opens();
		const { behaviour } = this;
		const rest = async () => {
			if (this.#phase === "measuring") await opens();
			if (behaviour) await this.door("opened", saleId);
			if (behaviour) await this.door("closed", saleId);
			this.#phase = "locked";
			await this.#report(saleId, counter, behaviour ?? { take: [] }, behaviour !== undefined);
		};
		if (this.pause || this.measures) this.#paused = rest;
		else await rest();
	}

	async #report(saleId: string, counter: number, behaviour: Behaviour, opened: boolean): Promise<void> {
		const token = this.sealReport(saleId, counter, behaviour, opened);
		if (!this.silent) await this.#broker.publish(topics(this.#machineId).report, token);
	}

	#weigh({ take, foreignMilligrams = 0 }: Behaviour): ShelfReading[] {
		const shelves = [...new Set(this.#products.map(({ shelf }) => shelf))].sort((one, other) => one - other);
		return shelves.map((shelf, index) => {
			const gone = take
				.map((sku) => this.#products.find((product) => product.sku === sku))
				.filter((product) => product?.shelf === shelf)
				.reduce((sum, product) => sum + (product?.massMilligrams ?? 0), 0);
			const baselineMilligrams = 10_000_000;
			const added = index === 0 ? foreignMilligrams : 0;
			return { shelf, baselineMilligrams, finalMilligrams: baselineMilligrams - gone + added, spreadMilligrams: 400 };
		});
	}

	#ack(payload: string): void {
		const opened = open(
			this.#piFromCloud,
			{ iss: "cloud", aud: `${this.#machineId}/pi`, topic: topics(this.#machineId).ack },
			payload,
		);
		if (!opened.ok) throw new Error(`the cloud sealed an ack wrongly: ${opened.refusal}`);
		const ack = z.object({ reportId: z.string(), saleId: z.string(), outcome: z.string() }).parse(opened.claims.body);
		this.acks.push(ack);
		this.unacknowledged.delete(ack.reportId);
	}
}

function keyOf({ kid, key }: ConfiguredKey): EnvelopeKey {
	const bytes = decodeBase64url(key);
	if (!bytes) throw new Error(`key ${kid} is not base64url`);
	return { kid, key: bytes };
}
