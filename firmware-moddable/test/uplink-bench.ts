import { Board } from "@visionvend/hardware-sim/board/board";
import { SerialWire } from "@visionvend/hardware-sim/board/serial-wire";
import { SIM7080GChip } from "@visionvend/hardware-sim/chips/sim7080g";
import { memoryModemBroker } from "@visionvend/hardware-sim/chips/sim7080g-memory-broker";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { MemoryNetwork } from "@visionvend/hardware-sim/engine/memory-network";
import { MemoryStorage } from "@visionvend/hardware-sim/machine/memory-storage";
import { MemoryBroker } from "@visionvend/hardware-sim/network/memory-broker";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import { usualPins } from "@visionvend/sdk/config/usual-wiring";
import {
	type Claims,
	deriveKey,
	type EnvelopeKey,
	keyId,
	open,
	partyName,
	seal,
} from "@visionvend/sdk/device/envelope/envelope";
import type { ConfiguredUplink, ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import type { ControllerHost } from "../src/controller-host.ts";
import { type OutgoingMessage, openUplink, type Uplink } from "../src/uplink/uplink.ts";

const machineId = "m1";
const secret = new Uint8Array(32).fill(3);
const toController = deriveKey(secret, machineId, keyId("cloud", "controller", 1));
const fromController = deriveKey(secret, machineId, keyId("controller", "cloud", 1));
const configuredKey = ({ kid, key }: EnvelopeKey) => ({ kid, key: encodeBase64url(key) });
export const topicOf = topics(machineId);
export const broker = { host: "broker.example", port: 8883, tls: true, user: machineId, password: "secret" };

export const configurationOf = (uplink: ConfiguredUplink): ControllerConfiguration => ({
	machineId,
	version: 0,
	kind: "fridge",
	uplink,
	keys: { receive: configuredKey(toController), send: configuredKey(fromController) },
	pins: usualPins("lte"),
	scales: [],
	lock: { pulseMs: 4_800, windowMs: 10_000, ajarMs: 30_000 },
	languages: ["en"],
	linkBaud: 115_200,
});

/** An uplink on a board, with a broker and a cloud that holds the keys. */
export class UplinkBench {
	readonly clock = new SimulationClock();
	readonly board = new Board({ clock: this.clock });
	readonly random = new SeededRandom(21);
	readonly broker = new MemoryBroker({ clock: this.clock, random: this.random.fork("broker") });
	readonly network = new MemoryNetwork({
		clock: this.clock,
		broker: this.broker,
		mayJoin: (ssid, password) => ssid === "shop" && password === "wifi-secret",
		mayEnter: (user, password) => user === broker.user && password === broker.password,
	});
	/** What the cloud heard and could open. */
	readonly heard: Claims[] = [];
	readonly commands: Claims[] = [];
	readonly rejected: (readonly [topic: string, reason: string])[] = [];
	readonly peers: boolean[] = [];
	readonly logged: (readonly [event: string, detail: object])[] = [];
	/** Names of the messages that were delivered. */
	readonly delivered: string[] = [];
	readonly host: ControllerHost;
	modem: SIM7080GChip | undefined;
	readonly #cloud = this.broker.client("cloud");
	#sequence = 0;

	constructor() {
		this.host = {
			io: this.board.io,
			timer: this.board.timer,
			storage: new MemoryStorage(),
			mqtt: this.network.MQTT,
			joinWiFi: (ssid, password) => this.network.joinWiFi(ssid, password),
			ticks: () => Math.floor(this.clock.now / 1e6),
			microseconds: () => this.clock.now / 1e3,
			random: (byteLength) => this.random.bytes(byteLength),
			memoryFree: () => 0,
			signalStrength: () => this.network.signalStrength(),
			log: (event, detail) => this.logged.push([event, detail]),
			resetReason: "power-on",
			restart: () => undefined,
		};
		void this.#cloud.subscribe(`devices/${machineId}/#`, (topic, envelope) => {
			const opened = open(fromController, { iss: partyName(machineId, "controller"), aud: "cloud", topic }, envelope);
			if (opened.ok) this.heard.push(opened.claims);
		});
	}

	open(uplink: ConfiguredUplink): Uplink {
		return openUplink({
			host: this.host,
			configuration: configurationOf(uplink),
			boot: 7,
			accepted: [topicOf.unlock, topicOf.helloRequest],
			onCommand: (claims) => this.commands.push(claims),
			onRejected: (topic, reason) => this.rejected.push([topic, reason]),
			onPeer: (connected) => this.peers.push(connected),
		});
	}

	/** Solders a modem to the pins of the pi's link, and opens an uplink over it. */
	lte(): Uplink {
		const { clock } = this;
		const wire = new SerialWire(clock, 115_200);
		this.board.attachSerial({ receive: 18, transmit: 17 }, wire);
		this.modem = new SIM7080GChip({
			clock,
			wire,
			powerKey: this.board.net(48),
			broker: memoryModemBroker({ clock, broker: this.broker }),
		});
		return this.open({ via: "lte", apn: "iot.example", broker });
	}

	wifi(): Uplink {
		return this.open({ via: "wifi", ssid: "shop", password: "wifi-secret", broker });
	}

	run(seconds: number): void {
		this.clock.run(seconds * 1e9);
	}

	/** A message that is delivered under the name `name`. */
	message(name: string, options: Partial<OutgoingMessage> = {}): OutgoingMessage {
		return {
			topic: topicOf.door,
			droppable: false,
			body: () => ({ name, atMs: this.host.ticks() }),
			onDelivered: () => this.delivered.push(name),
			...options,
		};
	}

	report(name: string): OutgoingMessage {
		return this.message(name, { topic: topicOf.saleReport, identity: { jti: name, seq: 1 } });
	}

	/** The cloud seals a message and publishes it. */
	say(topic: string, body: unknown, options: { readonly key?: EnvelopeKey; readonly publishedOn?: string } = {}): void {
		this.#sequence += 1;
		const envelope = seal(options.key ?? toController, {
			iss: "cloud",
			aud: partyName(machineId, "controller"),
			jti: `c${this.#sequence}`,
			seq: this.#sequence,
			topic,
			body,
		});
		this.sayRaw(options.publishedOn ?? topic, envelope);
	}

	sayRaw(topic: string, payload: string): void {
		void this.#cloud.publish(topic, payload);
	}

	acknowledge(reportId: string): void {
		this.say(topicOf.acknowledgement, { reportId, saleId: "s1" });
	}

	heardOn(topic: string): Claims[] {
		return this.heard.filter((claims) => claims.topic === topic);
	}

	logs(event: string): object[] {
		return this.logged.filter(([name]) => name === event).map(([, detail]) => detail);
	}
}
