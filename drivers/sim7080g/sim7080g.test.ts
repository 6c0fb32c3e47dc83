import { Board } from "@visionvend/hardware-sim/board/board";
import { SerialWire } from "@visionvend/hardware-sim/board/serial-wire";
import { SIM7080GChip } from "@visionvend/hardware-sim/chips/sim7080g";
import type { ModemBroker, ModemBrokerOptions } from "@visionvend/hardware-sim/chips/sim7080g-broker";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { SeededRandom } from "@visionvend/hardware-sim/random";
import type { MQTT, MQTTOptions } from "@visionvend/sdk/device/io/mqtt";
import type { Timer } from "@visionvend/sdk/device/io/timer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "./example.ts";
import { LineReader, SIM7080G, type SIM7080GOptions } from "./sim7080g.ts";

const ms = 1e6;
const s = 1e9;

/** A broker that takes bytes, and does what a test tells it. */
class ByteBroker implements ModemBroker {
	readonly #clock: SimulationClock;
	readonly published: { topic: string; payload: Uint8Array }[] = [];
	readonly filters: string[] = [];
	session: ModemBrokerOptions | undefined;
	mayEnter = true;
	answers = true;
	connections = 0;

	constructor(clock: SimulationClock) {
		this.#clock = clock;
	}

	connect(session: ModemBrokerOptions) {
		this.connections++;
		this.filters.length = 0;
		let isOpen = true;
		const later = (run: () => void) => {
			this.#clock.after(50 * ms, () => {
				if (isOpen && this.answers) run();
			});
		};
		later(() => {
			if (!this.mayEnter) return session.onEnded();
			this.session = session;
			session.onConnected();
		});
		return {
			publish: (topic: string, payload: Uint8Array, onAcknowledged: () => void) => {
				later(() => {
					this.published.push({ topic, payload });
					onAcknowledged();
				});
			},
			subscribe: (filter: string, onAnswer: (granted: boolean) => void) => {
				later(() => {
					this.filters.push(filter);
					onAnswer(true);
				});
			},
			close: () => {
				isOpen = false;
				this.session = undefined;
			},
		};
	}

	drop(): void {
		const { session } = this;
		this.session = undefined;
		session?.onEnded();
	}
}

function rig(options: Partial<SIM7080GOptions> & { wired?: boolean } = {}) {
	const { wired = true, ...more } = options;
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const wire = new SerialWire(clock, 115_200);
	const broker = new ByteBroker(clock);
	const key = board.net(48);
	const chip = new SIM7080GChip({ clock, wire, powerKey: key, broker });
	if (wired) board.attachSerial({ receive: 18, transmit: 17 }, wire);
	const errors: string[] = [];
	const open = (again: Partial<SIM7080GOptions> = {}) =>
		new SIM7080G({
			serial: { io: board.io.Serial, receive: 18, transmit: 17 },
			power: { io: board.io.Digital, pin: 48 },
			timer: board.timer,
			apn: "iot.example",
			onError: (error) => errors.push(error.message),
			...more,
			...again,
		});
	const presses: number[] = [];
	let pressedAt = 0;
	key.watch((level) => {
		if (level === 0) pressedAt = clock.now;
		else presses.push(Math.round((clock.now - pressedAt) / ms));
	});
	const seen: string[] = [];
	const messages: { topic: string; payload: Uint8Array }[] = [];
	const sessionOptions = (change: Partial<MQTTOptions> = {}): MQTTOptions => ({
		host: "mqtt.example",
		port: 1_883,
		tls: false,
		clientId: "fridge-7",
		user: "fridge-7",
		password: "secret",
		subscriptions: ["devices/fridge-7/commands/#"],
		onConnected: () => seen.push("connected"),
		onMessage: (topic, payload) => messages.push({ topic, payload }),
		onAcknowledged: (identifier) => seen.push(`acknowledged ${identifier}`),
		onEnded: (why) => seen.push(why),
		...change,
	});
	/** A modem that is online, with a session. */
	const online = (): { modem: SIM7080G; session: MQTT } => {
		const modem = open();
		const session = modem.connect(sessionOptions());
		clock.run(20 * s);
		expect(seen.splice(0)).toEqual(["connected"]);
		return { modem, session };
	};
	const sound = () => {
		expect(chip.unknownCommands).toEqual([]);
		expect(chip.lostCommands).toEqual([]);
	};
	return { clock, board, wire, broker, chip, open, errors, presses, seen, messages, sessionOptions, online, sound };
}

