import { Board } from "@visionvend/hardware-sim/board/board";
import { OneWireUart } from "@visionvend/hardware-sim/board/one-wire-uart";
import { SerialWire } from "@visionvend/hardware-sim/board/serial-wire";
import { BatteryChip } from "@visionvend/hardware-sim/chips/battery";
import { BuzzerChip } from "@visionvend/hardware-sim/chips/buzzer";
import { DS18B20Chip } from "@visionvend/hardware-sim/chips/ds18b20";
import { HallSensorChip } from "@visionvend/hardware-sim/chips/hall-sensor";
import { HX711Chip } from "@visionvend/hardware-sim/chips/hx711";
import { NeoPixelChip } from "@visionvend/hardware-sim/chips/neopixel";
import { RestockButtonChip } from "@visionvend/hardware-sim/chips/restock-button";
import { SIM7080GChip } from "@visionvend/hardware-sim/chips/sim7080g";
import { memoryModemBroker } from "@visionvend/hardware-sim/chips/sim7080g-memory-broker";
import { SolenoidLockChip } from "@visionvend/hardware-sim/chips/solenoid-lock";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import type { DeviceEngine, EngineOptions } from "@visionvend/hardware-sim/engine/engine";
import { MemoryNetwork } from "@visionvend/hardware-sim/engine/memory-network";
import { PowerCut } from "@visionvend/hardware-sim/flash/power-cut";
import { MemoryBroker, type MemoryClient } from "@visionvend/hardware-sim/network/memory-broker";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { CoffeeCorner } from "@visionvend/hardware-sim/world/coffee-corner";
import { VendingRack } from "@visionvend/hardware-sim/world/vending-rack";
import type { Product } from "@visionvend/sdk/catalog/product";
import { usualPins } from "@visionvend/sdk/config/usual-wiring";
import { deriveKey, type EnvelopeKey, keyId, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { maskKey } from "@visionvend/sdk/device/envelope/mask-key";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { MQTT, MQTTOptions } from "@visionvend/sdk/device/io/mqtt";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import type {
	ControllerConfiguration,
	HealthBody,
	HelloBody,
	KeyRotation,
	RemoteAction,
	RemoteCommandBody,
} from "@visionvend/sdk/device/messages";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { topics } from "@visionvend/sdk/device/topics";
import { isHealthBody, isHelloBody } from "@visionvend/sdk/device/validators.generated";
import type { Controller } from "../src/controller.ts";
import type { ControllerHost } from "../src/controller-host.ts";
import { start } from "../src/start.ts";

export const machineId = "fridge-1";
export const topicOf = topics(machineId);
const secret = new Uint8Array(32).fill(7);
/** Both directions of a version. */
export function keysOf(version: number): { readonly toController: EnvelopeKey; readonly fromController: EnvelopeKey } {
	return {
		toController: deriveKey(secret, machineId, keyId("cloud", "controller", version)),
		fromController: deriveKey(secret, machineId, keyId("controller", "cloud", version)),
	};
}
export const { toController, fromController } = keysOf(1);

/** Of the second account at the broker, before it is base64url. */
export const newPassword = new Uint8Array(32).fill(77);

/** The second version of the keys as the cloud hides it under the first. */
export function keyRotation(changes: Partial<KeyRotation> = {}): KeyRotation {
	const salt = new Uint8Array(16).fill(3);
	const { toController: receive, fromController: send } = keysOf(2);
	const mask = (name: string, hidden: Uint8Array) => encodeBase64url(maskKey(toController, salt, name, hidden));
	return {
		version: 2,
		salt: encodeBase64url(salt),
		receive: mask(receive.kid, receive.key),
		send: mask(send.kid, send.key),
		broker: mask("broker.2", newPassword),
		...changes,
	};
}

const configuredKey = ({ kid, key }: EnvelopeKey) => ({ kid, key: encodeBase64url(key) });
const milligramsPerCount = 10;

export const configuration: ControllerConfiguration = {
	machineId,
	version: 0,
	kind: "fridge",
	uplink: { via: "pi" },
	keys: { receive: configuredKey(toController), send: configuredKey(fromController) },
	pins: usualPins("pi"),
	scales: [
		{ shelf: 0, clock: 14, data: 15, zeroCounts: 0, loadCounts: 100_000, loadMilligrams: 100_000 * milligramsPerCount },
		{ shelf: 1, clock: 4, data: 5, zeroCounts: 0, loadCounts: 100_000, loadMilligrams: 100_000 * milligramsPerCount },
	],
	lock: { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000 },
	languages: ["en", "es"],
	linkBaud: 115_200,
};

/** The same machine with a bolt switch, a restock button, a battery and a thermometer. */
export const equipped: ControllerConfiguration = {
	...configuration,
	pins: { ...configuration.pins, bolt: 39, restockButton: 38 },
	battery: { pin: 1, upperOhms: 47_000, lowerOhms: 10_000, lowMillivolts: 11_000 },
	foodSafety: { receive: 41, transmit: 40, limitCentidegrees: 500 },
};

export const vending: ControllerConfiguration = {
	...configuration,
	kind: "vending",
	scales: [],
	pins: { ...configuration.pins, restockButton: 38 },
	vending: { motors: [4, 5, 6, 7], home: 14, drop: 15 },
};

export const coffee: ControllerConfiguration = {
	...configuration,
	kind: "coffee",
	scales: [],
	coffee: {
		pins: { grinder: 4, thermometer: 5, pump: 6, flow: 7, heater: 8 },
		bins: [
			{ name: "beans", pin: 15, portions: 3 },
			{ name: "cups", pin: 2, portions: 50 },
		],
		recipes: [
			{
				number: 0,
				name: "Espresso",
				steps: [
					{ step: "heat", amount: 92 },
					{ step: "grind", amount: 4_500 },
					{ step: "pump", amount: 40 },
				],
				takes: [1, 1],
			},
		],
	},
};

/** The same machine without a pi. */
export const overWiFi = (machine: ControllerConfiguration): ControllerConfiguration => ({
	...machine,
	uplink: {
		via: "wifi",
		ssid: "shop",
		password: "secret",
		broker: { host: "broker.example", port: 8883, tls: true, user: machineId, password: "secret" },
	},
});

/** The same machine with a modem where the pi is in others. */
export const overLTE = (machine: ControllerConfiguration): ControllerConfiguration => ({
	...overWiFi(machine),
	pins: { ...machine.pins, modemPower: 48 },
	uplink: { via: "lte", apn: "iot.example", broker: overWiFi(machine).uplink.broker },
});

const product = (shelf: number): Product => ({
	sku: `product-${shelf}`,
	name: `Product ${shelf}`,
	massMilligrams: 50_000,
	toleranceMilligrams: 1_000,
	priceCents: 150,
	shelf,
});

export interface Received {
	readonly topic: string;
	readonly jti: string;
	readonly body: Record<string, unknown>;
	readonly envelope: string;
}

/** A controller's board on a bench: every part simulated, and on the wire, or behind the broker, somebody who holds the cloud's keys. */
export class Bench {
	readonly clock = new SimulationClock();
	readonly board = new Board({ clock: this.clock });
	readonly random = new SeededRandom(419);
	readonly lock: SolenoidLockChip;
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
	readonly button = new RestockButtonChip({ clock: this.clock, contact: this.board.net(38) });
	readonly battery = new BatteryChip({
		random: this.random.fork("battery"),
		volts: 13,
		divider: { upperOhms: 47_000, lowerOhms: 10_000 },
	});
	readonly thermometer: DS18B20Chip;
	readonly rack: VendingRack | undefined;
	readonly corner: CoffeeCorner | undefined;
	/** What lies on each shelf, in milligrams. */
	readonly loads: number[] = [];
	readonly wire = new SerialWire(this.clock, configuration.linkBaud);
	readonly broker = new MemoryBroker({ clock: this.clock, random: this.random.fork("broker") });
	readonly network = new MemoryNetwork({ clock: this.clock, broker: this.broker });
	readonly stored = new Map<string, Uint8Array>();
	readonly logged: { event: string; detail: Record<string, unknown> }[] = [];
	readonly received: Received[] = [];
	readonly restarts: number[] = [];
	readonly configuration: ControllerConfiguration;
	/** Of the keys under which the cloud heard the controller last: 1 or 2. */
	keyVersion = 1;
	/** Writes to flash that succeed before all others fail. */
	writesLeft = Number.POSITIVE_INFINITY;
	/** The power goes at the write after so many, and comes back. */
	cutAtWrite = Number.POSITIVE_INFINITY;
	/** Whether what is being written then is kept. */
	keepsCutWrite = true;
	/** The board does what `restart` says, as it would; otherwise it is only counted. */
	restartable = false;
	/** Where the firmware lies, as the bootloader finds it at each start; for a board that can exchange it. */
	slots: (() => FirmwareSlots) | undefined;
	/** Where the controller runs in this process, without an engine. */
	controller: Controller | undefined;
	/** The engine that runs, or the last one that did. */
	engine: DeviceEngine | undefined;
	readonly #createEngine: ((options: EngineOptions) => DeviceEngine) | undefined;
	#far: LinkEndpoint;
	readonly #cloud: MemoryClient;
	#bootedAt = 0;
	#sequence = 0;
	#heldTopic = "";
	#held: (() => void)[] = [];
	#sessions: MQTT[] = [];

	/** `createEngine`: what the firmware runs on. By default it runs in this process, and `controller` can be asked. */
	constructor(
		machine: ControllerConfiguration = configuration,
		createEngine?: (options: EngineOptions) => DeviceEngine,
	) {
		const { clock, board, random } = this;
		this.#createEngine = createEngine;
		this.configuration = machine;
		const { pins } = machine;
		this.lock = new SolenoidLockChip({
			clock,
			coil: board.net(pins.lock),
			...(pins.bolt === undefined ? undefined : { feedback: board.net(pins.bolt), random: random.fork("bolt") }),
		});
		this.cells = machine.scales.map(
			({ clock: clockPin, data, shelf }) =>
				new HX711Chip({
					clock,
					pins: { clock: board.net(clockPin), data: board.net(data) },
					random: random.fork(`cell ${shelf}`),
				}),
		);
		board.attachI2C({ data: pins.oledData, clock: pins.oledClock }, 0x3c, this.display);
		board.attachSerial({ receive: pins.linkReceive, transmit: pins.linkTransmit }, this.wire);
		board.setVoltage(1, this.battery.output);
		if (machine.uplink.via === "lte") {
			new SIM7080GChip({
				clock,
				wire: this.wire,
				powerKey: board.net(48),
				broker: memoryModemBroker({ clock, broker: this.broker }),
			});
		}
		const bus = board.net(41);
		board.attachSerial({ receive: 41, transmit: 40 }, new OneWireUart({ clock, bus }));
		this.thermometer = new DS18B20Chip({ clock, bus });
		this.thermometer.setCelsius(4);
		const products = [0, 1, 2, 3].map(product);
		if (machine.vending !== undefined) {
			this.rack = new VendingRack({
				board,
				random: random.fork("rack"),
				configuration: machine.vending,
				products,
				onDrop: () => undefined,
			});
		}
		if (machine.coffee !== undefined) {
			this.corner = new CoffeeCorner({ board, configuration: machine.coffee, products });
		}
		this.hall.setMagnet(true);
		this.load(0, 2_000_000);
		this.load(1, 1_500_000);
		this.#far = this.#connect();
		this.wire.far.onData((bytes) => this.#far.receive(bytes));
		this.#cloud = this.broker.client("cloud");
		void this.#cloud.subscribe(`devices/${machineId}/status/+`, (topic, payload) => this.#hear(topic, payload));
		this.configure(machine);
	}

	/** Puts a configuration into the store, as whoever provisions the machine does. */
	configure(machine: unknown): void {
		this.stored.set("configuration", encodeUtf8(JSON.stringify(machine)));
	}

	load(shelf: number, milligrams: number): void {
		this.loads[shelf] = milligrams;
		this.cells[shelf]?.setInput(milligrams / milligramsPerCount);
	}

	/** Lets time pass, in seconds. */
	run(seconds: number): void {
		const until = this.clock.now + seconds * 1e9;
		for (let isOver = false; !isOver; ) {
			try {
				this.clock.run(Math.max(0, until - this.clock.now));
				isOver = true;
			} catch (error) {
				if (!(error instanceof PowerCut)) throw error;
			}
		}
	}

	powerUp(resetReason = "power-on"): void {
		this.#boot(resetReason);
		this.run(0.001);
	}

	#boot(resetReason: string): void {
		this.#bootedAt = this.clock.now;
		const storage: KeyValue = {
			read: (key) => this.stored.get(key)?.slice().buffer,
			write: (key, value) => {
				this.#wear();
				this.cutAtWrite -= 1;
				const isCut = this.cutAtWrite < 0;
				if (!isCut || this.keepsCutWrite) {
					this.stored.set(key, Uint8Array.from(value instanceof Uint8Array ? value : new Uint8Array(value)));
				}
				if (!isCut) return;
				this.cutAtWrite = Number.POSITIVE_INFINITY;
				this.powerCut();
				this.clock.callbackAfter(350e6, () => this.#boot("power-on"));
				throw new PowerCut(`store ${key}`);
			},
			delete: (key) => {
				this.#wear();
				this.stored.delete(key);
			},
		};
		const random = (byteLength: number): Uint8Array => this.random.bytes(byteLength);
		const common = {
			storage,
			random,
			resetReason,
			...(this.slots === undefined ? {} : { firmware: this.slots() }),
		};
		const { board, clock, network } = this;
		if (this.#createEngine !== undefined) {
			this.engine = this.#createEngine({
				...common,
				board,
				clock,
				network,
				log: (event, detail) => this.logged.push({ event, detail: { ...JSON.parse(detail) } }),
				onReset: (reason) => this.#restart(reason),
			});
			this.engine.start();
			return;
		}
		const sessions = this.#sessions;
		const host: ControllerHost = {
			...common,
			io: board.io,
			timer: board.timer,
			mqtt: class extends network.MQTT {
				constructor(options: MQTTOptions) {
					super(options);
					sessions.push(this);
				}
			},
			joinWiFi: (ssid, password) => network.joinWiFi(ssid, password),
			signalStrength: () => network.signalStrength(),
			memoryFree: () => 61_000,
			ticks: () => Math.floor((clock.now - this.#bootedAt) / 1e6),
			microseconds: () => (clock.now - this.#bootedAt) / 1e3,
			log: (event, detail) => {
				this.logged.push({ event, detail: { ...detail } });
			},
			restart: () => this.#restart("restart"),
		};
		clock.callback(() => {
			this.controller = start(host);
		});
	}

	#wear(): void {
		if (this.writesLeft <= 0) throw new Error("flash is worn out");
		this.writesLeft -= 1;
	}

	#restart(reason: string): void {
		this.restarts.push(this.clock.now);
		if (!this.restartable) return;
		this.powerCut();
		this.clock.callbackAfter(350e6, () => this.#boot(reason));
	}

	/** RAM and pins are gone at once, sessions with the broker too; flash stays. */
	powerCut(): void {
		this.controller = undefined;
		this.engine?.stop();
		for (const session of this.#sessions.splice(0)) session.close();
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

	/** Puts a sealed envelope on the way. */
	deliver(topic: string, envelope: string): void {
		if (this.configuration.uplink.via === "pi") this.#far.send(encodeLinkMessage(topic, envelope));
		else void this.#cloud.publish(topic, envelope);
	}

	/** Seals like the cloud and sends. Returns the envelope. */
	command(
		topic: string,
		body: unknown,
		options: { nonce?: string; key?: EnvelopeKey; audience?: string } = {},
	): string {
		this.#sequence += 1;
		const envelope = seal(options.key ?? keysOf(this.keyVersion).toController, {
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

	/** What the cloud says to a machine that has come: it names the nonce of the last hello, if there was one. */
	answer(): void {
		const nonce = this.bodies(topicOf.hello).at(-1)?.nonce;
		this.command(
			topicOf.helloRequest,
			{ request: `r${this.#sequence}` },
			typeof nonce === "string" ? { nonce } : undefined,
		);
	}

	/** Asks for a hello and returns the answer's body. */
	hello(): HelloBody {
		this.answer();
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

	/** Asks for a nonce and orders slots or recipes with it. Returns the envelope. */
	dispense(saleId: string, counter: number, slots: readonly number[]): string {
		const { nonce } = this.hello();
		return this.command(topicOf.dispense, { saleId, counter, slots, language: "en" }, { nonce });
	}

	/** Asks for a nonce and sends a remote command with it. Returns the envelope. */
	remote(commandId: string, action: RemoteAction, options: Partial<RemoteCommandBody> = {}): string {
		const { nonce } = this.hello();
		const body = { commandId, action, shelf: 0, milligrams: 0, minutes: 0, ...options };
		return this.command(topicOf.remoteCommand, body, { nonce });
	}

	bodies(topic: string): Record<string, unknown>[] {
		return this.received.filter((message) => message.topic === topic).map(({ body }) => body);
	}

	/** What the controller told last of how it is. */
	health(): HealthBody {
		const body = this.bodies(topicOf.health).at(-1);
		if (!isHealthBody(body)) throw new Error("The controller says nothing of its health, or something else.");
		return body;
	}

	/** What was told of a remote command, a configuration or an update: `running`, `failed busy`. */
	statuses(commandId: string): string[] {
		return this.bodies(topicOf.commandStatus)
			.filter((body) => body.commandId === commandId)
			.map(({ state, reason }) => [state, reason].filter((word) => word !== "").join(" "));
	}

	events(): string[] {
		return this.logged.map(({ event }) => event);
	}

	/** What the store holds under a key, as JSON; `undefined` when it holds nothing. */
	storedJson(key: string): unknown {
		const bytes = this.stored.get(key);
		return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
	}

	/** As the cloud: opens what came, and says over MQTT that a report is stored. */
	#hear(topic: string, envelope: string): void {
		if (topic === topicOf.weights) {
			this.received.push({ topic, jti: "", body: JSON.parse(envelope), envelope });
			return;
		}
		const expected = { iss: partyName(machineId, "controller"), aud: "cloud", topic };
		let opened = open(keysOf(this.keyVersion).fromController, expected, envelope);
		if (!opened.ok && opened.refusal === "wrong-key") {
			// While keys are rotated both versions are good, and what it is told goes under the one that it used last.
			this.keyVersion = 3 - this.keyVersion;
			opened = open(keysOf(this.keyVersion).fromController, expected, envelope);
		}
		if (!opened.ok) throw new Error(`The controller's ${topic} does not open: ${opened.refusal}.`);
		const { jti } = opened.claims;
		const body = opened.claims.body as Record<string, unknown>;
		this.received.push({ topic, jti, body, envelope });
		if (topic !== topicOf.saleReport || this.configuration.uplink.via === "pi") return;
		this.command(topicOf.acknowledgement, { reportId: jti, saleId: body.saleId });
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
				this.#hear(topic, envelope);
				acknowledge();
			},
		});
	}
}
