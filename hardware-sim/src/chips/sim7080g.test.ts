import { expect, test } from "vitest";
import { SerialWire } from "../board/serial-wire.ts";
import { SimulationClock } from "../clock.ts";
import { Net } from "../net.ts";
import { MemoryBroker } from "../network/memory-broker.ts";
import { SIM7080GChip } from "./sim7080g.ts";
import { memoryModemBroker } from "./sim7080g-memory-broker.ts";

const ms = 1e6;
const s = 1e9;

function rig(options: { mayEnter?: (user: string, password: string) => boolean } = {}) {
	const clock = new SimulationClock();
	const wire = new SerialWire(clock, 115_200);
	const key = new Net("PWRKEY", clock);
	const broker = new MemoryBroker({ clock });
	const chip = new SIM7080GChip({
		clock,
		wire,
		powerKey: key,
		broker: memoryModemBroker({ clock, broker, ...options }),
	});
	let received = "";
	wire.near.listen({
		baud: 115_200,
		receive: (bytes) => {
			received += String.fromCharCode(...bytes);
		},
	});
	const write = (text: string) => wire.near.write(new TextEncoder().encode(text), 115_200, () => undefined);
	/** What comes back within `runMs`. */
	const say = (text: string, runMs = 500) => {
		received = "";
		write(text);
		clock.run(runMs * ms);
		return received;
	};
	const button = key.attach();
	const press = (durationMs: number) => {
		button.drive(0);
		clock.run(durationMs * ms);
		button.drive("Z");
	};
	/** On, with a bearer, and nothing more. */
	const bearer = () => {
		press(1_100);
		clock.run(8 * s);
		say("ATE0\r");
		say('AT+CNCFG=0,1,"iot"\r');
		expect(say("AT+CNACT=0,1\r", 2_000)).toContain("+APP PDP: 0,ACTIVE");
	};
	const connect = (user = "fridge-7") => {
		for (const setting of ['"URL","mqtt.example",1883', `"CLIENTID","${user}"`, `"USERNAME","${user}"`, '"SUBHEX",1'])
			expect(say(`AT+SMCONF=${setting}\r`)).toContain("OK");
		return say("AT+SMCONN\r", 2_000);
	};
	return { clock, chip, broker, say, write, press, bearer, connect, received: () => received };
}

test("PWRKEY low for a second starts it, for 1.2 s stops it, for 12.6 s restarts it; its UART needs 1.8 s", () => {
	const { clock, chip, say, press } = rig();
	press(900);
	clock.run(5 * s);
	expect(chip.isOn).toBe(false);
	press(1_100);
	expect(chip.isOn).toBe(true);
	expect(say("AT\r", 100)).toBe("");
	clock.run(2 * s);
	expect(say("AT\r")).toBe("AT\r\r\nOK\r\n");
	press(1_100);
	expect(chip.isOn).toBe(true);
	press(1_300);
	expect(chip.isOn).toBe(false);
	press(1_100);
	clock.run(2 * s);
	chip.setSilent(true);
	expect(say("AT\r")).toBe("");
	press(5_000);
	expect(chip.isOn).toBe(true);
	press(13_000);
	clock.run(2 * s);
	expect(say("AT\r")).toContain("OK");
});

test("RDY is said after a restart once the rate is fixed, and not while the modem guesses it", () => {
	const { clock, chip, say, press, received } = rig();
	press(1_100);
	clock.run(10 * s);
	expect(received()).toBe("");
	say("AT+IPR=115200\r");
	say("", 1);
	chip.reboot();
	clock.run(10 * s);
	expect(received()).toBe("\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\nSMS Ready\r\n");
});

test("a command that is not modelled answers ERROR and is recorded by name", () => {
	const { clock, chip, say, press } = rig();
	press(1_100);
	clock.run(5 * s);
	expect(say("AT+CGNSPWR=1\r")).toContain("\r\nERROR\r\n");
	expect(say('AT+SMCONF="TOPIC","will"\r')).toContain("\r\nERROR\r\n");
	expect(chip.unknownCommands).toEqual(["+CGNSPWR=1", '+SMCONF="TOPIC"']);
});

test("an overridden response comes once or always, and the model is back afterwards", () => {
	const { clock, chip, say, press } = rig();
	press(1_100);
	clock.run(8 * s);
	say("ATE0\r");
	chip.overrideResponse("+CSQ", ["+CSQ: 3,99", "OK"], { once: true });
	expect(say("AT+CSQ\r")).toBe("\r\n+CSQ: 3,99\r\n\r\nOK\r\n");
	expect(say("AT+CSQ\r")).toBe("\r\n+CSQ: 20,99\r\n\r\nOK\r\n");
	chip.overrideResponse("+CSQ", []);
	expect(say("AT+CSQ\r")).toBe("");
	expect(say("AT+CSQ\r")).toBe("");
});

