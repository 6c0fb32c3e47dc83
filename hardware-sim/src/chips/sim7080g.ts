import type { SerialWire } from "../board/serial-wire.ts";
import type { SimulationClock } from "../clock.ts";
import type { Net } from "../net.ts";
import type { ModemBroker, ModemBrokerConnection } from "./sim7080g-broker.ts";

const msNs = 1_000_000;

/** SIM7080G Hardware Design, section 3.2: what a low PWRKEY does, and when the UART listens after a start. */
const powerOnMs = 1_000;
const powerOffMs = 1_200;
const resetMs = 12_600;
const uartReadyMs = 1_800;
/** From the UART on until the card is read, and until short messages are ready: usual values. */
const cardMs = 500;
const smsReadyMs = 2_500;

const longestPayload = 1_024;
const longestTopic = 128;

/** +CME ERROR, as a number and in words: 3GPP TS 27.007, 9.2. */
const errorTexts: Readonly<Record<number, string>> = {
	3: "operation not allowed",
	10: "SIM not inserted",
	11: "SIM PIN required",
	14: "SIM busy",
	16: "incorrect password",
	30: "no network service",
	50: "incorrect parameters",
};

interface Answer {
	/** Information lines. */
	readonly lines?: readonly string[];
	/** A number is a +CME ERROR. "OK" where not given. */
	readonly result?: "OK" | "ERROR" | number;
	/** 10 where not given. */
	readonly delayMs?: number;
	/** Happens after the final result is out. */
	readonly afterwards?: () => void;
}

/** `"later"`: the handler calls `#answer` itself, when the network has spoken. */
type Handler = (values: readonly string[]) => Answer | "later";

interface Override {
	readonly command: string;
	readonly lines: readonly string[];
	readonly once: boolean;
}

/**
 * SIMCom SIM7080G: an LTE-M modem with its own MQTT client, behind a UART and PWRKEY.
 *
 * Its commands are those that the project uses. Any other answers ERROR and is recorded in `unknownCommands`, which a test
 * wants empty. The wire's far end is the modem's UART.
 */
export class SIM7080GChip {
	/** Commands that this model does not know, each as it came. */
	readonly unknownCommands: string[] = [];
	/** Commands that came while another one was worked on: a modem loses them. */
	readonly lostCommands: string[] = [];
	/** Every command, oldest first. */
	readonly commands: string[] = [];
	readonly #clock: SimulationClock;
	readonly #wire: SerialWire;
	readonly #broker: ModemBroker;
	readonly #handlers: ReadonlyMap<string, Handler>;
	#overrides: readonly Override[] = [];
	readonly #delays = new Map<string, number>();
	#interleaved: string[] = [];

	// The world.
	#card: "ready" | "pin" | "none" = "ready";
	#pinCode = "1234";
	#pinTries = 3;
	#covered = true;
	#denied = false;
	#signal = 20;
	#isSilent = false;
	/** Bytes until one goes wrong, and what happens to it. */
	#trouble: { countdown: number; readonly mask: number | undefined } | undefined;

	// What survives a restart.
	#fixedRate = false;
	#apn = "";
	#contextApn = "";

	// What does not.
	#life = 0;
	#isOn = false;
	#listens = false;
	#pressedAt: number | undefined;
	#pressUsed = false;
	#hasEcho = true;
	#errorMode = 0;
	/** It has looked at the card since it started. */
	#cardRead = false;
	#cardOpen = false;
	#registered = false;
	#hasBearer = false;
	#input = "";
	#isBusy = false;
	/** The command under way has its answer when the network has spoken. */
	#waitsForBroker = false;
	#pending: { readonly topic: string; readonly bytes: Uint8Array; filled: number } | undefined;
	#settings = new Map<string, string>();
	#usesTLS = false;
	#connection: ModemBrokerConnection | undefined;
	#isConnected = false;