const below = (random: SeededRandom, limit: number) => Math.floor(random.next() * limit);
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytes = (from: string) => new TextEncoder().encode(from);

test("from off to online: one press of 1.1 s, settings, card, network, bearer, session", () => {
	const { clock, chip, broker, open, presses, seen, sessionOptions, sound } = rig();
	const modem = open();
	expect(modem.sample()).toBeUndefined();
	expect(modem.ready).toBe(false);
	const session = modem.connect(sessionOptions());
	clock.run(20 * s);
	expect(presses).toEqual([1_100]);
	expect(seen).toEqual(["connected"]);
	expect(modem.ready).toBe(true);
	expect(modem.sample()).toEqual({ registered: true, signalStrength: -73, operator: "Simulated Mobile" });
	expect(chip.accessPoints).toEqual({ context: "iot.example", bearer: "iot.example" });
	expect(Object.fromEntries(chip.settings)).toMatchObject({
		URL: "mqtt.example,1883",
		CLIENTID: "fridge-7",
		USERNAME: "fridge-7",
		PASSWORD: "secret",
		SUBHEX: "1",
	});
	expect(broker.filters).toEqual(["devices/fridge-7/commands/#"]);
	session.publish("devices/fridge-7/status/hello", bytes("{}"));
	clock.run(1 * s);
	expect(seen).toEqual(["connected", "acknowledged 1"]);
	expect(broker.published.map(({ topic, payload }) => [topic, text(payload)])).toEqual([
		["devices/fridge-7/status/hello", "{}"],
	]);
	sound();
	modem.close();
	modem.close();
});

test("a modem that runs already is not touched by PWRKEY", () => {
	const { clock, chip, open, presses, sound } = rig();
	chip.power(true);
	clock.run(10 * s);
	const modem = open();
	clock.run(15 * s);
	expect(presses).toEqual([]);
	expect(modem.ready).toBe(true);
	sound();
});

test("any bytes go out and come in as they are, whatever the length", () => {
	const { clock, broker, messages, online, seen, sound } = rig();
	const { session } = online();
	const every = Uint8Array.from({ length: 256 }, (_, index) => index);
	const random = new SeededRandom(5);
	const payloads = [
		every,
		bytes("\r\nOK\r\n"),
		bytes("\r\nERROR\r\n> "),
		Uint8Array.of(0),
		new Uint8Array(1_024).fill(0x0d),
	];
	for (let i = 0; i < 40; i++)
		payloads.push(Uint8Array.from({ length: 1 + below(random, 1_024) }, () => below(random, 256)));
	for (const payload of payloads) {
		session.publish("devices/fridge-7/status/x", payload);
		broker.session?.onMessage("devices/fridge-7/commands/x", payload);
		clock.run(2 * s);
		expect(broker.published.pop()?.payload).toEqual(payload);
		expect(messages.pop()).toEqual({ topic: "devices/fridge-7/commands/x", payload });
	}
	expect(seen).toHaveLength(payloads.length);
	sound();
});

test("one message is under way at a time, of 1 to 1,024 bytes, on a topic of up to 128 characters", () => {
	const { clock, online, seen } = rig();
	const { session, modem } = online();
	const kind = (act: () => unknown) => {
		try {
			act();
		} catch (error) {
			return error instanceof Error && "kind" in error ? error.kind : String(error);
		}
		return "none";
	};
	expect(kind(() => session.publish("t", new Uint8Array(1_025)))).toBe("range");
	expect(kind(() => session.publish("t", new Uint8Array(0)))).toBe("range");
	expect(() => session.publish("t".repeat(129), new Uint8Array(1))).toThrow(RangeError);
	expect(() => session.publish('t"', new Uint8Array(1))).toThrow(RangeError);
	expect(session.publish("t", new Uint8Array(1))).toBe(1);
	expect(kind(() => session.publish("t", new Uint8Array(1)))).toBe("overrun");
	expect(kind(() => modem.connect({ ...rig().sessionOptions() }))).toBe("in-use");
	clock.run(1 * s);
	expect(session.publish("t", new Uint8Array(1))).toBe(2);
	clock.run(1 * s);
	expect(seen).toEqual(["acknowledged 1", "acknowledged 2"]);
	session.close();
	session.close();
	expect(kind(() => session.publish("t", new Uint8Array(1)))).toBe("closed");
});

