/*
	SIMCom SIM7080G
	LTE-M and NB-IoT modem on a UART, used through its own MQTT client
	SIM7070_SIM7080_SIM7090 Series AT Command Manual, chapter 17 (MQTT); SIM7080G Hardware Design, section 3.2 (PWRKEY)
*/
import type { Digital, DigitalConstructor, DigitalOptions } from "@visionvend/sdk/device/io/digital";
import type { HardwareErrorKind } from "@visionvend/sdk/device/io/hardware-error";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { MQTT, MQTTConstructor, MQTTEnd, MQTTOptions } from "@visionvend/sdk/device/io/mqtt";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

/** Radio access: LTE-M, NB-IoT, or whichever of the two is found. */
export type SIM7080GNetwork = "cat-m" | "nb-iot" | "both";

export interface SIM7080GOptions {
	/** The modem's main UART. `baud` is 115,200 where not given. */
	readonly serial: Connection<SerialConstructor> & Pick<SerialOptions, "receive" | "transmit">;
	/**
	 * PWRKEY: low is pressed, and it is never driven high. With `inverted` there is a transistor in between, and high is
	 * pressed. Without `power` nobody can start a modem that is off, or reset one that hangs.
	 */
	readonly power?: Connection<DigitalConstructor> & Pick<DigitalOptions, "pin"> & { readonly inverted?: boolean };
	readonly timer: Timer;
	/** Access point name of the SIM's operator; "" leaves the choice to the network. */
	readonly apn: string;
	/** PIN of the SIM, four to eight digits. One that was refused is not tried again: three wrong tries lock the card. */
	readonly pin?: string;
	/** "cat-m" where not given. */
	readonly network?: SIM7080GNetwork;
	/** Name of the CA certificate's file in the modem, for connections with `tls`. Without it the broker is not verified. */
	readonly certificate?: string;
	/** The modem stays silent, or refuses a setting. Told once until it answers again. */
	readonly onError?: (this: SIM7080G, error: Error) => void;
}

export interface SIM7080GFaults {
	/** The modem does not answer. */
	noAnswer?: true;
	/** No SIM card, or one that cannot be read. */
	noCard?: true;
	/** The SIM wants its PIN, and none was given or the one given was refused. */
	pinRequired?: true;
	/** The network refuses this SIM. */
	denied?: true;
	/** The network gives no IP address: usually a wrong `apn`. */
	noAddress?: true;
	/** A message for this machine came in garbled and was dropped. */
	garbled?: true;
}

export interface SIM7080GSample {
	/** The network has let the modem in, at home or roaming. */
	registered: boolean;
	/** Received signal, -113 (or less) to -51 (or more) dBm. Absent when the modem does not know. */
	signalStrength?: number;
	/** Name of the network. */
	operator?: string;
	/** Only there when something is wrong. */
	faults?: SIM7080GFaults;
}

export interface SIM7080GConfiguration {
	readonly apn: string;
	readonly network: SIM7080GNetwork;
}

/** The manual's limits of +SMPUB (chapter 17): bytes of a message, characters of a topic. */
const longestPayload = 1_024;
const longestTopic = 128;

/** A message of 2,048 bytes in hexadecimal, its topic and what stands around them. */
const longestLine = 4_300;
/** Every other line is shorter; what goes past this is not read. */
const longestText = 200;

/** Hardware Design, section 3.2: low for more than 1 s starts the modem, but from 1.2 s on it stops one that runs. */
const startPressMs = 1_100;
/** Low for 12.6 s resets the modem whatever it does. */
const resetPressMs = 13_000;

/** One try of "AT"; the first ones teach the modem the rate. */
const syncMs = 500;
/** Tries before the modem counts as off, and tries while it boots. */
const firstSyncTries = 4;
const bootSyncTries = 40;
/** Answers to earlier tries that still come are let by. */
const drainMs = 300;

const commandMs = 10_000;
const slowCommandMs = 30_000;
const connectCommandMs = 75_000;
const promptMs = 5_000;

const searchPollMs = 2_000;
const readyPollMs = 30_000;
const cardPollMs = 10_000;
/** Polls without a network (15 min) before the modem is reset. */
const searchPolls = 450;
/** Polls for an IP address. */
const bearerPolls = 30;
const sessionDeadlineMs = 180_000;

const firstBackoffMs = 30_000;
const lastBackoffMs = 600_000;
/** Messages kept until the session is complete. */
const mostEarly = 4;
/** Rounds in vain before `onError`. */
const silentAttempts = 2;

type Result = "ok" | "error" | "timeout";
type Phase = "sync" | "pressed" | "backoff" | "drain" | "setup" | "card" | "search" | "bearer" | "ready";
type Doing = "nothing" | "control" | "poll" | "session" | "publish" | "disconnect";

/** A HardwareError by its shape: a driver imports nothing at run time. */
class ModemError extends Error {
	override readonly name = "HardwareError";
	readonly kind: HardwareErrorKind;
	constructor(kind: HardwareErrorKind, message: string) {
		super(message);
		this.kind = kind;
	}
}

