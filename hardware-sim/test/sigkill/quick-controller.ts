import { systemClock } from "@visionvend/sdk/clock";
import { type Claims, type EnvelopeKey, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { startLock, transition } from "@visionvend/sdk/device/lock/lock-machine";
import type {
	LockEffect,
	LockEvent,
	LockSettings,
	LockState,
	LockTransition,
	PendingReport,
} from "@visionvend/sdk/device/lock/lock-state";
import type { ConfiguredKey, ControllerConfiguration, HelloBody } from "@visionvend/sdk/device/messages";
import { decodeBase64url, encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics as topicsOf } from "@visionvend/sdk/device/topics";
import { isHelloRequestBody, isUnlockBody } from "@visionvend/sdk/device/validators.generated";
import { clockTimer } from "../../../pi-runtime/src/link/clock-timer.ts";
import type { SeededRandom } from "../../src/random.ts";
import type { SalePlan } from "./sale-plan.ts";

const settings: LockSettings = { pulseMs: 100, windowMs: 100, ajarMs: 30_000, maximumReports: 4 };
const mostOpeningMs = 30;
const mostOpenMs = 60;
/** As in the firmware: an unlock must answer a nonce younger than this, and one this young is given out again. */
const nonceLivesMs = 20_000;
const nonceIsReusedMs = 5_000;

/** Points in a sale that the machine itself sees. */
export type ControllerStep = "hello" | "unlock" | "opened" | "closed" | "report" | "custody";

interface Outgoing {
	readonly topic: string;
	body(): unknown;
	readonly identity?: { readonly jti: string; readonly seq: number };
	onDelivered?(sealed: string): void;
}

/**
 * A door controller that keeps the real protocol with the real lock machine, link and envelopes, and whose shopper and
 * scales are as fast as the wall clock allows: everything between two messages takes milliseconds. It is never killed,
 * so its memory is its store.
 */
export class QuickController {
	readonly #machineId: string;
	readonly #receiveKey: EnvelopeKey;
	readonly #sendKey: EnvelopeKey;
	readonly #random: SeededRandom;
	readonly #onStep: (step: ControllerStep) => void;
	readonly #timer = clockTimer(systemClock);
	readonly #link: LinkEndpoint;
	readonly #outbox: Outgoing[] = [];
	readonly #startedAtMs = performance.now();
	#state: LockState;
	#sending = false;
	#sequence = 0;
	#nonce = "";
	#nonceMadeAtMs = 0;
	#alarm: TimerHandle | undefined;
	#shopper: TimerHandle | undefined;
	#weighing: TimerHandle | undefined;
	#closed = false;
	/** What the next shopper does. */
	plan: SalePlan | undefined;
	/** How often the coil was energised for each sale. */
	readonly openings = new Map<string, number>();
	/** Sale to the sealed report that the Pi has acknowledged: nobody else has it any more. */
	readonly inCustody = new Map<string, string>();

	constructor(options: {
		readonly machineId: string;
		readonly keys: ControllerConfiguration["keys"];
		readonly random: SeededRandom;
		readonly write: (bytes: Uint8Array) => void;
		readonly onStep: (step: ControllerStep) => void;
	}) {
		this.#machineId = options.machineId;
		this.#receiveKey = keyOf(options.keys.receive);
		this.#sendKey = keyOf(options.keys.send);
		this.#random = options.random;
		this.#onStep = options.onStep;
		this.#link = new LinkEndpoint({
			write: options.write,
			timer: this.#timer,
			session: Math.floor(options.random.next() * 0xffff_ffff),
			onMessage: (message, acknowledge) => {
				this.#receive(message);
				acknowledge();
			},
			onPeer: (connected) => {
				if (connected) this.#hello("");
			},
		});
		const started = startLock(undefined, true, 0, settings);
		this.#state = started.state;
		this.#follow(started);
	}

	receive(bytes: Uint8Array): void {
		this.#link.receive(bytes);
	}

	/** Reports that the Pi has not acknowledged. */
	get unreported(): number {
		return this.#state.record.pending.length;
	}

	get phase(): string {
		return this.#state.record.phase;
	}

	close(): void {
		this.#closed = true;
		this.#link.close();
		for (const handle of [this.#alarm, this.#shopper, this.#weighing]) if (handle) this.#timer.clear(handle);
	}

	#receive(bytes: Uint8Array): void {
		const message = decodeLinkMessage(bytes);
		if (!message) throw new Error("the Pi sent something that is no message");
		const { topic, envelope } = message;
		const name = partyName(this.#machineId, "controller");
		const opened = open(this.#receiveKey, { iss: "cloud", aud: name, topic }, envelope);
		if (!opened.ok) throw new Error(`the Pi relayed ${topic}, which does not open: ${opened.refusal}`);
		this.#command(opened.claims);
	}

	#command({ topic, body, nonce }: Claims): void {
		const topics = topicsOf(this.#machineId);
		if (topic === topics.helloRequest && isHelloRequestBody(body)) {
			this.#onStep("hello");
			this.#hello(body.request);
		} else if (topic === topics.unlock && isUnlockBody(body)) {
			this.#onStep("unlock");
			const { saleId, counter, windowMs } = body;
			const isCurrent = this.#nonce !== "" && nonce === this.#nonce;
			if (isCurrent) this.#nonce = "";
			if (isCurrent && this.#ticks() - this.#nonceMadeAtMs < nonceLivesMs)
				this.#dispatch({ type: "unlock", saleId, counter, windowMs });
			else this.#refuse(saleId, counter, "stale-nonce");
		}
	}

	#hello(request: string): void {
		this.#send({
			topic: topicsOf(this.#machineId).hello,
			body: (): HelloBody => {
				const { boot, counter, executed, phase } = this.#state.record;
				if (this.#nonce === "" || this.#ticks() - this.#nonceMadeAtMs > nonceIsReusedMs) {
					this.#nonce = encodeBase64url(this.#random.bytes(16));
					this.#nonceMadeAtMs = this.#ticks();
				}
				return {
					request,
					boot,
					nonce: this.#nonce,
					counter,
					executed,
					phase,
					firmware: "quick",
					resetReason: "power-on",
					kind: "fridge",
					configuration: 0,
				};
			},
		});
	}

	#refuse(saleId: string, counter: number, reason: string): void {
		// As the firmware does: of a counter that was consumed, only the hello tells what came of it.
		const isCopy = counter <= this.#state.record.counter && (reason === "stale-nonce" || reason === "counter-used");
		if (!isCopy)
			this.#send({
				topic: topicsOf(this.#machineId).command,
				body: () => ({ saleId, counter, result: "refused", reason }),
			});
	}

	#dispatch(event: LockEvent): void {
		if (!this.#closed) this.#follow(transition(this.#state, event, settings));
	}

	#follow({ state, effects }: LockTransition): void {
		this.#state = state;
		for (const effect of effects) this.#carryOut(effect);
	}

	#carryOut(effect: LockEffect): void {
		const topics = topicsOf(this.#machineId);
		switch (effect.type) {
			case "persist":
			case "release":
				break;
			case "energise":
				this.#energised();
				break;
			case "measure":
				this.#measure();
				break;
			case "stop-measuring":
				this.#cancel("weighing");
				break;
			case "alarm":
				this.#cancel("alarm");
				if (effect.milliseconds !== undefined)
					this.#alarm = this.#timer.set(() => this.#dispatch({ type: "elapsed" }), effect.milliseconds);
				break;
			case "executed": {
				const { saleId, counter } = effect;
				this.#send({ topic: topics.command, body: () => ({ saleId, counter, result: "executed", reason: "" }) });
				break;
			}
			case "refused":
				this.#refuse(effect.saleId, effect.counter, effect.reason);
				break;
			case "door": {
				const body = { state: effect.state, saleId: effect.saleId, atMs: this.#ticks() };
				this.#send({ topic: topics.door, body: () => body });
				break;
			}
			case "report":
				this.#report(effect.report);
				break;
		}
	}

	#energised(): void {
		const saleId = this.#state.record.session?.saleId ?? "";
		const { plan } = this;
		this.openings.set(saleId, (this.openings.get(saleId) ?? 0) + 1);
		// For a sale that has ended before nobody stands here any more; the test finds the opening, and that it was paid for.
		if (plan?.saleId !== saleId || !plan.opens) return;
		this.#shopper = this.#timer.set(() => {
			this.#dispatch({ type: "door-opened", atMs: this.#ticks() });
			this.#onStep("opened");
			this.#shopper = this.#timer.set(() => {
				this.#dispatch({ type: "door-closed", atMs: this.#ticks() });
				this.#onStep("closed");
			}, this.#upTo(mostOpenMs));
		}, this.#upTo(mostOpeningMs));
	}

	#measure(): void {
		this.#cancel("weighing");
		this.#weighing = this.#timer.set(() => {
			const { phase, session } = this.#state.record;
			const after = phase === "settling" && session?.opened === true;
			const weights = (this.plan?.shelves ?? []).map(
				({ shelf, baselineMilligrams, finalMilligrams, spreadMilligrams }) => ({
					shelf,
					milligrams: after ? finalMilligrams : baselineMilligrams,
					spreadMilligrams,
				}),
			);
			this.#dispatch({ type: "measured", weights, stable: true, fault: false });
		}, this.plan?.weighingMs ?? 0);
	}

	#report(report: PendingReport): void {
		const { number, ...body } = report;
		this.#send({
			topic: topicsOf(this.#machineId).saleReport,
			identity: { jti: `${report.boot}-report-${number}`, seq: number },
			body: () => {
				this.#onStep("report");
				return { ...body, dispensed: [] };
			},
			onDelivered: (sealed) => {
				this.inCustody.set(report.saleId, sealed);
				this.#onStep("custody");
				this.#dispatch({ type: "acknowledged", number });
			},
		});
	}

	#send(message: Outgoing): void {
		this.#outbox.push(message);
		this.#pump();
	}

	#pump(): void {
		const message = this.#sending ? undefined : this.#outbox.shift();
		if (message === undefined) return;
		this.#sending = true;
		this.#sequence += 1;
		const sealed = seal(this.#sendKey, {
			iss: partyName(this.#machineId, "controller"),
			aud: "cloud",
			jti: message.identity?.jti ?? `${this.#state.record.boot}-${this.#sequence}`,
			seq: message.identity?.seq ?? this.#sequence,
			topic: message.topic,
			body: message.body(),
		});
		this.#link.send(encodeLinkMessage(message.topic, sealed), () => {
			this.#sending = false;
			message.onDelivered?.(sealed);
			this.#pump();
		});
	}

	#cancel(what: "alarm" | "weighing"): void {
		const handle = what === "alarm" ? this.#alarm : this.#weighing;
		if (handle !== undefined) this.#timer.clear(handle);
	}

	#ticks(): number {
		return Math.floor(performance.now() - this.#startedAtMs);
	}

	#upTo(milliseconds: number): number {
		return Math.floor(this.#random.next() * milliseconds);
	}
}

function keyOf({ kid, key }: ConfiguredKey): EnvelopeKey {
	const bytes = decodeBase64url(key);
	if (!bytes) throw new Error(`key ${kid} is not base64url`);
	return { kid, key: bytes };
}