test("lines that nobody asked for may come in the middle of any answer", () => {
	const { clock, chip, broker, messages, online, open, seen, sessionOptions, sound } = rig();
	chip.delayResponse("+C", 150);
	const modem = open();
	modem.connect(sessionOptions());
	for (let i = 0; i < 200; i++) {
		chip.interleave('+SMSUB: "devices/fridge-7/commands/early","00"');
		chip.interleave('+CPSMSTATUS: "EXIT PSM"');
		clock.run(100 * ms);
	}
	expect(seen.splice(0)).toEqual(["connected"]);
	expect(messages.length).toBeGreaterThan(0);
	messages.length = 0;
	modem.close();
	clock.run(1 * s);
	const again = online();
	again.session.publish("t", bytes("one"));
	clock.run(8 * ms);
	chip.sendUnsolicited('+SMSUB: "devices/fridge-7/commands/unlock","4142"'); // between the command and its prompt
	chip.sendUnsolicited('+SMSUB: "devices/fridge-7/commands/unlock","4344"', 20);
	clock.run(1 * s);
	expect(messages.map(({ payload }) => text(payload)).filter((message) => message.length === 2)).toEqual(["AB", "CD"]);
	expect(text(broker.published.pop()?.payload)).toBe("one");
	sound();
});

test("the broker closes: the session ends as lost, and the next one connects", () => {
	const { clock, broker, online, seen, sessionOptions, sound } = rig();
	const { modem } = online();
	broker.drop();
	clock.run(1 * s);
	expect(seen.splice(0)).toEqual(["lost"]);
	modem.connect(sessionOptions());
	clock.run(5 * s);
	expect(seen).toEqual(["connected"]);
	sound();
});

test("a lost session that the modem forgot to tell of is found within half a minute", () => {
	const { clock, chip, online, seen } = rig();
	online();
	chip.overrideResponse("+SMSTATE?", ["+SMSTATE: 0", "OK"]);
	clock.run(31 * s);
	expect(seen).toEqual(["lost"]);
});

test("a login that the broker refuses ends the session as refused; without a bearer it is lost", () => {
	const { clock, chip, broker, open, seen, sessionOptions } = rig();
	broker.mayEnter = false;
	const modem = open();
	modem.connect(sessionOptions());
	clock.run(20 * s);
	expect(seen.splice(0)).toEqual(["refused"]);
	chip.overrideResponse("+SMCONN", ["+APP PDP: 0,DEACTIVE", "ERROR"], { once: true });
	chip.overrideResponse("+CNACT?", ['+CNACT: 0,0,"0.0.0.0"', "OK"], { once: true });
	modem.connect(sessionOptions());
	clock.run(5 * s);
	expect(seen.splice(0)).toEqual(["lost"]);
	clock.run(20 * s);
	expect(modem.ready).toBe(true);
});

test("the network goes in the middle of a message: the session is lost, and the modem goes back online by itself", () => {
	const { clock, chip, online, open, seen, sessionOptions, sound } = rig();
	for (const delay of [0, 4, 6, 12, 20, 40]) {
		chip.setCoverage(true);
		const { modem, session } = online();
		session.publish("t", new Uint8Array(100).fill(0x41));
		clock.run(delay * ms);
		chip.setCoverage(false);
		clock.run(60 * s);
		expect(seen.splice(0)).toEqual(["lost"]);
		expect(modem.ready).toBe(false);
		expect(modem.sample()).toEqual({ registered: false, operator: "Simulated Mobile" });
		chip.setCoverage(true);
		modem.connect(sessionOptions());
		clock.run(20 * s);
		expect(seen.splice(0)).toEqual(["connected"]);
		modem.close();
		clock.run(5 * s);
	}
	open().close();
	sound();
});

test("without a network a session ends with a timeout after three minutes, and the modem goes on looking", () => {
	const { clock, chip, open, seen, sessionOptions } = rig();
	chip.setCoverage(false);
	const modem = open();
	modem.connect(sessionOptions());
	clock.run(179 * s);
	expect(seen).toEqual([]);
	clock.run(2 * s);
	expect(seen.splice(0)).toEqual(["timeout"]);
	chip.setCoverage(true);
	modem.connect(sessionOptions());
	clock.run(20 * s);
	expect(seen).toEqual(["connected"]);
});