/**
 * Cuts the bytes of an AT channel into lines, however they are chunked. Empty lines and leading spaces are nothing; a line
 * past 4,300 bytes is dropped.
 */
export class LineReader {
	/** A ">" at the beginning of a line is an item of its own: the modem waits for data. */
	promptExpected = false;
	/** The item that `read` completed last is the prompt. */
	isPrompt = false;
	#bytes = new Uint8Array(256);
	#length = 0;
	#isComplete = false;
	#isTooLong = false;

	/** Reads on at `from` until an item is complete. Returns where to go on, or -1 when the chunk is used up. */
	read(chunk: Uint8Array, from: number): number {
		if (this.#isComplete) this.clear();
		for (let at = from; at < chunk.length; at++) {
			const byte = chunk[at] ?? 0;
			if (byte === 0x0d || byte === 0x0a) {
				if (this.#isTooLong) this.clear();
				if (this.#length === 0) continue;
				this.#isComplete = true;
				return at + 1;
			}
			if (this.#length === 0 && byte === 0x20) continue;
			if (this.#length === 0 && byte === 0x3e && this.promptExpected && !this.#isTooLong) {
				this.promptExpected = false;
				this.isPrompt = true;
				this.#isComplete = true;
				return at + 1;
			}
			if (this.#length < this.#bytes.length || this.#grow()) this.#bytes[this.#length++] = byte;
		}
		return -1;
	}

	/** The line, or its beginning where it is longer than 200 bytes. */
	get text(): string {
		let text = "";
		const end = Math.min(this.#length, longestText);
		for (let at = 0; at < end; at++) text += String.fromCharCode(this.#bytes[at] ?? 0);
		return text;
	}

	/** The bytes of the line, valid until the next `read`. */
	get bytes(): Uint8Array {
		return this.#bytes.subarray(0, this.#length);
	}

	/** Forgets what has come of a line. */
	clear(): void {
		this.#length = 0;
		this.isPrompt = false;
		this.#isComplete = false;
		this.#isTooLong = false;
	}

	#grow(): boolean {
		if (this.#isTooLong) return false;
		if (this.#length >= longestLine) {
			this.#isTooLong = true;
			return false;
		}
		const larger = new Uint8Array(Math.min(2 * this.#length, longestLine));
		larger.set(this.#bytes);
		this.#bytes = larger;
		return true;
	}
}

/** What the modem knows of the session that is open on it. */
interface Session {
	readonly options: MQTTOptions;
	/** Commands that open it; `undefined` before the bearer is there. */
	steps: string[] | undefined;
	step: number;
	connected: boolean;
	/** Messages that came before the last subscription was granted. */
	early: { readonly topic: string; readonly payload: Uint8Array }[];
	deadline: TimerHandle | undefined;
	lastIdentifier: number;
	/** The message that is under way. */
	publishing: { readonly command: string; readonly payload: Uint8Array; readonly identifier: number } | undefined;
}

/**
 * Cellular modem. It finds its network by itself and keeps it; `connect` opens one MQTT session on it.
 *
 * Nothing here waits: every answer has a time limit, and a modem that misses one is asked anew, restarted through PWRKEY,
 * and reset, with pauses that grow to ten minutes.
 */
export class SIM7080G {
	/** `connect` as a constructor, for code that is given one. */
	readonly mqtt: MQTTConstructor;
	readonly #timer: Timer;
	readonly #onError: ((this: SIM7080G, error: Error) => void) | undefined;
	readonly #certificate: string | undefined;
	readonly #isInverted: boolean;
	readonly #baud: number;
	#apn: string;
	#pin: string | undefined;
	#network: SIM7080GNetwork;
	#serial: Serial | undefined;
	#power: Digital | undefined;

	readonly #reader = new LineReader();
	/** Bytes that the UART takes now, and bytes that have to wait for it. */
	#writable = 0;
	#unsent: Uint8Array | undefined;

	#phase: Phase = "sync";
	#doing: Doing = "nothing";
	/** The command that has no result yet, without its AT. */
	#command = "";
	/** Sent after the prompt. */
	#data: Uint8Array | undefined;
	/** The time limit of a command, or the pause before the next one. */
	#alarm: TimerHandle | undefined;
	/** New settings wait for the end of this turn. It is no `#alarm`, which every command and every answer sets anew. */
	#settingUp: TimerHandle | undefined;
	#syncTries = 0;
	#attempts = 0;
	#index = 0;
	#polls = 0;
	#presses = 0;
	#wasTold = false;
	#needsDisconnect = false;
	/** Questions of this round that are still to be asked. */
	#pollsLeft = 0;
	#pollTimer: TimerHandle | undefined;
	#usesTLS = false;

	#hasAnswered = false;
	#card = "";
	/** The last error said that the modem is still reading the card. */
	#isCardBusy = false;
	#pinTried = false;
	#registration = 0;
	#signal = 99;
	#operator: string | undefined;
	#hasBearer = false;
	#bearerFailures = 0;
	#isGarbled = false;
	#session: Session | undefined;

	/** Opens the UART and begins to look for the modem; nothing is sent before the caller has returned. */
	constructor(options: SIM7080GOptions) {
		const { serial, power, timer, apn, pin, network = "cat-m", certificate, onError } = options;
		if (typeof serial?.io !== "function")
			throw new TypeError('SIM7080G: option "serial" is { io: Serial, receive, transmit }.');
		if (power !== undefined && typeof power?.io !== "function")
			throw new TypeError('SIM7080G: option "power" is { io: Digital, pin }.');
		if (typeof timer?.set !== "function") throw new TypeError('SIM7080G: option "timer" is a Timer.');
		if (onError !== undefined && typeof onError !== "function")
			throw new TypeError('SIM7080G: option "onError" is a function.');
		const { baud = 115_200 } = serial;
		if (!Number.isInteger(baud) || baud < 9_600 || baud > 3_000_000)
			throw new RangeError(`SIM7080G: baud is an integer from 9,600 to 3,000,000, not ${String(baud)}.`);
		checkText("apn", apn, 0, 100);
		checkPin(pin);
		checkNetwork(network);
		if (certificate !== undefined) checkText("certificate", certificate, 1, 20);
		this.#timer = timer;
		this.#onError = onError;
		this.#certificate = certificate;
		this.#isInverted = power?.inverted === true;
		this.#baud = baud;
		this.#apn = apn;
		this.#pin = pin;
		this.#network = network;
		const connect = (session: MQTTOptions): MQTT => this.connect(session);
		this.mqtt = class {
			constructor(session: MQTTOptions) {
				// biome-ignore lint/correctness/noConstructorReturn: the session is made by the modem that it runs on
				return connect(session);
			}
		} as MQTTConstructor;
		try {
			if (power !== undefined) {
				const { Output, OutputOpenDrain } = power.io;
				// Released from the first moment on, and never driven high: PWRKEY has its own pull-up to 1.5 V.
				this.#power = new power.io({
					mode: this.#isInverted ? Output : OutputOpenDrain,
					...power,
					initialValue: this.#isInverted ? 0 : 1,
				});
			}
			this.#serial = new serial.io({
				...serial,
				baud,
				format: "buffer",
				onReadable: () => this.#receive(),
				onWritable: (bytes) => {
					this.#writable = bytes;
					this.#flush();
				},
			});
			this.#pollTimer = timer.repeat(() => {
				if (this.#pollsLeft === 0) this.#pollsLeft = 4;
				this.#wake();
			}, readyPollMs);
			this.#lookForModem("lost");
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Changes what it is given. Another `apn`, `pin` or `network` sets the modem up anew and ends a session as "lost". */
	configure(options: { readonly apn?: string; readonly pin?: string; readonly network?: SIM7080GNetwork }): void {
		this.#requireOpen();
		const { apn = this.#apn, pin = this.#pin, network = this.#network } = options;
		checkText("apn", apn, 0, 100);
		checkPin(pin);
		checkNetwork(network);
		if (apn === this.#apn && pin === this.#pin && network === this.#network) return;
		if (pin !== this.#pin) this.#pinTried = false;
		this.#apn = apn;
		this.#pin = pin;
		this.#network = network;
		// Not in here: a session that ends tells its owner, and a callback never runs inside a method.
		this.#settingUp ??= this.#timer.set(() => {
			this.#settingUp = undefined;
			// A press must come to its end; the set-up after it takes the settings along.
			if (this.#phase !== "pressed" && this.#phase !== "backoff") this.#lookForModem("lost");
		}, 0);
	}

	/** What is known of the network, or `undefined` before the modem has answered for the first time. */
	sample(): SIM7080GSample | undefined {
		this.#requireOpen();
		if (!this.#hasAnswered && this.#attempts === 0) return undefined;
		const sample: SIM7080GSample = { registered: this.#isRegistered };
		// +CSQ: 0 to 31 in steps of 2 dB, 99 where it is not known.
		if (this.#signal <= 31) sample.signalStrength = -113 + 2 * this.#signal;
		if (this.#operator !== undefined) sample.operator = this.#operator;
		const asksCard = this.#phase === "card";
		const faults: SIM7080GFaults = {};
		if (this.#attempts > 0) faults.noAnswer = true;
		if (asksCard && this.#card === "NONE") faults.noCard = true;
		if (asksCard && this.#card === "SIM PIN") faults.pinRequired = true;
		if (this.#registration === 3) faults.denied = true;
		if (this.#bearerFailures > 0) faults.noAddress = true;
		if (this.#isGarbled) faults.garbled = true;
		this.#isGarbled = false;
		if (Object.keys(faults).length > 0) sample.faults = faults;
		return sample;
	}

	/** Registered, with an IP address. */
	get ready(): boolean {
		return this.#serial !== undefined && this.#phase === "ready";
	}

	/**
	 * Opens an MQTT session, as soon as there is a network; after three minutes without one it ends with "timeout". The
	 * modem has one session: while it is open this throws a `HardwareError` of kind `in-use`. A message has at most 1,024
	 * bytes, a topic 128 characters, else `publish` throws one of kind `range`.
	 */
	connect(options: MQTTOptions): MQTT {
		this.#requireOpen();
		if (this.#session !== undefined)
			throw new ModemError("in-use", "SIM7080G: there is one MQTT session, and it is open. Close it first.");
		checkSession(options);
		const session: Session = {
			options: { ...options, subscriptions: [...options.subscriptions] },
			steps: undefined,
			step: 0,
			connected: false,
			early: [],
			deadline: undefined,
			lastIdentifier: 0,
			publishing: undefined,
		};
		this.#session = session;
		session.deadline = this.#timer.set(() => {
			session.deadline = undefined;
			this.#endSession(session, "timeout");
		}, sessionDeadlineMs);
		this.#wake();
		return {
			publish: (topic, payload) => this.#publish(session, topic, payload),
			close: () => this.#closeSession(session),
		};
	}

	get configuration(): SIM7080GConfiguration {
		return { apn: this.#apn, network: this.#network };
	}

	get identification(): { readonly model: "SIMCom SIM7080G"; readonly classification: "Modem" } {
		return { model: "SIMCom SIM7080G", classification: "Modem" };
	}

	/** Ends the session without a callback and lets go of the pins. The modem stays on. */
	close(): void {
		const session = this.#session;
		this.#session = undefined;
		if (session?.deadline !== undefined) this.#timer.clear(session.deadline);
		this.#stopAlarm();
		if (this.#settingUp !== undefined) this.#timer.clear(this.#settingUp);
		this.#settingUp = undefined;
		if (this.#pollTimer !== undefined) this.#timer.clear(this.#pollTimer);
		this.#pollTimer = undefined;
		const serial = this.#serial;
		this.#serial = undefined;
		if (serial !== undefined) {
			try {
				// The broker is told if the channel is free; else it notices when the modem's next session takes over.
				if (session?.connected === true && this.#doing === "nothing" && this.#writable >= 16)
					serial.write(bytesOf("AT+SMDISC\r"));
			} finally {
				serial.close();
			}
		}
		const power = this.#power;
		this.#power = undefined;
		if (power !== undefined) {
			power.write(this.#isInverted ? 0 : 1);
			power.close();
		}
	}

	get #isRegistered(): boolean {
		return this.#registration === 1 || this.#registration === 5;
	}

	#requireOpen(): void {
		if (this.#serial === undefined) throw new Error("SIM7080G is closed. Make a new instance.");
	}

	// The channel: one command at a time, and lines that come whenever they like.

	#receive(): void {
		const buffer = this.#serial?.read();
		if (buffer === undefined) return;
		const bytes = new Uint8Array(buffer);
		let at = 0;
		// A callback may close the modem: then nothing more of this is read.
		while (this.#serial !== undefined) {
			at = this.#reader.read(bytes, at);
			if (at < 0) return;
			if (this.#reader.isPrompt) {
				this.#sendData();
				continue;
			}
			const text = this.#reader.text;
			if (text.startsWith("+SMSUB:")) this.#message();
			else if (text === "OK") this.#finish("ok");
			else if (text === "ERROR" || text.startsWith("+CME ERROR:") || text.startsWith("+CMS ERROR:")) {
				this.#isCardBusy = text === "+CME ERROR: SIM busy";
				this.#finish("error");
			} else if (!text.startsWith("AT")) this.#line(text);
		}
	}

	/** An information line, or one that comes by itself: each has its own name, so it does not matter which. */
	#line(text: string): void {
		const colon = text.indexOf(": ");
		const rest = text.slice(colon + 2);
		switch (colon < 0 ? text : text.slice(0, colon)) {
			case "+CPIN":
				this.#card = rest;
				return;
			case "+CSQ":
				this.#signal = numberAt(rest, 0) ?? 99;
				return;
			case "+CEREG":
				// `<n>,<stat>` where it was asked for, `<stat>` where it comes by itself.
				this.#registration = numberAt(rest, 1) ?? numberAt(rest, 0) ?? 0;
				return;
			case "+COPS":
				this.#operator = quoted(rest);
				return;
			case "+CNACT":
				if (numberAt(rest, 0) === 0) this.#hasBearer = numberAt(rest, 1) === 1;
				return;
			case "+APP PDP":
				this.#hasBearer = rest === "0,ACTIVE" || (this.#hasBearer && rest !== "0,DEACTIVE");
				if (this.#hasBearer || this.#phase !== "ready") return;
				if (this.#doing === "nothing") this.#search();
				else if (this.#session?.steps !== undefined) this.#endSession(this.#session, "lost");
				return;
			case "+SMSTATE":
				if (this.#session?.connected === true && numberAt(rest, 0) === 0) this.#endSession(this.#session, "lost");
				return;
			case "RDY":
			case "NORMAL POWER DOWN":
			case "UNDER-VOLTAGE POWER DOWN":
			case "OVER-VOLTAGE POWER DOWN":
				// It starts anew, or is about to: what it was told is gone.
				if (this.#phase !== "sync" && this.#phase !== "pressed" && this.#phase !== "backoff" && this.#phase !== "drain")
					this.#lookForModem("lost");
				return;
		}
	}

	/** `+SMSUB: "topic","hexadecimal"`: with SUBHEX a message is letters and digits only, whatever is in it. */
	#message(): void {
		const session = this.#session;
		if (session === undefined) return;
		const message = readMessage(this.#reader.bytes);
		if (message === undefined) this.#isGarbled = true;
		else if (!session.connected) {
			if (session.early.length < mostEarly) session.early.push(message);
		} else session.options.onMessage(message.topic, message.payload);
	}

	#send(doing: Doing, command: string, limitMs: number, data?: Uint8Array): void {
		this.#doing = doing;
		this.#command = command;
		this.#data = data;
		this.#reader.promptExpected = data !== undefined;
		this.#setAlarm(limitMs);
		this.#write(bytesOf(`AT${command}\r`));
	}

	#sendData(): void {
		const data = this.#data;
		this.#data = undefined;
		if (data === undefined) return;
		this.#setAlarm(slowCommandMs);
		this.#write(data);
	}

	#write(bytes: Uint8Array): void {
		const unsent = this.#unsent;
		if (unsent === undefined) this.#unsent = bytes;
		else {
			this.#unsent = new Uint8Array(unsent.length + bytes.length);
			this.#unsent.set(unsent);
			this.#unsent.set(bytes, unsent.length);
		}
		this.#flush();
	}

	#flush(): void {
		const bytes = this.#unsent;
		if (bytes === undefined || this.#serial === undefined || this.#writable === 0) return;
		const part = Math.min(bytes.length, this.#writable);
		this.#writable -= part;
		this.#unsent = part < bytes.length ? bytes.subarray(part) : undefined;
		this.#serial.write(bytes.subarray(0, part));
	}

	#setAlarm(milliseconds: number): void {
		this.#stopAlarm();
		this.#alarm = this.#timer.set(() => {
			this.#alarm = undefined;
			this.#ring();
		}, milliseconds);
	}

	#stopAlarm(): void {
		if (this.#alarm !== undefined) this.#timer.clear(this.#alarm);
		this.#alarm = undefined;
	}

	/** Goes on in a while, on a fresh stack. */
	#pause(milliseconds: number): void {
		this.#doing = "nothing";
		this.#command = "";
		this.#setAlarm(milliseconds);
	}

	/** Goes on now where nothing is under way. */
	#wake(): void {
		if (this.ready && this.#doing === "nothing") this.#setAlarm(0);
	}

	#ring(): void {
		if (this.#doing === "nothing") this.#next();
		else if (this.#data !== undefined) {
			// The prompt was lost or garbled. A modem that waits for data gets it; any other answers ERROR.
			this.#sendData();
		} else this.#finish("timeout");
	}

	#finish(result: Result): void {
		const command = this.#command;
		const doing = this.#doing;
		if (doing === "nothing") return; // the late answer to a command that was given up
		this.#stopAlarm();
		this.#doing = "nothing";
		this.#command = "";
		this.#data = undefined;
		this.#reader.promptExpected = false;
		if (this.#phase === "sync") this.#synced(result);
		else if (result === "timeout") {
			// Whose answer comes next is not certain any more.
			this.#lookForModem("timeout");
		} else if (doing === "session") this.#sessionStep(command, result);
		else if (doing === "publish") this.#published(result);
		else if (doing === "disconnect") this.#pause(0);
		else this.#controlled(command, result);
	}

	// The modem: from silence to an IP address.

	#next(): void {
		if (this.#serial === undefined) return;
		switch (this.#phase) {
			case "sync":
				this.#send("control", "", syncMs);
				return;
			case "pressed":
				this.#press(false);
				this.#phase = "sync";
				this.#syncTries = bootSyncTries;
				this.#send("control", "", syncMs);
				return;
			case "backoff":
				this.#lookForModem("timeout");
				return;
			case "drain":
				this.#phase = "setup";
				this.#index = 0;
				this.#send("control", this.#setupCommand(), commandMs);
				return;
			case "setup":
				this.#send("control", this.#setupCommand(), commandMs);
				return;
			case "card":
				this.#send("control", "+CPIN?", commandMs);
				return;
			case "search":
				this.#send("control", "+CSQ", commandMs);
				return;
			case "bearer":
				this.#send("control", "+CNACT?", commandMs);
				return;
			case "ready":
				this.#serve();
				return;
		}
	}

	/** From the beginning: whatever was is over. */
	#lookForModem(why: MQTTEnd): void {
		this.#phase = "sync";
		this.#syncTries = this.#power === undefined ? bootSyncTries : firstSyncTries;
		this.#presses = 0;
		this.#card = "";
		this.#registration = 0;
		this.#hasBearer = false;
		this.#needsDisconnect = false;
		this.#unsent = undefined;
		this.#data = undefined;
		this.#reader.promptExpected = false;
		this.#pause(0);
		if (this.#session?.steps !== undefined) this.#endSession(this.#session, why);
	}

	#synced(result: Result): void {
		if (result === "ok") {
			this.#hasAnswered = true;
			this.#attempts = 0;
			this.#wasTold = false;
			this.#phase = "drain";
			this.#pause(drainMs);
			return;
		}
		this.#syncTries--;
		if (this.#syncTries > 0) {
			this.#next();
			return;
		}
		if (this.#power !== undefined && this.#presses < 2) {
			// First as one starts a modem that is off; a modem that runs takes no notice of that. Then the reset.
			this.#presses++;
			this.#phase = "pressed";
			this.#press(true);
			this.#pause(this.#presses === 1 ? startPressMs : resetPressMs);
			return;
		}
		this.#attempts++;
		this.#phase = "backoff";
		this.#pause(Math.min(firstBackoffMs * 2 ** Math.min(this.#attempts - 1, 8), lastBackoffMs));
		if (this.#attempts >= silentAttempts)
			this.#tell(
				new ModemError(
					"timeout",
					"SIM7080G does not answer. Check its supply (2 A at 3.8 V), TXD and RXD, PWRKEY, and the level shifter.",
				),
			);
	}

	#press(on: boolean): void {
		this.#power?.write(on === this.#isInverted ? 1 : 0);
	}

	#tell(error: Error): void {
		if (this.#wasTold) return;
		this.#wasTold = true;
		this.#onError?.call(this, error);
	}

	/** Settings that a restart takes away, or that another program may have left. */
	#setupCommand(): string {
		switch (this.#index) {
			case 0:
				return "E0"; // no echo
			case 1:
				return "+CMEE=2"; // errors in words
			case 2:
				return `+IPR=${this.#baud}`; // no guessing of the rate at the next start, and "RDY" tells of it
			case 3:
				return "+CPSMS=0"; // no sleep in which it does not listen
			case 4:
				return "+CNMP=38"; // LTE only
			case 5:
				return `+CMNB=${this.#network === "cat-m" ? 1 : this.#network === "nb-iot" ? 2 : 3}`;
			case 6:
				return `+CGDCONT=1,"IP","${this.#apn}"`; // for the registration
			default:
				return `+CNCFG=0,1,"${this.#apn}"`; // for the bearer that MQTT uses, IPv4
		}
	}

	#controlled(command: string, result: Result): void {
		switch (this.#phase) {
			case "setup":
				// A setting that is refused (a bearer of before is still up) shows where it matters: no network, no address.
				this.#index++;
				if (this.#index >= (this.#apn === "" ? 6 : 8)) this.#phase = "card";
				this.#next();
				return;
			case "card":
				if (command !== "+CPIN?") {
					this.#pause(searchPollMs);
					return;
				}
				if (result === "error") this.#card = this.#isCardBusy ? "" : "NONE";
				if (this.#card === "READY") {
					// The PIN was right, if there was one: after a restart of the modem the card wants it again.
					this.#pinTried = false;
					this.#search();
				} else if (this.#card === "SIM PIN" && this.#pin !== undefined && !this.#pinTried) {
					this.#pinTried = true;
					this.#send("control", `+CPIN="${this.#pin}"`, commandMs);
				} else this.#pause(this.#card === "" ? searchPollMs : cardPollMs);
				return;
			case "search":
				this.#searched(command);
				return;
			case "bearer":
				if (command !== "+CNACT?") {
					this.#pause(1_000);
					return;
				}
				this.#carried();
				return;
			case "ready":
				this.#polled(command);
				return;
			default:
				return;
		}
	}

	#search(): void {
		this.#phase = "search";
		this.#polls = 0;
		this.#hasBearer = false;
		this.#needsDisconnect = false;
		this.#pause(0);
		if (this.#session?.steps !== undefined) this.#endSession(this.#session, "lost");
	}

	#searched(command: string): void {
		if (command === "+CSQ") this.#send("control", "+CEREG?", commandMs);
		else if (command === "+CEREG?") {
			if (this.#isRegistered) this.#send("control", "+COPS?", slowCommandMs);
			else if (++this.#polls < searchPolls) this.#pause(searchPollMs);
			else this.#send("control", "+CFUN=1,1", commandMs);
		} else if (command === "+COPS?") {
			this.#phase = "bearer";
			this.#polls = 0;
			this.#next();
		} else this.#lookForModem("lost"); // it restarts
	}

	#carried(): void {
		this.#polls++;
		if (this.#hasBearer) {
			this.#phase = "ready";
			this.#bearerFailures = 0;
			this.#pollsLeft = 0;
			this.#serve();
		} else if (this.#polls > bearerPolls) {
			this.#bearerFailures++;
			this.#search();
		} else if (this.#polls % 10 === 1) this.#send("control", "+CNACT=0,1", slowCommandMs);
		else this.#pause(1_000);
	}

	// With an IP address: one session, its messages, and a look at everything twice a minute.

	#serve(): void {
		const session = this.#session;
		if (this.#serial === undefined || this.#phase !== "ready" || this.#doing !== "nothing") return;
		if (!this.#hasBearer) this.#search();
		else if (this.#needsDisconnect) {
			this.#needsDisconnect = false;
			this.#send("disconnect", "+SMDISC", commandMs);
		} else if (session !== undefined && !session.connected) {
			session.steps ??= this.#sessionSteps(session.options);
			this.#sendStep(session.steps[session.step] ?? "");
		} else if (session?.publishing !== undefined)
			this.#send("publish", session.publishing.command, promptMs, session.publishing.payload);
		else if (this.#pollsLeft > 0) this.#poll();
		else this.#stopAlarm();
	}

	#poll(): void {
		const left = this.#pollsLeft--;
		if (left === 4) this.#send("poll", "+CSQ", commandMs);
		else if (left === 3) this.#send("poll", "+CEREG?", commandMs);
		else if (left === 2) this.#send("poll", "+CNACT?", commandMs);
		else if (this.#session?.connected === true) this.#send("poll", "+SMSTATE?", commandMs);
		else this.#serve();
	}

	#polled(command: string): void {
		if (command === "+CEREG?" && !this.#isRegistered) this.#search();
		else this.#serve();
	}

	#sessionSteps(options: MQTTOptions): string[] {
		const steps = [
			"+SMDISC", // of a program that was here before
			`+SMCONF="URL","${options.host}",${options.port}`,
			`+SMCONF="CLIENTID","${options.clientId}"`,
			`+SMCONF="USERNAME","${options.user ?? ""}"`,
			`+SMCONF="PASSWORD","${options.password ?? ""}"`,
			'+SMCONF="KEEPTIME",60',
			'+SMCONF="CLEANSS",1',
			'+SMCONF="QOS",1',
			'+SMCONF="SUBHEX",1', // messages come in hexadecimal, so that no byte of theirs can end a line
			'+SMCONF="ASYNCMODE",0', // OK to +SMPUB comes when the broker has answered
		];
		if (options.tls) {
			this.#usesTLS = true;
			steps.push('+CSSLCFG="sslversion",0,3', `+CSSLCFG="sni",0,"${options.host}"`); // TLS 1.2
			if (this.#certificate !== undefined) steps.push(`+CSSLCFG="convert",2,"${this.#certificate}"`);
			steps.push(`+SMSSL=1,"${this.#certificate ?? ""}",""`);
		} else if (this.#usesTLS) steps.push("+SMSSL=0");
		steps.push("+SMCONN");
		for (const filter of options.subscriptions) steps.push(`+SMSUB="${filter}",1`);
		return steps;
	}

	#sendStep(command: string): void {
		this.#send("session", command, command === "+SMCONN" ? connectCommandMs : slowCommandMs);
	}

	#sessionStep(command: string, result: Result): void {
		const session = this.#session;
		const steps = session?.steps;
		if (session === undefined || steps === undefined) {
			this.#serve();
			return;
		}
		if (command === "+CNACT?") {
			// Asked after a refused +SMCONN, which does not tell why.
			this.#endSession(session, this.#hasBearer ? "refused" : "lost");
			this.#serve();
			return;
		}
		if (result === "error" && command === "+SMCONN") {
			this.#sendStep("+CNACT?");
			return;
		}
		if (result === "error" && command !== "+SMDISC") {
			if (command.startsWith("+SMSUB")) this.#endSession(session, "refused");
			else {
				const setting = command.split(",")[0] ?? "";
				this.#tell(
					new ModemError(
						"unexpected-device",
						`SIM7080G answers ERROR to ${setting}. Update the modem's firmware; a certificate has to be in the modem first.`,
					),
				);
				this.#endSession(session, "refused");
			}
			this.#serve();
			return;
		}
		session.step++;
		if (session.step < steps.length) {
			this.#sendStep(steps[session.step] ?? "");
			return;
		}
		session.connected = true;
		session.steps = [];
		if (session.deadline !== undefined) this.#timer.clear(session.deadline);
		session.deadline = undefined;
		const { early } = session;
		session.early = [];
		session.options.onConnected();
		for (const { topic, payload } of early) {
			if (this.#session === session) session.options.onMessage(topic, payload);
		}
		this.#serve();
	}

	#publish(session: Session, topic: string, payload: Uint8Array): number {
		this.#requireOpen();
		if (session !== this.#session)
			throw new ModemError("closed", "SIM7080G: this MQTT session is over. Open a new one.");
		if (!session.connected) throw new ModemError("closed", "SIM7080G: not connected yet. Wait for onConnected.");
		if (session.publishing !== undefined)
			throw new ModemError("overrun", "SIM7080G: a message is under way. Wait for onAcknowledged.");
		checkText("topic", topic, 1, longestTopic);
		if (!(payload instanceof Uint8Array) || payload.length < 1 || payload.length > longestPayload)
			throw new ModemError(
				"range",
				`SIM7080G: a message has 1 to ${longestPayload} bytes, not ${String(payload?.length)}. Split it, or send it another way.`,
			);
		const identifier = (session.lastIdentifier % 0xffff) + 1;
		session.lastIdentifier = identifier;
		session.publishing = {
			command: `+SMPUB="${topic}",${payload.length},1,0`,
			payload: payload.slice(),
			identifier,
		};
		this.#wake();
		return identifier;
	}

	#published(result: Result): void {
		const session = this.#session;
		const publishing = session?.publishing;
		if (session !== undefined && publishing !== undefined) {
			session.publishing = undefined;
			if (result === "error") this.#endSession(session, "lost");
			else session.options.onAcknowledged(publishing.identifier);
		}
		this.#serve();
	}

	#closeSession(session: Session): void {
		if (this.#session !== session) return;
		this.#forgetSession(session);
		this.#wake();
	}

	#endSession(session: Session, why: MQTTEnd): void {
		if (this.#session !== session) return;
		this.#forgetSession(session);
		session.options.onEnded(why);
		this.#wake();
	}

	#forgetSession(session: Session): void {
		this.#session = undefined;
		if (session.deadline !== undefined) this.#timer.clear(session.deadline);
		session.deadline = undefined;
		// In every other phase the modem has no session any more, or will be told when it is found again.
		if (session.steps !== undefined && this.#phase === "ready") this.#needsDisconnect = true;
	}
}

/** The integer that is the `index`th of values with commas in between. */
function numberAt(values: string, index: number): number | undefined {
	const value = values.split(",")[index]?.trim();
	if (value === undefined || value === "") return undefined;
	const number = Number(value);
	return Number.isInteger(number) ? number : undefined;
}

/** What stands between the first two quotation marks. */
function quoted(text: string): string | undefined {
	const from = text.indexOf('"');
	const to = text.indexOf('"', from + 1);
	return from < 0 || to < 0 ? undefined : text.slice(from + 1, to);
}

function readMessage(line: Uint8Array): { readonly topic: string; readonly payload: Uint8Array } | undefined {
	const from = line.indexOf(0x22) + 1;
	const to = from === 0 ? -1 : line.indexOf(0x22, from);
	if (to < 0 || to - from > longestTopic || line[to + 1] !== 0x2c) return undefined;
	let topic = "";
	for (let at = from; at < to; at++) topic += String.fromCharCode(line[at] ?? 0);
	let start = to + 2;
	let end = line.length;
	while (end > start && line[end - 1] === 0x20) end--;
	if (line[start] === 0x22) {
		if (end - start < 2 || line[end - 1] !== 0x22) return undefined;
		start++;
		end--;
	}
	if ((end - start) % 2 !== 0) return undefined;
	const payload = new Uint8Array((end - start) / 2);
	for (let at = 0; at < payload.length; at++) {
		const high = digit(line[start + 2 * at] ?? 0);
		const low = digit(line[start + 2 * at + 1] ?? 0);
		if (high < 0 || low < 0) return undefined;
		payload[at] = 16 * high + low;
	}
	return { topic, payload };
}

/** Value of a hexadecimal digit, or -1. */
function digit(byte: number): number {
	if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
	if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
	return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}

/** Commands are printable ASCII. */
function bytesOf(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
	return bytes;
}

/** AT commands have no escape: a quotation mark or a control character inside a value would become a command of its own. */
function checkText(option: string, text: unknown, shortest: number, longest: number): void {
	let isRight = typeof text === "string" && text.length >= shortest && text.length <= longest;
	if (typeof text === "string") {
		for (let at = 0; isRight && at < text.length; at++) {
			const code = text.charCodeAt(at);
			isRight = code >= 0x20 && code <= 0x7e && code !== 0x22 && code !== 0x5c;
		}
	}
	if (!isRight)
		throw new RangeError(
			`SIM7080G: ${option} is ${shortest} to ${longest} printable ASCII characters without quotation marks and backslashes.`,
		);
}

function checkPin(pin: unknown): void {
	if (pin === undefined) return;
	let isRight = typeof pin === "string" && pin.length >= 4 && pin.length <= 8;
	if (typeof pin === "string") {
		for (let at = 0; isRight && at < pin.length; at++)
			isRight = pin.charCodeAt(at) >= 0x30 && pin.charCodeAt(at) <= 0x39;
	}
	if (!isRight) throw new RangeError("SIM7080G: pin is four to eight digits.");
}

function checkNetwork(network: unknown): void {
	if (network !== "cat-m" && network !== "nb-iot" && network !== "both")
		throw new RangeError(`SIM7080G: network is "cat-m", "nb-iot" or "both", not ${String(network)}.`);
}

function checkSession(options: MQTTOptions): void {
	checkText("host", options.host, 1, 100);
	if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535)
		throw new RangeError(`SIM7080G: port is an integer from 1 to 65535, not ${String(options.port)}.`);
	checkText("clientId", options.clientId, 1, 64);
	if (options.user !== undefined) checkText("user", options.user, 0, 64);
	if (options.password !== undefined) checkText("password", options.password, 0, 128);
	for (const filter of options.subscriptions) checkText("subscription", filter, 1, longestTopic);
}