test("errors come as ERROR, as numbers or in words", () => {
	const { clock, chip, say, press } = rig();
	chip.setCard("none");
	press(1_100);
	clock.run(8 * s);
	say("ATE0\r");
	expect(say("AT+CPIN?\r")).toBe("\r\nERROR\r\n");
	say("AT+CMEE=1\r");
	expect(say("AT+CPIN?\r")).toBe("\r\n+CME ERROR: 10\r\n");
	say("AT+CMEE=2\r");
	expect(say("AT+CPIN?\r")).toBe("\r\n+CME ERROR: SIM not inserted\r\n");
});

test("three wrong PINs, and the right one is of no use any more", () => {
	const { clock, chip, say, press } = rig();
	chip.setCard("pin", "4711");
	press(1_100);
	clock.run(8 * s);
	for (let i = 0; i < 3; i++) expect(say('AT+CPIN="1111"\r')).toContain("ERROR");
	expect(say('AT+CPIN="4711"\r')).toContain("ERROR");
	expect(chip.pinTriesLeft).toBe(0);
});

test("a message goes out after its prompt, and to the broker as it is", async () => {
	const { clock, broker, say, bearer, connect } = rig();
	bearer();
	expect(connect()).toBe("\r\nOK\r\n");
	const cloud = broker.client("cloud");
	const heard: string[] = [];
	await cloud.subscribe("devices/+/status/#", (topic, payload) => void heard.push(`${topic} ${payload}`));
	expect(say('AT+SMPUB="devices/fridge-7/status/hello",7,1,0\r')).toBe("\r\n> ");
	expect(say("a\rOK\r\nb")).toBe("\r\nOK\r\n");
	clock.run(1 * s);
	expect(heard).toEqual(["devices/fridge-7/status/hello a\rOK\r\nb"]);
});

test("a message for the modem comes as +SMSUB, in hexadecimal when it was asked for", async () => {
	const { clock, broker, say, bearer, connect, received } = rig();
	bearer();
	connect();
	expect(say('AT+SMSUB="devices/fridge-7/commands/#",1\r')).toBe("\r\nOK\r\n");
	say("");
	await broker.client("cloud").publish("devices/fridge-7/commands/unlock", "é\r\n");
	clock.run(1 * s);
	expect(received()).toBe('\r\n+SMSUB: "devices/fridge-7/commands/unlock","C3A90D0A"\r\n');
});

test("the broker dies: +SMSTATE: 0, and no session before it is back", () => {
	const { clock, broker, chip, say, bearer, connect, received } = rig();
	bearer();
	connect();
	say("");
	broker.kill();
	clock.run(1 * s);
	expect(received()).toBe("\r\n+SMSTATE: 0\r\n");
	expect(say("AT+SMCONN\r", 2_000)).toBe("\r\nERROR\r\n");
	broker.restart();
	expect(say("AT+SMCONN\r", 2_000)).toBe("\r\nOK\r\n");
	expect(chip.isConnected).toBe(true);
});

test("a refused login and a topic of somebody else are ERROR, and the latter ends the session", () => {
	const refused = rig({ mayEnter: (_, password) => password === "right" });
	refused.bearer();
	expect(refused.connect()).toBe("\r\nERROR\r\n");
	const { say, bearer, connect } = rig();
	bearer();
	connect();
	say('AT+SMPUB="devices/fridge-8/status/hello",1,1,0\r');
	expect(say("x")).toBe("\r\nERROR\r\n\r\n+SMSTATE: 0\r\n");
});

test("a network that goes takes bearer and session with it", () => {
	const { clock, chip, say, bearer, connect, received } = rig();
	bearer();
	connect();
	say("");
	chip.setCoverage(false);
	clock.run(1 * s);
	expect(received()).toBe("\r\n+APP PDP: 0,DEACTIVE\r\n\r\n+SMSTATE: 0\r\n");
	expect(say("AT+CEREG?\r")).toContain("+CEREG: 0,2");
	expect(say("AT+CNACT=0,1\r")).toContain("ERROR");
});

test("a command that comes while another is worked on is lost", () => {
	const { chip, say, bearer, connect } = rig();
	bearer();
	connect();
	expect(say('AT+SMSUB="devices/fridge-7/x",1\rAT+CSQ\r')).toBe("\r\nOK\r\n");
	expect(chip.lostCommands).toEqual(["+CSQ"]);
});
