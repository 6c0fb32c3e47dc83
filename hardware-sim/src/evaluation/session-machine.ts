import { WeightCurves } from "@visionvend/pi-runtime/decide/weight-curves";
import type { CurvePoint } from "@visionvend/sdk/basket/weight-steps";
import { deriveKey, type EnvelopeKey, keyId, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics as topicsOf } from "@visionvend/sdk/device/topics";
import {
	doorBodySchema,
	helloBodySchema,
	type SaleReportBody,
	saleReportBodySchema,
} from "@visionvend/sdk/protocol/messages";
import { BoardTimer } from "../board/board-timer.ts";
import { SimulationClock } from "../clock.ts";
import { createNodeEngine } from "../engine/node-engine.ts";
import { demoControllerConfiguration } from "../machine/demo-wiring.ts";
import { VirtualMachine } from "../machine/virtual-machine.ts";
import type { SeededRandom } from "../random.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import { Shopper } from "../world/shopper.ts";

const machineId = "fridge-1";
const saleId = "session";
const topics = topicsOf(machineId);
const secret = new Uint8Array(32).fill(11);
const toController = deriveKey(secret, machineId, keyId("cloud", "controller", 1));
const fromController = deriveKey(secret, machineId, keyId("controller", "cloud", 1));
const configuredKey = ({ kid, key }: EnvelopeKey) => ({ kid, key: encodeBase64url(key) });
const ms = 1_000_000;

/**
 * The simulated fridge with its real firmware, and at the far end of the wire what a Pi would hear of it: times of the door,
 * the curve of weights, the report.
 */
export class SessionMachine {
	readonly clock = new SimulationClock();
	readonly machine: VirtualMachine;
	readonly shopper: Shopper;
	report: SaleReportBody | undefined;
	openedAtMs: number | undefined;
	closedAtMs: number | undefined;
	readonly #curves = new WeightCurves();
	readonly #link: LinkEndpoint;
	#nonce = "";
	#sequence = 0;

	constructor(random: SeededRandom, scaleCounts: number) {
		const { clock } = this;
		this.machine = new VirtualMachine({
			clock,
			random,
			products: demoCatalogue,
			scaleNoiseCounts: scaleCounts,
			configuration: demoControllerConfiguration(machineId, {
				receive: configuredKey(toController),
				send: configuredKey(fromController),
			}),
			createEngine: createNodeEngine,
			onLog: () => undefined,
		});
		this.shopper = new Shopper({ fridge: this.machine.fridge, clock });
		const { wire } = this.machine;
		this.#link = new LinkEndpoint({
			write: (bytes) => wire.far.write(bytes),
			timer: new BoardTimer(clock),
			session: 77,
			onMessage: (bytes, acknowledge) => {
				acknowledge();
				this.#hear(bytes);
			},
		});
		wire.far.onData((bytes) => this.#link.receive(bytes));
	}

	get nowMs(): number {
		return this.clock.now / ms;
	}

	/** Lets time pass. */
	run(milliseconds: number): void {
		this.clock.run(Math.max(0, Math.round(milliseconds * ms)));
	}

	/** Lets time pass until something is so, for `mostMs` at most; looks every 20 ms. Throws when it does not come about. */
	until(what: string, condition: () => boolean, mostMs: number): void {
		const endMs = this.nowMs + mostMs;
		while (!condition()) {
			if (this.nowMs >= endMs) throw new Error(`${what} did not come about within ${mostMs} ms of a session.`);
			this.run(20);
		}
	}

	/** Powers up and unlocks for the session's sale. */
	unlock(): void {
		this.machine.powerUp();
		this.until("the controller's hello", () => this.#nonce !== "", 5_000);
		// It weighs once after its start, and takes no order meanwhile.
		this.run(2_000);
		this.#command(topics.unlock, { saleId, counter: 1, windowMs: 10_000, language: "en" }, this.#nonce);
		this.until("the lock's opening", () => this.machine.lock.released, 15_000);
	}

	/** The curve of weights, on this clock. */
	get curve(): CurvePoint[] {
		return this.#curves.of(saleId);
	}

	close(): void {
		this.#link.close();
		this.machine.close();
	}

	#command(topic: string, body: object, nonce?: string): void {
		this.#sequence += 1;
		const claims = {
			iss: "cloud",
			aud: partyName(machineId, "controller"),
			jti: `c-${this.#sequence}`,
			seq: this.#sequence,
			topic,
			...(nonce === undefined ? {} : { nonce }),
			body,
		};
		this.#link.send(encodeLinkMessage(topic, seal(toController, claims)));
	}

	#hear(bytes: Uint8Array): void {
		const message = decodeLinkMessage(bytes);
		if (message === undefined) throw new Error("The controller sent no message.");
		const { topic, envelope } = message;
		if (topic === topics.weights) {
			this.#curves.receive(envelope, this.nowMs);
			return;
		}
		const opened = open(fromController, { iss: partyName(machineId, "controller"), aud: "cloud", topic }, envelope);
		if (!opened.ok) throw new Error(`The controller's seal is refused: ${opened.refusal}.`);
		const { body } = opened.claims;
		if (topic === topics.hello) this.#nonce = helloBodySchema.parse(body).nonce;
		else if (topic === topics.saleReport) this.report = saleReportBodySchema.parse(body);
		else if (topic === topics.door) {
			const { state } = doorBodySchema.parse(body);
			if (state === "opened") this.openedAtMs = this.nowMs;
			if (state === "closed") this.closedAtMs = this.nowMs;
		}
	}
}