test("a quarter of an hour without a network restarts the modem", () => {
	const { clock, chip, open } = rig();
	chip.setCoverage(false);
	open();
	clock.run(1_000 * s);
	expect(chip.commands.filter((command) => command === "+CFUN=1,1")).toHaveLength(1);
});

test("a modem that hangs is reset through PWRKEY, and the session ends with a timeout", () => {
	const { clock, chip, online, presses, seen, sessionOptions, errors, sound } = rig();
	const { modem, session } = online();
	presses.length = 0;
	chip.setSilent(true);
	session.publish("t", bytes("x"));
	clock.run(60 * s);
	expect(seen.splice(0)).toEqual(["timeout"]);
	clock.run(60 * s);
	expect(presses).toEqual([1_100, 13_000]);
	expect(modem.sample()?.registered).toBe(true);
	expect(errors).toEqual([]);
	modem.connect(sessionOptions());
	clock.run(10 * s);
	expect(seen).toEqual(["connected"]);
	sound();
});

test("a modem that is not there is looked for for ever, less and less often, and told of once", () => {
	const { clock, open, errors, presses, seen, sessionOptions } = rig({ wired: false });
	const modem = open();
	modem.connect(sessionOptions());
	clock.run(600 * s);
	expect(errors).toHaveLength(1);
	expect(errors[0]).toContain("does not answer");
	expect(modem.sample()).toEqual({ registered: false, faults: { noAnswer: true } });
	expect(seen).toEqual(["timeout"]);
	const inTenMinutes = presses.length;
	clock.run(6 * 3_600 * s);
	expect(errors).toHaveLength(1);
	expect(presses.length - inTenMinutes).toBeGreaterThan(50);
	expect(presses.length - inTenMinutes).toBeLessThan(80);
});

test("without PWRKEY a modem that is switched on later is found", () => {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const wire = new SerialWire(clock, 115_200);
	const chip = new SIM7080GChip({ clock, wire, broker: new ByteBroker(clock) });
	chip.power(false);
	board.attachSerial({ receive: 18, transmit: 17 }, wire);
	const modem = new SIM7080G({
		serial: { io: board.io.Serial, receive: 18, transmit: 17 },
		timer: board.timer,
		apn: "",
	});
	clock.run(30 * s);
	expect(modem.sample()).toEqual({ registered: false, faults: { noAnswer: true } });
	chip.power(true);
	clock.run(60 * s);
	expect(modem.sample()).toMatchObject({ registered: true });
	expect(chip.commands.some((command) => command.startsWith("+CGDCONT"))).toBe(false);
});

test("a brown-out of the modem ends the session at once, and it comes back by itself", () => {
	const { clock, chip, online, seen, sessionOptions, presses, sound } = rig();
	const { modem } = online();
	presses.length = 0;
	chip.reboot();
	clock.run(3 * s); // it listens after 1.8 s, and says RDY
	expect(seen.splice(0)).toEqual(["lost"]);
	modem.connect(sessionOptions());
	clock.run(20 * s);
	expect(seen).toEqual(["connected"]);
	expect(presses).toEqual([]);
	sound();
});

test("a brown-out in the middle of a message does not confuse it", () => {
	const { clock, chip, online, seen, sessionOptions, sound } = rig();
	for (const delay of [1, 6, 9, 15, 30]) {
		const { modem, session } = online();
		session.publish("t", new Uint8Array(300).fill(0x42));
		clock.run(delay * ms);
		chip.reboot();
		clock.run(60 * s);
		expect(seen.splice(0)).toEqual(["lost"]);
		modem.connect(sessionOptions());
		clock.run(20 * s);
		expect(seen.splice(0)).toEqual(["connected"]);
		modem.close();
		clock.run(1 * s);
	}
	sound();
});

test("a card with a PIN is opened once; a wrong PIN is never tried again", () => {
	const right = rig({ pin: "4711" });
	right.chip.setCard("pin", "4711");
	const modem = right.open();
	right.clock.run(30 * s);
	expect(modem.sample()).toMatchObject({ registered: true });
	expect(right.chip.pinTriesLeft).toBe(3);
	right.sound();

	const wrong = rig({ pin: "0000" });
	wrong.chip.setCard("pin", "4711");
	const locked = wrong.open();
	wrong.clock.run(300 * s);
	expect(wrong.chip.pinTriesLeft).toBe(2);
	expect(locked.sample()).toEqual({ registered: false, faults: { pinRequired: true } });
	locked.configure({ pin: "4711" });
	wrong.clock.run(30 * s);
	expect(locked.sample()).toMatchObject({ registered: true });
	wrong.sound();
});

