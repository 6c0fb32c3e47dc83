import { type Claims, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { DELIMITER, decodeFrame, encodeFrame, type Frame, FrameType } from "@visionvend/sdk/device/link/frame";
import type { MachineKind } from "@visionvend/sdk/device/messages";
import { type Topics, topics } from "@visionvend/sdk/device/topics";
import type { SeededRandom } from "../random.ts";
import type { MemoryStage } from "../scenario/memory-stage.ts";
import type { StageEvent } from "../scenario/stage.ts";
import { pick } from "./pick.ts";

/** What somebody who owns the broker and the wire to the controller tries, and has no key of this machine. */
export const attackKinds = [
	"replayed",
	"stale",
	"reflected",
	"moved",
	"foreign",
	"held-back",
	"tampered-unlock",
	"tampered-hello",
	"tampered-report",
	"cut",
	"flipped",
	"junk",
	"wire-replayed",
	"wire-flipped",
	"wire-forged",
	"wire-noise",
] as const;
export type AttackKind = (typeof attackKinds)[number];

interface Message {
	readonly topic: string;
	readonly payload: string;
}

/** How many of the last messages an attack picks from: what is old is what `stale` is for. */
const recent = 60;
/** What is worth a try when. */
const lies: Readonly<Record<string, AttackKind>> = Object.freeze({
	"cloud hello.requested": "tampered-hello",
	"controller hello.sent": "foreign",
	"cloud unlock.sent": "replayed",
	"cloud dispense.sent": "replayed",
	"controller slot.begun": "tampered-report",
	"controller door.opened": "tampered-report",
	"controller report.sent": "tampered-report",
});
/** From a replayed request for a hello to the hello: over broker, wire and back. */
const helloWithinMs = 140;

/** Attacks a machine over the broker and over the wire, with what it hears there. */
export class CampaignAttacker {
	readonly #stage: MemoryStage;
	readonly #random: SeededRandom;
	readonly #topics: Topics;
	/** How the cloud orders from this machine: an unlock, or a delivery. */
	readonly #order: { readonly topic: string; readonly asks: Readonly<Record<string, unknown>> };
	readonly #toController: readonly string[];
	readonly #fromController: readonly string[];
	readonly #counts: Record<string, number> = {};
	/** What the Pi sent over the wire last. */
	readonly #heard: Uint8Array[] = [];
	/** Strikes that wait for their moment. */
	#aimed = 0;
	#speaking = false;

	constructor(stage: MemoryStage, kind: MachineKind, random: SeededRandom) {
		this.#stage = stage;
		this.#random = random;
		const known = topics(stage.machineId);
		this.#order =
			kind === "fridge"
				? { topic: known.unlock, asks: { windowMs: 10_000 } }
				: { topic: known.dispense, asks: { slots: [0] } };
		this.#topics = known;
		this.#toController = [known.helloRequest, known.unlock, known.dispense, known.receipt, known.remoteCommand];
		this.#fromController = [known.hello, known.door, known.command, known.health];
		stage.machine.wire.tap((direction, bytes) => {
			if (direction !== "to-board") return;
			this.#heard.push(bytes);
			if (this.#heard.length > recent) this.#heard.shift();
		});
	}

	/** How many messages of each kind were sent. */
	get counts(): Readonly<Record<string, number>> {
		return this.#counts;
	}

	/** Whether what crosses the broker at this moment is the attacker's. */
	get speaking(): boolean {
		return this.#speaking;
	}

	/** So many attacks wait for a moment of the next sale at which a lie could be believed. */
	aim(strikes: number): void {
		this.#aimed = strikes;
	}

	/** A room has told of something. An attacker with access to broker and wire sees as much. */
	hear({ room, event }: StageEvent): void {
		const lie = lies[`${room} ${event}`];
		if (lie === undefined || this.#aimed === 0 || this.#random.next() < 0.5) return;
		this.#aimed--;
		this.#later(2 + this.#random.next() * 45, () => this.strike(lie));
	}

	/** One attack, of any kind where none is named. */
	async strike(kind: AttackKind = this.#choose()): Promise<void> {
		this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
		this.#stage.trace.record("attack", this.#stage.atMs, kind);
		switch (kind) {
			case "replayed":
				return this.#publish(this.#seen());
			case "stale":
				return this.#publish(this.#stale());
			case "reflected":
				return this.#reflect();
			case "moved":
				return this.#move();
			case "foreign":
				return this.#forge((claims) => seal(this.#stage.foreignKey, claims));
			case "held-back":
				return this.#holdBack();
			case "tampered-unlock":
				return this.#tamperUnlock();
			case "tampered-hello":
				return this.#tamperHello();
			case "tampered-report":
				return this.#tamperReport();
			case "cut":
				return this.#change((payload) => payload.slice(0, Math.floor(this.#random.next() * payload.length)));
			case "flipped":
				return this.#change((payload) => this.#flip(payload));
			case "junk":
				return this.#junk();
			case "wire-replayed":
				return this.#write(pickOr(this.#random, this.#heard, new Uint8Array([0])));
			case "wire-flipped":
				return this.#flipFrame();
			case "wire-forged":
				return this.#forgeFrame();
			case "wire-noise":
				return this.#write(this.#random.bytes(1 + Math.floor(this.#random.next() * 120)));
		}
	}

	async #publish(message: Message | undefined): Promise<void> {
		if (message === undefined) return;
		this.#speaking = true;
		// While the broker is down there is nobody to attack.
		const published = this.#stage.attacker.publish(message.topic, message.payload).catch(() => undefined);
		this.#speaking = false;
		await published;
	}

	#seen(...wanted: readonly string[]): Message | undefined {
		const all = this.#stage.attacker.seen;
		const last = all.slice(-recent).filter(({ topic }) => wanted.length === 0 || wanted.includes(topic));
		return last[Math.floor(this.#random.next() * last.length)];
	}

	/** The last message of a topic that looks as if it belonged there: not one of this attacker's own. */
	#last(topic: string): Message | undefined {
		const { seen } = this.#stage.attacker;
		for (let index = seen.length - 1; index >= 0; index--) {
			const message = seen[index];
			if (message?.topic !== topic) continue;
			const claims = claimsOf(message.payload);
			if (claims?.topic === topic && claims.jti !== "forged") return message;
		}
		return undefined;
	}

	#stale(): Message | undefined {
		const all = this.#stage.attacker.seen;
		const old = all.slice(0, Math.ceil(all.length / 2)).filter(({ topic }) => topic.startsWith("devices/"));
		return old[Math.floor(this.#random.next() * old.length)];
	}

	/** What one side sent comes back to it, on a topic that it listens to. */
	async #reflect(): Promise<void> {
		const message = this.#seen();
		if (message === undefined) return;
		const isCommand = this.#toController.includes(message.topic);
		const topic = pick(this.#random, isCommand ? this.#fromController : this.#toController);
		await this.#publish({ topic, payload: message.payload });
	}

	/** A good envelope on another topic of its direction. */
	async #move(): Promise<void> {
		const message = this.#seen();
		if (message === undefined) return;
		const isCommand = this.#toController.includes(message.topic);
		await this.#publish({
			topic: pick(this.#random, isCommand ? this.#toController : [...this.#fromController, this.#topics.report]),
			payload: message.payload,
		});
	}

	/** An unlock with everything right but its seal: first an old request makes the controller give out a fresh nonce. */
	async #forge(sealed: (claims: Claims) => string): Promise<void> {
		await this.#publish(this.#last(this.#topics.helloRequest));
		this.#later(helloWithinMs, async () => {
			const claims = this.#unlockClaims();
			if (claims) await this.#publish({ topic: this.#order.topic, payload: sealed(claims) });
		});
	}

	/** An order that did not get through is worth more than any other lie: its seal is good, and its counter is ahead. */
	#choose(): AttackKind {
		const ordered = bodyOf(this.#last(this.#order.topic)?.payload)?.counter;
		const used = bodyOf(this.#last(this.#topics.hello)?.payload)?.counter;
		const isAhead = typeof ordered === "number" && typeof used === "number" && ordered > used;
		return isAhead && this.#random.next() < 0.5 ? "held-back" : pick(this.#random, attackKinds);
	}

	/** The last order once more, right after the controller was made to give out a fresh nonce. */
	async #holdBack(): Promise<void> {
		const order = this.#last(this.#order.topic);
		await this.#publish(this.#last(this.#topics.helloRequest));
		this.#later(helloWithinMs, () => this.#publish(order));
	}

	/** What the cloud would say now, as far as somebody can know who reads every message. */
	#unlockClaims(): Claims | undefined {
		const hello = bodyOf(this.#last(this.#topics.hello)?.payload);
		if (typeof hello?.nonce !== "string" || typeof hello.counter !== "number") return undefined;
		return {
			iss: "cloud",
			aud: partyName(this.#stage.machineId, "controller"),
			jti: "forged",
			seq: 1_000_000,
			topic: this.#order.topic,
			nonce: hello.nonce,
			body: { saleId: "sale-of-nobody", counter: hello.counter + 1, ...this.#order.asks, language: "en" },
		};
	}

	/** Somebody writes another text between header and seal of an unlock that was good. */
	async #tamperUnlock(): Promise<void> {
		const last = this.#last(this.#order.topic);
		if (last) await this.#forge((claims) => withClaims(last.payload, claims));
	}

	/** "Your unlock was passed over": whoever believes it lets the money go, and the door is open. */
	async #tamperHello(): Promise<void> {
		const hello = this.#last(this.#topics.hello);
		const request = bodyOf(this.#last(this.#topics.helloRequest)?.payload)?.request;
		const claims = claimsOf(hello?.payload);
		const body = bodyOf(hello?.payload);
		if (hello === undefined || claims === undefined || body === undefined || typeof body.counter !== "number") return;
		const lie = { ...body, request: request ?? "", counter: body.counter + 1, executed: 0, phase: "locked" };
		const seq = Number(claims.seq) + 1_000;
		const payload = withClaims(hello.payload, { ...claims, jti: `${Number(body.boot)}-${seq}`, seq, body: lie });
		await this.#publish({ topic: hello.topic, payload });
	}

	/** "Nothing was taken": the last report once more, of the sale that goes on now. */
	async #tamperReport(): Promise<void> {
		const report = this.#last(this.#topics.report);
		const unlock = bodyOf(this.#last(this.#order.topic)?.payload);
		const outer = claimsOf(report?.payload);
		const outerBody = bodyOf(report?.payload);
		if (report === undefined || outer === undefined || outerBody === undefined || unlock === undefined) return;
		const sealed = outerBody.report;
		const inner = typeof sealed === "string" ? claimsOf(sealed) : undefined;
		const innerBody = typeof sealed === "string" ? bodyOf(sealed) : undefined;
		if (typeof sealed !== "string" || inner === undefined || innerBody === undefined) return;
		const { saleId, counter } = unlock;
		const jti = `${String(inner.jti)}${Math.floor(this.#random.next() * 1_000)}`;
		const lie = { ...innerBody, saleId, counter, opened: false, flags: [], shelves: [], dispensed: [] };
		const body = { ...outerBody, reportId: jti, saleId, report: withClaims(sealed, { ...inner, jti, body: lie }) };
		await this.#publish({ topic: report.topic, payload: withClaims(report.payload, { ...outer, jti, body }) });
	}

	async #change(change: (payload: string) => string): Promise<void> {
		const message = this.#seen(...this.#toController) ?? this.#seen();
		if (message) await this.#publish({ topic: message.topic, payload: change(message.payload) });
	}

	#flip(payload: string): string {
		const at = Math.floor(this.#random.next() * payload.length);
		const flipped = String.fromCharCode(payload.charCodeAt(at) ^ (1 << Math.floor(this.#random.next() * 7)));
		return payload.slice(0, at) + flipped + payload.slice(at + 1);
	}

	async #junk(): Promise<void> {
		const length = Math.floor(4_000 * this.#random.next() ** 4);
		const payload = Buffer.from(this.#random.bytes(length)).toString(
			pick(this.#random, ["latin1", "base64url", "hex"]),
		);
		await this.#publish({ topic: pick(this.#random, [...this.#toController, ...this.#fromController]), payload });
	}

	/** A frame that the link takes for the Pi's next one, with an unlock that nobody sealed, or one that was used. */
	#forgeFrame(): void {
		const claims = this.#unlockClaims();
		const used = this.#last(this.#order.topic)?.payload;
		const envelope =
			claims && (used === undefined || this.#random.next() < 0.5) ? seal(this.#stage.foreignKey, claims) : used;
		const last = this.#lastFrame();
		if (envelope === undefined || last === undefined) return;
		const { from, to } = last;
		const ahead = this.#random.next() < 0.5 ? 1 : Math.floor(this.#random.next() * 0x1_0000);
		// As `encodeLinkMessage` writes it, and also what that refuses to write.
		const { topic } = this.#order;
		const message = Uint8Array.of(topic.length, ...Buffer.from(topic + envelope, "latin1"));
		this.#write(encodeFrame({ type: FrameType.Data, from, to, sequence: (last.sequence + ahead) & 0xffff, message }));
	}

	/** What the Pi has just sent, with a bit or two turned over: only its checksum tells. */
	#flipFrame(): void {
		const bytes = Uint8Array.from(Buffer.concat(this.#heard.slice(-3)));
		for (let flips = 1 + Math.floor(this.#random.next() * 2); flips > 0 && bytes.length > 0; flips--) {
			const at = Math.floor(this.#random.next() * Math.min(bytes.length, 24));
			bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(this.#random.next() * 8));
		}
		this.#write(bytes);
	}

	/** The last message of the Pi on the wire: who talks to whom, and how far they have counted. */
	#lastFrame(): Frame | undefined {
		const bytes = Buffer.concat(this.#heard);
		let found: Frame | undefined;
		let start = 0;
		for (let end = bytes.indexOf(DELIMITER); end >= 0; end = bytes.indexOf(DELIMITER, start)) {
			const frame = end > start ? decodeFrame(Uint8Array.from(bytes.subarray(start, end))) : undefined;
			if (frame?.type === FrameType.Data) found = frame;
			start = end + 1;
		}
		return found;
	}

	#write(bytes: Uint8Array): void {
		this.#stage.machine.wire.far.write(bytes);
	}

	#later(milliseconds: number, act: () => Promise<void>): void {
		this.#stage.machine.board.clock.callbackAfter(milliseconds * 1e6, () => void act());
	}
}

function pickOr<T>(random: SeededRandom, values: readonly T[], otherwise: T): T {
	return values.length === 0 ? otherwise : pick(random, values);
}

/** The envelope with another payload between its header and its seal. */
function withClaims(envelope: string, claims: unknown): string {
	const [header = "", , signature = ""] = envelope.split(".");
	return `${header}.${encode(claims)}.${signature}`;
}

function encode(value: unknown): string {
	return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function claimsOf(envelope: string | undefined): Record<string, unknown> | undefined {
	const payload = envelope?.split(".")[1];
	if (payload === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
		return typeof value === "object" && value !== null ? { ...value } : undefined;
	} catch (error) {
		// Another attack has left this behind.
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

function bodyOf(envelope: string | undefined): Record<string, unknown> | undefined {
	const body = claimsOf(envelope)?.body;
	return typeof body === "object" && body !== null ? { ...body } : undefined;
}