	/** Without `powerKey` the modem is on from the beginning. */
	constructor(options: {
		readonly clock: SimulationClock;
		readonly wire: SerialWire;
		readonly powerKey?: Net;
		readonly broker: ModemBroker;
	}) {
		this.#clock = options.clock;
		this.#wire = options.wire;
		this.#broker = options.broker;
		this.#handlers = this.#table();
		this.#wire.far.onData((bytes) => this.#receive(bytes));
		const { powerKey } = options;
		if (powerKey === undefined) this.#start();
		else {
			powerKey.pull(1);
			powerKey.watch((level) => (level === 0 ? this.#pressed() : this.#released()));
		}
	}

	// To the world and the tests.

	/** The modem runs (its UART may still be starting). */
	get isOn(): boolean {
		return this.#isOn;
	}

	/** It has an MQTT session. */
	get isConnected(): boolean {
		return this.#isConnected;
	}

	/** Access point names as they were set: of the registration, and of the bearer. */
	get accessPoints(): { readonly context: string; readonly bearer: string } {
		return { context: this.#contextApn, bearer: this.#apn };
	}

	get pinTriesLeft(): number {
		return this.#pinTries;
	}

	/** What +SMCONF was told. */
	get settings(): ReadonlyMap<string, string> {
		return this.#settings;
	}

	/** The card as it is found at the next start: `"pin"` locks it with `code`. */
	setCard(card: "ready" | "pin" | "none", code = "1234"): void {
		this.#card = card;
		this.#pinCode = code;
		this.#cardOpen = this.#cardRead && card === "ready";
		this.#register();
	}

	/** What +CSQ tells: 0 to 31, 99 for unknown. */
	setSignal(signal: number): void {
		if (!Number.isInteger(signal) || signal < 0 || (signal > 31 && signal !== 99))
			throw new RangeError(`SIM7080GChip: a signal is 0 to 31, or 99, not ${signal}.`);
		this.#signal = signal;
	}

	/** The network comes, or goes: then bearer and session go with it. `denied`: it is there and refuses the card. */
	setCoverage(covered: boolean, options: { readonly denied?: boolean } = {}): void {
		this.#covered = covered;
		this.#denied = options.denied === true;
		if (covered && !this.#denied) this.#register();
		else this.#detach();
	}

	/** The supply. Off is at once and without a word. */
	power(on: boolean): void {
		if (!on) this.#stop();
		else if (!this.#isOn) this.#start();
	}

	/** A brown-out: the modem restarts by itself and has forgotten its session. */
	reboot(): void {
		this.#stop();
		this.#start();
	}

	/** It hangs, or hangs no longer. A reset through PWRKEY and a restart end it too. */
	setSilent(silent: boolean): void {
		this.#isSilent = silent;
	}

	/** The `nth` byte that the modem sends from now on (1 is the next) arrives with `mask` flipped, or not at all. */
	disturb(nth: number, mask?: number): void {
		this.#trouble = { countdown: nth, mask };
	}

	/** Sends a line that nobody asked for, in `delayMs`. */
	sendUnsolicited(line: string, delayMs = 0): void {
		this.#after(delayMs, () => this.#sendLine(line));
	}

	/** Puts a line that nobody asked for into the next answer, before its final result. */
	interleave(line: string): void {
		this.#interleaved.push(line);
	}

	/**
	 * Answers `command` (as it comes after AT, up to its "=" at least) with `lines`, the final result included; no lines
	 * are no answer at all. `once`: the next time only.
	 */
	overrideResponse(command: string, lines: readonly string[], options: { readonly once?: boolean } = {}): void {
		this.#overrides = [...this.#overrides, { command, lines, once: options.once === true }];
	}

	/** Makes every answer to commands that begin like this take longer. */
	delayResponse(command: string, delayMs: number): void {
		this.#delays.set(command, delayMs);
	}

	// PWRKEY and power.

	#pressed(): void {
		const at = this.#clock.now;
		this.#pressedAt = at;
		this.#pressUsed = false;
		this.#clock.after(powerOnMs * msNs, () => {
			if (this.#pressedAt !== at || this.#isOn) return;
			this.#pressUsed = true;
			this.#start();
		});
		this.#clock.after(resetMs * msNs, () => {
			if (this.#pressedAt !== at) return;
			this.#pressUsed = true;
			this.reboot();
		});
	}

	#released(): void {
		const at = this.#pressedAt;
		this.#pressedAt = undefined;
		if (at === undefined || this.#pressUsed || !this.#isOn || this.#clock.now - at < powerOffMs * msNs) return;
		if (this.#isSilent) return; // a modem that hangs does not look
		this.#sendLine("NORMAL POWER DOWN");
		this.#stop();
	}

	#start(): void {
		this.#isOn = true;
		this.#isSilent = false;
		this.#after(uartReadyMs, () => {
			this.#listens = true;
			if (this.#fixedRate) {
				this.#sendLine("RDY");
				this.#sendLine("+CFUN: 1");
			}
		});
		this.#after(uartReadyMs + cardMs, () => {
			this.#cardRead = true;
			this.#cardOpen = this.#card === "ready";
			if (this.#fixedRate) this.#sendLine(`+CPIN: ${this.#cardState ?? "NOT INSERTED"}`);
			this.#register();
		});
		this.#after(uartReadyMs + smsReadyMs, () => {
			if (this.#cardOpen && this.#fixedRate) this.#sendLine("SMS Ready");
		});
	}

	#stop(): void {
		this.#life++;
		this.#isOn = false;
		this.#listens = false;
		this.#hasEcho = true;
		this.#errorMode = 0;
		this.#cardRead = false;
		this.#cardOpen = false;
		this.#registered = false;
		this.#hasBearer = false;
		this.#input = "";
		this.#isBusy = false;
		this.#waitsForBroker = false;
		this.#pending = undefined;
		this.#settings = new Map();
		this.#usesTLS = false;
		this.#connection?.close();
		this.#connection = undefined;
		this.#isConnected = false;
	}

	#after(milliseconds: number, run: () => void): void {
		const life = this.#life;
		this.#clock.after(milliseconds * msNs, () => {
			if (life === this.#life) run();
		});
	}

	// The network.

	get #cardState(): string | undefined {
		if (this.#card === "none") return undefined;
		return this.#cardOpen ? "READY" : "SIM PIN";
	}

	#register(): void {
		if (!this.#isOn || !this.#cardOpen || !this.#covered || this.#denied || this.#registered) return;
		this.#after(3_000, () => {
			if (this.#cardOpen && this.#covered && !this.#denied) this.#registered = true;
		});
	}

	#detach(): void {
		this.#registered = false;
		if (this.#hasBearer) {
			this.#hasBearer = false;
			this.#sendLine("+APP PDP: 0,DEACTIVE");
		}
		const connection = this.#connection;
		this.#connection = undefined;
		connection?.close();
		this.#sessionEnded();
	}

	#sessionEnded(): void {
		const wasConnected = this.#isConnected;
		this.#isConnected = false;
		this.#connection = undefined;
		this.#pending = undefined;
		if (this.#isBusy && this.#waitsForBroker) this.#answer({ result: "ERROR" });
		if (wasConnected) this.#sendLine("+SMSTATE: 0");
	}

	// The UART.

	#receive(bytes: Uint8Array): void {
		if (!this.#isOn || !this.#listens || this.#isSilent) return;
		for (const byte of bytes) {
			if (this.#pending !== undefined) this.#fill(byte);
			else if (byte === 0x0d) {
				const text = this.#input;
				this.#input = "";
				if (this.#hasEcho) this.#sendText(`${text}\r`);
				if (text.startsWith("AT")) this.#execute(text.slice(2));
				else if (text !== "") this.#sendLine("ERROR");
			} else if (byte !== 0x0a) this.#input = (this.#input + String.fromCharCode(byte)).slice(-600);
		}
	}

	#execute(command: string): void {
		if (this.#isBusy) {
			this.lostCommands.push(command);
			return;
		}
		this.commands.push(command);
		const override = this.#overrides.find((one) => command.startsWith(one.command));
		if (override !== undefined) {
			if (override.once) this.#overrides = this.#overrides.filter((one) => one !== override);
			this.#after(this.#delayOf(command, 10), () => {
				for (const line of override.lines) this.#sendLine(line);
			});
			return;
		}
		const equals = command.indexOf("=");
		const name = equals < 0 ? command : command.slice(0, equals + 1);
		const handler = this.#handlers.get(name);
		this.#isBusy = true;
		this.#waitsForBroker = false;
		if (handler === undefined) {
			this.unknownCommands.push(command);
			this.#answer({ result: "ERROR" });
			return;
		}
		const answer = handler(equals < 0 ? [] : valuesOf(command.slice(equals + 1)));
		if (answer === "later") this.#waitsForBroker = true;
		else this.#after(this.#delayOf(command, answer.delayMs ?? 10), () => this.#answer(answer));
	}

	#delayOf(command: string, otherwiseMs: number): number {
		for (const [start, delayMs] of this.#delays) if (command.startsWith(start)) return delayMs;
		return otherwiseMs;
	}

	#answer(answer: Answer): void {
		if (!this.#isBusy) return;
		this.#isBusy = false;
		this.#waitsForBroker = false;
		for (const line of answer.lines ?? []) this.#sendLine(line);
		const between = this.#interleaved;
		this.#interleaved = [];
		for (const line of between) this.#sendLine(line);
		const { result = "OK" } = answer;
		if (typeof result === "string") this.#sendLine(result);
		else if (this.#errorMode === 0) this.#sendLine("ERROR");
		else this.#sendLine(`+CME ERROR: ${this.#errorMode === 1 ? result : (errorTexts[result] ?? "unknown")}`);
		answer.afterwards?.();
	}

	#sendLine(line: string): void {
		this.#sendText(`\r\n${line}\r\n`);
	}

	#sendText(text: string): void {
		if (!this.#isOn || !this.#listens || this.#isSilent) return;
		let bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
		const trouble = this.#trouble;
		if (trouble !== undefined) {
			const at = trouble.countdown - 1;
			if (at < bytes.length) {
				this.#trouble = undefined;
				const { mask } = trouble;
				bytes =
					mask === undefined
						? bytes.filter((_, index) => index !== at)
						: bytes.map((byte, index) => (index === at ? byte ^ mask : byte));
			} else trouble.countdown -= bytes.length;
		}
		this.#wire.far.write(bytes);
	}

	#fill(byte: number): void {
		const pending = this.#pending;
		if (pending === undefined) return;
		pending.bytes[pending.filled++] = byte;
		if (pending.filled < pending.bytes.length) return;
		this.#pending = undefined;
		this.#waitsForBroker = true;
		if (this.#connection === undefined) this.#answer({ result: "ERROR" });
		else this.#connection.publish(pending.topic, pending.bytes, () => this.#answer({}));
	}

	// The commands.

	#table(): ReadonlyMap<string, Handler> {
		const ok = (): Answer => ({});
		const table: Record<string, Handler> = {
			// AT, ATE0, ATE1: ITU-T V.250, 6.2.4.
			"": ok,
			E0: () => this.#setEcho(false),
			E1: () => this.#setEcho(true),
			// ITU-T V.250, 6.2.10. 0 is the automatic rate, in which "RDY" cannot be said.
			"+IPR=": ([rate]) => {
				this.#fixedRate = rate !== "0";
				return {};
			},
			// 3GPP TS 27.007, 9.1.
			"+CMEE=": ([mode]) => {
				this.#errorMode = Number(mode);
				return {};
			},
			// 3GPP TS 27.007, 8.2: 1,1 is a restart.
			"+CFUN=": ([, restart]) => ({ afterwards: () => (restart === "1" ? this.reboot() : undefined) }),
			// 3GPP TS 27.007, 7.38.
			"+CPSMS=": ok,
			// +CNMP and +CMNB, SIMCom: preferred modes; 38 is LTE only, 1 LTE-M, 2 NB-IoT, 3 both.
			"+CNMP=": ([mode]) => (["2", "13", "38", "51"].includes(mode ?? "") ? {} : { result: 50 }),
			"+CMNB=": ([mode]) => (["1", "2", "3"].includes(mode ?? "") ? {} : { result: 50 }),
			// 3GPP TS 27.007, 8.3.
			"+CPIN?": () => {
				if (!this.#cardRead) return { result: 14 };
				const state = this.#cardState;
				return state === undefined ? { result: 10 } : { lines: [`+CPIN: ${state}`] };
			},
			"+CPIN=": ([pin]) => {
				if (!this.#cardRead) return { result: 14 };
				if (this.#card !== "pin" || this.#cardOpen) return { result: 3 };
				if (pin !== this.#pinCode || this.#pinTries === 0) {
					this.#pinTries = Math.max(0, this.#pinTries - 1);
					return { result: 16 };
				}
				return {
					afterwards: () => {
						this.#cardOpen = true;
						this.#sendLine("+CPIN: READY");
						this.#register();
					},
				};
			},
			// 3GPP TS 27.007, 8.5.
			"+CSQ": () => ({ lines: [`+CSQ: ${this.#covered ? this.#signal : 99},99`] }),
			// 3GPP TS 27.007, 10.1.22: 1 at home, 2 searching, 3 denied, 0 not searching.
			"+CEREG?": () => {
				const state = this.#registered ? 1 : !this.#cardOpen ? 0 : this.#denied ? 3 : 2;
				return { lines: [`+CEREG: 0,${state}`] };
			},
			// 3GPP TS 27.007, 7.3: 7 is E-UTRAN.
			"+COPS?": () => ({ lines: [this.#registered ? '+COPS: 0,0,"Simulated Mobile",7' : "+COPS: 0"] }),
			// 3GPP TS 27.007, 10.1.1.
			"+CGDCONT=": ([, , apn]) => {
				this.#contextApn = apn ?? "";
				return {};
			},
			// +CNCFG, +CNACT, SIMCom: the bearer of the modem's own applications.
			"+CNCFG=": ([context, , apn]) => {
				if (context !== "0") return { result: 50 };
				if (this.#hasBearer) return { result: 3 };
				this.#apn = apn ?? "";
				return {};
			},
			"+CNACT?": () => ({
				lines: [
					this.#hasBearer ? '+CNACT: 0,1,"10.64.0.7"' : '+CNACT: 0,0,"0.0.0.0"',
					'+CNACT: 1,0,"0.0.0.0"',
					'+CNACT: 2,0,"0.0.0.0"',
					'+CNACT: 3,0,"0.0.0.0"',
				],
			}),
			"+CNACT=": ([context, action]) => this.#activate(context, action),
			// AT Command Manual, chapter 17; SIM7000 Series MQTT(S) Application Note, 3.2.1 to 3.2.10.
			"+SMCONF=": ([tag = "", ...values]) => {
				const known = ["URL", "CLIENTID", "USERNAME", "PASSWORD", "KEEPTIME", "CLEANSS", "QOS", "SUBHEX", "ASYNCMODE"];
				if (!known.includes(tag)) {
					this.unknownCommands.push(`+SMCONF="${tag}"`);
					return { result: "ERROR" };
				}
				this.#settings.set(tag, values.join(","));
				return {};
			},
			"+CSSLCFG=": ok,
			"+SMSSL=": ([index]) => {
				this.#usesTLS = index !== "0";
				return {};
			},
			"+SMCONN": () => this.#connect(),
			"+SMSTATE?": () => ({ lines: [`+SMSTATE: ${this.#isConnected ? 1 : 0}`] }),
			"+SMSUB=": ([filter = "", qos]) => {
				if (!this.#isConnected || filter === "" || filter.length > longestTopic || !["0", "1", "2"].includes(qos ?? ""))
					return { result: "ERROR" };
				this.#connection?.subscribe(filter, (granted) => this.#answer(granted ? {} : { result: "ERROR" }));
				return "later";
			},
			"+SMPUB=": ([topic = "", length, qos, retain]) => {
				const count = Number(length);
				const isSound =
					topic !== "" &&
					topic.length <= longestTopic &&
					Number.isInteger(count) &&
					count >= 1 &&
					count <= longestPayload;
				if (!this.#isConnected || !isSound || qos !== "1" || retain !== "0") return { result: "ERROR" };
				this.#pending = { topic, bytes: new Uint8Array(count), filled: 0 };
				this.#after(5, () => this.#sendText("\r\n> "));
				return "later";
			},
			"+SMDISC": () => {
				if (!this.#isConnected) return { result: "ERROR" };
				this.#connection?.close();
				this.#connection = undefined;
				this.#isConnected = false;
				return { delayMs: 100 };
			},
		};
		return new Map(Object.entries(table));
	}

	#setEcho(on: boolean): Answer {
		this.#hasEcho = on;
		return {};
	}

	#activate(context: string | undefined, action: string | undefined): Answer {
		if (context !== "0" || (action !== "0" && action !== "1")) return { result: 50 };
		if ((action === "1") === this.#hasBearer) return { result: 3 };
		if (action === "0") return { afterwards: () => this.#detach() };
		if (!this.#registered) return { result: 30 };
		return {
			afterwards: () => {
				this.#after(800, () => {
					if (!this.#registered) return;
					this.#hasBearer = true;
					this.#sendLine("+APP PDP: 0,ACTIVE");
				});
			},
		};
	}

	#connect(): Answer | "later" {
		const [host = "", port = ""] = (this.#settings.get("URL") ?? "").split(",");
		if (!this.#hasBearer || this.#connection !== undefined || host === "") return { result: "ERROR" };
		const life = this.#life;
		const connection = this.#broker.connect({
			host,
			port: Number(port === "" ? 1_883 : port),
			tls: this.#usesTLS,
			clientId: this.#settings.get("CLIENTID") ?? "",
			user: this.#settings.get("USERNAME") ?? "",
			password: this.#settings.get("PASSWORD") ?? "",
			onConnected: () => {
				if (life !== this.#life || this.#connection !== connection) return;
				this.#isConnected = true;
				this.#answer({});
			},
			onMessage: (topic, payload) => {
				if (life === this.#life && this.#connection === connection) this.#deliver(topic, payload);
			},
			onEnded: () => {
				if (life === this.#life && this.#connection === connection) this.#sessionEnded();
			},
		});
		this.#connection = connection;
		return "later";
	}

	#deliver(topic: string, payload: Uint8Array): void {
		const asText = this.#settings.get("SUBHEX") !== "1";
		let text = "";
		for (const byte of payload)
			text += asText ? String.fromCharCode(byte) : byte.toString(16).padStart(2, "0").toUpperCase();
		this.#sendLine(`+SMSUB: "${topic}","${text}"`);
	}
}

/** Values with commas in between; strings in quotation marks, which may hold commas. */
function valuesOf(text: string): string[] {
	const values: string[] = [];
	let value = "";
	let isQuoted = false;
	for (const character of text) {
		if (character === '"') isQuoted = !isQuoted;
		else if (character === "," && !isQuoted) {
			values.push(value);
			value = "";
		} else value += character;
	}
	values.push(value);
	return values;
}