test("a PIN that was right once opens the card again after every restart of the modem", () => {
	const { clock, chip, open, sound } = rig({ pin: "4711" });
	chip.setCard("pin", "4711");
	const modem = open();
	clock.run(30 * s);
	for (let restart = 0; restart < 3; restart++) {
		chip.reboot();
		clock.run(60 * s);
		expect(modem.ready).toBe(true);
	}
	expect(chip.pinTriesLeft).toBe(3);
	sound();
});

test("no card, no PIN, a refused card and no address are told apart", () => {
	const { clock, chip, open } = rig();
	chip.setCard("none");
	const modem = open();
	clock.run(20 * s);
	expect(modem.sample()).toEqual({ registered: false, faults: { noCard: true } });
	chip.setCard("pin");
	clock.run(20 * s);
	expect(modem.sample()).toEqual({ registered: false, faults: { pinRequired: true } });
	chip.setCoverage(true, { denied: true });
	chip.setCard("ready");
	clock.run(20 * s);
	expect(modem.sample()).toMatchObject({ registered: false, faults: { denied: true } });
	chip.overrideResponse("+CNACT=0,1", ["+CME ERROR: no network service"]);
	chip.setCoverage(true);
	clock.run(120 * s);
	expect(modem.sample()).toMatchObject({ registered: true, faults: { noAddress: true } });
});

test("signal strength is in dBm, and absent where the modem does not know it", () => {
	const { clock, chip, open } = rig();
	const modem = open();
	for (const [signal, dBm] of [
		[0, -113],
		[1, -111],
		[31, -51],
		[99, undefined],
	] as const) {
		chip.setSignal(signal);
		clock.run(40 * s);
		expect(modem.sample()?.signalStrength).toBe(dBm);
	}
});

test("a prompt that got lost or garbled costs five seconds and not the message", () => {
	const { clock, chip, broker, online, seen } = rig();
	for (const mask of [0x01, undefined]) {
		const { modem, session } = online();
		session.publish("t", bytes("hello"));
		chip.disturb(3, mask);
		clock.run(7 * s);
		expect(seen.splice(0)).toEqual(["acknowledged 1"]);
		expect(text(broker.published.pop()?.payload)).toBe("hello");
		modem.close();
		clock.run(1 * s);
	}
});

test("a garbled message is dropped and told of, once", () => {
	const { clock, chip, broker, messages, online } = rig();
	const { modem } = online();
	chip.disturb(50, 0x40);
	broker.session?.onMessage("devices/fridge-7/commands/unlock", bytes("hello"));
	clock.run(1 * s);
	expect(messages).toEqual([]);
	expect(modem.sample()).toMatchObject({ faults: { garbled: true } });
	expect(modem.sample()?.faults).toBeUndefined();
});

test("whichever byte of the modem's answers is garbled or lost, it is online again in five minutes", () => {
	const random = new SeededRandom(11);
	for (let round = 0; round < 60; round++) {
		const { clock, chip, broker, open, seen, sessionOptions } = rig();
		const modem = open();
		let session: MQTT | undefined;
		const connect = (): void => {
			session = modem.connect(
				sessionOptions({
					onConnected: () => {
						seen.push("connected");
						session?.publish("t", bytes("payload"));
					},
					onEnded: (why) => {
						seen.push(why);
						board.set(connect, 1_000);
					},
				}),
			);
		};
		const board = { set: (run: () => void, delayMs: number) => clock.callbackAfter(delayMs * ms, run) };
		connect();
		clock.run((2 + 0.2 * round) * s);
		chip.disturb(1 + below(random, 40), below(random, 2) === 0 ? undefined : 1 << below(random, 7));
		clock.run(300 * s);
		expect([round, modem.ready, seen.includes("connected"), seen.includes("acknowledged 1")]).toEqual([
			round,
			true,
			true,
			true,
		]);
		expect(text(broker.published[0]?.payload)).toBe("payload");
		expect(chip.lostCommands).toEqual([]);
		modem.close();
	}
});

