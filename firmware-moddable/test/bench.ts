import { Board } from "@visionvend/hardware-sim/board/board";
import { SerialWire } from "@visionvend/hardware-sim/board/serial-wire";
import { BuzzerChip } from "@visionvend/hardware-sim/chips/buzzer";
import { HallSensorChip } from "@visionvend/hardware-sim/chips/hall-sensor";
import { HX711Chip } from "@visionvend/hardware-sim/chips/hx711";
import { NeoPixelChip } from "@visionvend/hardware-sim/chips/neopixel";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { deriveKey, type EnvelopeKey, keyId, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import type { ControllerConfiguration, HelloBody } from "@visionvend/sdk/device/messages";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { topics } from "@visionvend/sdk/device/topics";
import { isHelloBody } from "@visionvend/sdk/device/validators.generated";
import type { Controller } from "../src/controller.ts";
import type { ControllerHost } from "../src/controller-host.ts";
import { start } from "../src/start.ts";

export const machineId = "fridge-1";
export const topicOf = topics(machineId);
const secret = new Uint8Array(32).fill(7);
export const toController = deriveKey(secret, machineId, keyId("cloud", "controller", 1));
export const fromController = deriveKey(secret, machineId, keyId("controller", "cloud", 1));

const configuredKey = ({ kid, key }: EnvelopeKey) => ({ kid, key: encodeBase64url(key) });
const milligramsPerCount = 10;

export const configuration: ControllerConfiguration = {
	machineId,
	version: 0,
	kind: "fridge",
	uplink: { via: "pi" },
	keys: { receive: configuredKey(toController), send: configuredKey(fromController) },
	pins: {
		lock: 12,
		hall: 13,
		oledData: 10,
		oledClock: 11,
		neopixel: 21,
		buzzer: 47,
		linkReceive: 18,
		linkTransmit: 17,
		piSignal: 16,
	},
	scales: [
		{ shelf: 0, clock: 14, data: 15, zeroCounts: 0, loadCounts: 100_000, loadMilligrams: 100_000 * milligramsPerCount },
		{ shelf: 1, clock: 4, data: 5, zeroCounts: 0, loadCounts: 100_000, loadMilligrams: 100_000 * milligramsPerCount },
	],
	lock: { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000 },
	languages: ["en", "es"],
	linkBaud: 115_200,
};

export interface Received {
	readonly topic: string;
	readonly jti: string;
	readonly body: Record<string, unknown>;
	readonly envelope: string;
}

/** A controller's board on a bench: every part simulated, and on the wire somebody who holds the cloud's keys. */
export class Bench {
	readonly clock = new SimulationClock();
	readonly board = new Board({ clock: this.clock });
	readonly random = new SeededRandom(419);
	readonly lock = new SolenoidLockChip({ clock: this.clock, coil: this.board.net(configuration.pins.lock) });
	readonly hall = new HallSensorChip({
		clock: this.clock,
		output: this.board.net(configuration.pins.hall),
		random: this.random.fork("hall"),
	});
	readonly display = new SSD1306Chip();
	readonly lights = new NeoPixelChip({
		clock: this.clock,
		data: this.board.net(configuration.pins.neopixel),
		length: 1,
	});
	readonly buzzer = new BuzzerChip({ clock: this.clock, input: this.board.net(configuration.pins.buzzer) });
	readonly cells: readonly HX711Chip[];
	/** What lies on each shelf, in milligrams. */
	readonly loads: number[] = [];
	readonly wire = new SerialWire(this.clock, configuration.linkBaud);
	readonly stored = new Map<string, Uint8Array>();
	readonly logged: { event: string; detail: Record<string, unknown> }[] = [];
	readonly received: Received[] = [];
	readonly restarts: number[] = [];
	/** Writes to flash that succeed before all others fail. */
	writesLeft = Number.POSITIVE_INFINITY;
	controller: Controller | undefined;
	#far: LinkEndpoint;
	#sequence = 0;
	#heldTopic = "";
	#held: (() => void)[] = [];

	constructor() {
		this.cells = configuration.scales.map(
			({ clock, data, shelf }) =>
				new HX711Chip({
					clock: this.clock,
					pins: { clock: this.board.net(clock), data: this.board.net(data) },
					random: this.random.fork(`cell ${shelf}`),
				}),
		);
		const { pins } = configuration;
		this.board.attachI2C({ data: pins.oledData, clock: pins.oledClock }, 0x3c, this.display);
		this.board.attachSerial({ receive: pins.linkReceive, transmit: pins.linkTransmit }, this.wire);
		this.hall.setMagnet(true);
		this.load(0, 2_000_000);
		this.load(1, 1_500_000);
		this.#far = this.#connect();
		this.wire.far.onData((bytes) => this.#far.receive(bytes));
		this.stored.set("configuration", encodeUtf8(JSON.stringify(configuration)));
	}

	load(shelf: number, milligrams: number): void {
		this.loads[shelf] = milligrams;
		this.cells[shelf]?.setInput(milligrams / milligramsPerCount);
	}

	/** Lets time pass, in seconds. */
	run(seconds: number): void {
		this.clock.run(seconds * 1e9);
	}

	powerUp(resetReason = "power-on"): void {
		const bootedAt = this.clock.now;
		const host: ControllerHost = {
			io: this.board.io,
			timer: this.board.timer,
			storage: {
				read: (key) => this.stored.get(key)?.slice().buffer,
				write: (key, value) => {
					if (this.writesLeft <= 0) throw new Error("flash is worn out");
					this.writesLeft -= 1;
					this.stored.set(key, Uint8Array.from(value instanceof Uint8Array ? value : new Uint8Array(value)));
				},
				delete: (key) => {
					this.stored.delete(key);
				},
			},
			ticks: () => Math.floor((this.clock.now - bootedAt) / 1e6),
			random: (byteLength) => this.random.bytes(byteLength),
			log: (event, detail) => {
				this.logged.push({ event, detail: { ...detail } });
			},
			resetReason,
			restart: () => {
				this.restarts.push(this.clock.now);
			},
		};
		this.clock.callback(() => {
			this.controller = start(host);
		});
		this.run(0.001);
	}

	powerCut(): void {
		this.controller = undefined;
		this.board.reset();
	}

	/** The Raspberry Pi starts anew, with its session number. */
	restartPi(): void {
		this.#far.close();
		this.#far = this.#connect();
	}

	/** From now on messages on this topic are received, but not taken custody of. */
	hold(topic: string): void {
		this.#heldTopic = topic;
	}

	/** Takes custody of what was held, and of all that comes. */
	takeHeld(): void {
		this.#heldTopic = "";
		for (const acknowledge of this.#held.splice(0)) acknowledge();
	}

	/** Puts a sealed envelope on the wire. */
	deliver(topic: string, envelope: string): void {
		this.#far.send(encodeLinkMessage(topic, envelope));
	}

	/** Seals like the cloud and sends. Returns the envelope. */
	command(
		topic: string,
		body: unknown,
		options: { nonce?: string; key?: EnvelopeKey; audience?: string } = {},
	): string {
		this.#sequence += 1;
		const envelope = seal(options.key ?? toController, {
			iss: "cloud",
			aud: options.audience ?? partyName(machineId, "controller"),
			jti: `c${this.#sequence}`,
			seq: this.#sequence,
			topic,
			...(options.nonce === undefined ? {} : { nonce: options.nonce }),
			iat: 1_750_000_000,
			exp: 1_750_000_030,
			body,
		});
		this.deliver(topic, envelope);
		return envelope;
	}

	/** Asks for a hello and returns the answer's body. */
	hello(): HelloBody {
		this.command(topicOf.helloRequest, { request: `r${this.#sequence}` });
		this.run(0.5);
		const hello = this.received.filter(({ topic }) => topic === topicOf.hello).at(-1);
		if (!isHelloBody(hello?.body)) throw new Error("The controller says no hello.");
		return hello.body;
	}

	/** Asks for a nonce and sends the unlock that goes with it. Returns the envelope. */
	unlock(saleId: string, counter: number): string {
		const { nonce } = this.hello();
		return this.command(topicOf.unlock, { saleId, counter, windowMs: 10_000, language: "en" }, { nonce });
	}

	bodies(topic: string): Record<string, unknown>[] {
		return this.received.filter((message) => message.topic === topic).map(({ body }) => body);
	}

	events(): string[] {
		return this.logged.map(({ event }) => event);
	}

	#connect(): LinkEndpoint {
		// The Pi's timer does not stop when the controller loses its power.
		const pending = new Map<object, () => void>();
		const set = (callback: () => void, milliseconds: number): object => {
			const handle = {};
			pending.set(handle, this.clock.callbackAfter(milliseconds * 1e6, callback));
			return handle;
		};
		return new LinkEndpoint({
			session: new DataView(this.random.bytes(4).buffer).getUint32(0),
			timer: { set, repeat: set, clear: (handle) => pending.get(handle as object)?.() },
			write: (bytes) => this.wire.far.write(bytes),
			onMessage: (bytes, acknowledge) => {
				const message = decodeLinkMessage(bytes);
				if (message === undefined) throw new Error("The controller sent something else than a link message.");
				const { topic, envelope } = message;
				if (topic === this.#heldTopic) {
					this.#held.push(acknowledge);
					return;
				}
				const opened = open(fromController, { iss: partyName(machineId, "controller"), aud: "cloud", topic }, envelope);
				if (!opened.ok) throw new Error(`The controller's ${topic} does not open: ${opened.refusal}.`);
				this.received.push({
					topic,
					jti: opened.claims.jti,
					body: opened.claims.body as Record<string, unknown>,
					envelope,
				});
				acknowledge();
			},
		});
	}
}
