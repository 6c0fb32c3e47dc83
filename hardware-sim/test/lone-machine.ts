import { deriveKey, type EnvelopeKey, keyId, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import { BoardTimer } from "../src/board/board-timer.ts";
import { SimulationClock } from "../src/clock.ts";
import type { DeviceEngine, EngineOptions } from "../src/engine/engine.ts";
import { demoControllerConfiguration } from "../src/machine/demo-wiring.ts";
import { VirtualMachine } from "../src/machine/virtual-machine.ts";
import { SeededRandom } from "../src/random.ts";
import { demoCatalogue } from "../src/world/demo-catalogue.ts";
import { Shopper } from "../src/world/shopper.ts";

const machineId = "fridge-1";
export const topicOf = topics(machineId);
const secret = new Uint8Array(32).fill(9);
const toController = deriveKey(secret, machineId, keyId("cloud", "controller", 1));
const fromController = deriveKey(secret, machineId, keyId("controller", "cloud", 1));
const configuredKey = ({ kid, key }: EnvelopeKey) => ({ kid, key: encodeBase64url(key) });
const second = 1_000_000_000;

/** A fridge without Pi and cloud: this object holds their keys and the far end of the controller's wire. */
export class LoneMachine {
	readonly clock = new SimulationClock();
	readonly machine: VirtualMachine;
	readonly shopper: Shopper;
	/** What the controller said, in order. */
	readonly said: { readonly topic: string; readonly body: Record<string, unknown> }[] = [];
	/** The engine that runs, or the last one that did. */
	engine: DeviceEngine | undefined;
	readonly #link: LinkEndpoint;
	#sequence = 0;

	constructor(createEngine: (options: EngineOptions) => DeviceEngine) {
		const { clock } = this;
		this.machine = new VirtualMachine({
			clock,
			random: new SeededRandom(5),
			products: demoCatalogue,
			configuration: demoControllerConfiguration(machineId, {
				receive: configuredKey(toController),
				send: configuredKey(fromController),
			}),
			createEngine: (options) => {
				this.engine = createEngine(options);
				return this.engine;
			},
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

	/** Lets time pass, in seconds. */
	run(seconds: number): void {
		this.clock.run(seconds * second);
	}

	/** Asks for a hello and sends the unlock that answers it; the lock opens some 1.6 s later. */
	unlock(saleId: string, counter: number): void {
		this.command(topicOf.helloRequest, { request: saleId });
		this.run(0.5);
		const hello = this.said.filter(({ topic }) => topic === topicOf.hello).at(-1);
		const nonce = hello?.body.nonce;
		if (typeof nonce !== "string") throw new Error("The controller said no hello.");
		this.command(topicOf.unlock, { saleId, counter, windowMs: 10_000, language: "en" }, nonce);
	}

	/** Seals as the cloud does, and sends. */
	command(topic: string, body: object, nonce?: string): void {
		this.#sequence++;
		const jti = `c-${this.#sequence}`;
		const claims = { iss: "cloud", aud: partyName(machineId, "controller"), jti, seq: this.#sequence, topic };
		this.#link.send(encodeLinkMessage(topic, seal(toController, { ...claims, ...(nonce ? { nonce } : {}), body })));
	}

	#hear(bytes: Uint8Array): void {
		const message = decodeLinkMessage(bytes);
		if (message === undefined) throw new Error("The controller sent no message.");
		if (message.topic === topicOf.weights) {
			this.said.push({ topic: message.topic, body: JSON.parse(message.envelope) });
			return;
		}
		const expected = { iss: partyName(machineId, "controller"), aud: "cloud", topic: message.topic };
		const opened = open(fromController, expected, message.envelope);
		if (!opened.ok) throw new Error(`The controller's seal is refused: ${opened.refusal}.`);
		this.said.push({ topic: message.topic, body: { ...(opened.claims.body as Record<string, unknown>) } });
	}
}