test("a late answer is not taken for the next command's", () => {
	const { clock, chip, online, seen, sessionOptions } = rig();
	const { modem, session } = online();
	chip.delayResponse("+CSQ", 12_000); // later than its time limit
	clock.run(60 * s);
	expect(seen.splice(0)).toEqual(["timeout"]);
	chip.delayResponse("+CSQ", 10);
	modem.connect(sessionOptions());
	clock.run(30 * s);
	expect(seen.splice(0)).toEqual(["connected"]);
	expect(() => session.publish("t", bytes("x"))).toThrow(/over/);
});

test("with tls the modem is told of the certificate first", () => {
	const { clock, chip, open, sessionOptions, seen, sound } = rig({ certificate: "ca.pem" });
	const modem = open();
	modem.connect(sessionOptions({ tls: true, port: 8_883 }));
	clock.run(20 * s);
	expect(seen).toEqual(["connected"]);
	expect(chip.commands).toContain('+CSSLCFG="convert",2,"ca.pem"');
	expect(chip.commands).toContain('+SMSSL=1,"ca.pem",""');
	expect(chip.commands.indexOf("+SMCONN")).toBeGreaterThan(chip.commands.indexOf('+SMSSL=1,"ca.pem",""'));
	sound();
});

test("a setting that the modem does not know is told by name, and its value is not", () => {
	const { clock, chip, open, errors, seen, sessionOptions } = rig();
	chip.overrideResponse('+SMCONF="PASSWORD"', ["ERROR"]);
	open().connect(sessionOptions());
	clock.run(20 * s);
	expect(seen).toEqual(["refused"]);
	expect(errors).toHaveLength(1);
	expect(errors[0]).toContain('+SMCONF="PASSWORD"');
	expect(errors[0]).not.toContain("secret");
});

test("another access point sets the modem up anew, and a session on the old one is lost", () => {
	const { clock, chip, online, seen } = rig();
	const { modem } = online();
	modem.configure({ apn: "other.example" });
	expect(seen).toEqual([]);
	clock.run(30 * s);
	expect(seen).toEqual(["lost"]);
	expect(chip.accessPoints.context).toBe("other.example");
	expect(modem.configuration).toEqual({ apn: "other.example", network: "cat-m" });
	expect(modem.ready).toBe(true);
});

test("new settings are not lost in what the same turn, or the modem's next answer, begins", () => {
	const inOneTurn = rig();
	const first = inOneTurn.open();
	inOneTurn.clock.run(20 * s);
	first.configure({ apn: "other.example" });
	first.connect(inOneTurn.sessionOptions());
	inOneTurn.clock.run(60 * s);
	expect(inOneTurn.chip.accessPoints.context).toBe("other.example");

	const inCallback = rig();
	const second = inCallback.open();
	second.connect(
		inCallback.sessionOptions({ onConnected: () => second.configure({ apn: "other.example", network: "both" }) }),
	);
	inCallback.clock.run(60 * s);
	expect(inCallback.chip.accessPoints.context).toBe("other.example");
	expect(inCallback.chip.commands).toContain("+CMNB=3");
	inCallback.sound();
});

test("new settings while PWRKEY is pressed leave it pressed, and are taken along", () => {
	const { clock, chip, open, presses } = rig();
	const modem = open();
	clock.run(2_300 * ms);
	modem.configure({ apn: "other.example" });
	clock.run(30 * s);
	expect(presses).toEqual([1_100]);
	expect(chip.accessPoints.context).toBe("other.example");
});

test("a session's end that closes the modem sets no timer afterwards", () => {
	const { clock, board, broker, open, sessionOptions } = rig();
	let isClosed = false;
	let late = 0;
	const { timer } = board;
	const watched: Timer = {
		set: (callback, milliseconds) => {
			if (isClosed) late++;
			return timer.set(callback, milliseconds);
		},
		repeat: (callback, milliseconds) => timer.repeat(callback, milliseconds),
		clear: (handle) => timer.clear(handle),
	};
	const modem = open({ timer: watched });
	modem.connect(
		sessionOptions({
			onEnded: () => {
				modem.close();
				isClosed = true;
			},
		}),
	);
	clock.run(20 * s);
	broker.drop();
	clock.run(60 * s);
	expect([isClosed, late]).toEqual([true, 0]);
});

test("the constructor form opens the same session", () => {
	const { clock, open, seen, sessionOptions } = rig();
	const modem = open();
	const session = new modem.mqtt(sessionOptions());
	clock.run(20 * s);
	expect(seen).toEqual(["connected"]);
	expect(session.publish("t", bytes("x"))).toBe(1);
});

test("options, sessions and texts that would break out of a command are refused", () => {
	const { open, sessionOptions } = rig();
	expect(() => open().connect(sessionOptions({ clientId: 'x"\r+CFUN=0' }))).toThrow(RangeError);
	const modem = rig().open();
	for (const bad of [{ host: "" }, { port: 0 }, { user: "ä" }, { subscriptions: ["a\nb"] }])
		expect(() => modem.connect(sessionOptions(bad))).toThrow(RangeError);
});

/** The items of a byte stream that comes in pieces of the given lengths. */
function itemsOf(stream: Uint8Array, lengths: readonly number[], promptExpected: boolean): string[] {
	const reader = new LineReader();
	reader.promptExpected = promptExpected;
	const items: string[] = [];
	let from = 0;
	for (let i = 0; from < stream.length; i++) {
		const chunk = stream.subarray(from, from + (lengths[i % lengths.length] ?? 1));
		from += chunk.length;
		for (let at = reader.read(chunk, 0); at >= 0; at = reader.read(chunk, at))
			items.push(reader.isPrompt ? ">" : `${reader.text}#${reader.bytes.length}`);
	}
	return items;
}

test("any chunking of the bytes gives the same lines", () => {
	const noise = fc.constantFrom(0x0d, 0x0a, 0x20, 0x3e, 0x4f, 0x4b, 0x22, 0x00, 0xff);
	fc.assert(
		fc.property(
			fc.array(noise, { maxLength: 200 }),
			fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
			fc.boolean(),
			(stream, lengths, promptExpected) => {
				const bytesOfStream = Uint8Array.from(stream);
				expect(itemsOf(bytesOfStream, lengths, promptExpected)).toEqual(
					itemsOf(bytesOfStream, [bytesOfStream.length + 1], promptExpected),
				);
			},
		),
		{ seed: 1, numRuns: 2_000 },
	);
});

test("a line that is too long is dropped, and the next one is read", () => {
	const long = bytes(`+SMSUB: "${"a".repeat(5_000)}"\r\n`);
	const stream = Uint8Array.of(...long, ...bytes("OK\r\n"), ...long, ...bytes("ERROR\r\n"));
	for (const length of [1, 7, 64, stream.length]) expect(itemsOf(stream, [length], false)).toEqual(["OK#2", "ERROR#5"]);
});

test("a hundred thousand malformed lines neither stop the modem nor reach anybody", () => {
	const { clock, wire, messages, online, seen } = rig();
	const { modem } = online();
	const random = new SeededRandom(2);
	const beginnings = [
		"+SMSUB: ",
		"+SMSUB:",
		"+CSQ: ",
		"+CEREG: 0,",
		"+CNACT: 0,",
		"+COPS: ",
		"+CPIN: ",
		"AT",
		"> ",
		'"',
		"+SMSTATE: ",
		"",
	];
	for (let batch = 0; batch < 200; batch++) {
		let lines = "";
		for (let i = 0; i < 500; i++) {
			lines += beginnings[below(random, beginnings.length)];
			for (let length = below(random, 12); length > 0; length--) lines += String.fromCharCode(0x22 + below(random, 90));
			lines += below(random, 3) === 0 ? "\n" : "\r\n";
		}
		wire.far.write(bytes(lines));
		clock.run(1 * s);
	}
	expect(messages).toEqual([]);
	clock.run(120 * s);
	expect(modem.ready).toBe(true);
	expect(["lost", "timeout", undefined]).toContain(seen[0]);
});

test("the example goes online, says so and hears a command", () => {
	const { clock, board, broker, sound } = rig();
	const commands: string[] = [];
	const modem = run(board, (topic, payload) => commands.push(`${topic} ${text(payload)}`));
	clock.run(20 * s);
	expect(broker.published.map(({ topic, payload }) => [topic, text(payload)])).toEqual([
		["devices/fridge-7/status/health", "{}"],
	]);
	broker.session?.onMessage("devices/fridge-7/commands/unlock", bytes("sealed"));
	clock.run(1 * s);
	expect(commands).toEqual(["devices/fridge-7/commands/unlock sealed"]);
	sound();
	modem.close();
});
