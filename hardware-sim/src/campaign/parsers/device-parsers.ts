// This module also runs on the device: plain ES2022, nothing of Node.

import { DS18B20 } from "@visionvend/drivers/ds18b20";
import { HIDBarcodeReader } from "@visionvend/drivers/hid-barcode-reader";
import { HIDScale } from "@visionvend/drivers/hid-scale";
import { SIM7080G } from "@visionvend/drivers/sim7080g";
import { decodeDispenseRecord } from "@visionvend/sdk/device/dispense/dispense-record";
import { type Claims, type EnvelopeKey, open, seal } from "@visionvend/sdk/device/envelope/envelope";
import { decodeFoodRecord } from "@visionvend/sdk/device/food-safety/food-record";
import { decodeCobs } from "@visionvend/sdk/device/link/cobs";
import { decodeFrame, encodeFrame, FrameType } from "@visionvend/sdk/device/link/frame";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { decodeLockRecord } from "@visionvend/sdk/device/lock/lock-record";
import { decodeBinRecord } from "@visionvend/sdk/device/recipe/bin-record";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { FakeHID, FakeThermometer, FakeTimer, FakeWire, withDowCrc } from "./fake-parts.ts";
import { type Noise, spoilt, spoiltText, spoiltValue } from "./noise.ts";
import { sampleBodies } from "./sample-bodies.ts";

/** Something that reads what it is given from outside, with an eye on it. */
export interface ParserSubject {
	readonly name: string;
	/** Makes it anew. `feed` gives it one input and says whether something came of it; whatever it throws is a failure. */
	start(noise: Noise): () => boolean;
}

const topic = "devices/fridge-1/commands/unlock";

function ownKey(): EnvelopeKey {
	const key = new Uint8Array(32);
	for (let index = 0; index < key.length; index++) key[index] = index;
	return { kid: "cloud-controller.1", key };
}

function unlockClaims(noise: Noise): Claims {
	return {
		iss: "cloud",
		aud: "fridge-1/controller",
		jti: `${noise.below(1_000)}`,
		seq: noise.below(1_000),
		topic,
		nonce: "AAAAAAAAAAAAAAAAAAAAAA",
		body: { saleId: "sale-1", counter: noise.below(1_000), windowMs: 10_000, language: "en" },
	};
}

function anyFrame(noise: Noise, from: number, to: number, next = noise.below(4)): Uint8Array {
	const type = noise.pick([
		FrameType.Hello,
		FrameType.Welcome,
		FrameType.Data,
		FrameType.Data,
		FrameType.Acknowledge,
		FrameType.Held,
		FrameType.Query,
	]);
	const message = type === FrameType.Data ? noise.bytes(noise.below(80)) : new Uint8Array(0);
	return encodeFrame({ type, from, to, sequence: next, message });
}

const frames: ParserSubject = {
	name: "frame",
	start: (noise) => () => {
		const wire = spoilt(anyFrame(noise, 1 + noise.below(1_000), noise.below(1_000)), noise);
		decodeCobs(wire);
		// Between delimiters there are none.
		const start = wire[0] === 0 ? 1 : 0;
		const end = wire.indexOf(0, start);
		return decodeFrame(wire.subarray(start, end < 0 ? wire.length : end)) !== undefined;
	},
};

const link: ParserSubject = {
	name: "link",
	start: (noise) => {
		const timer = new FakeTimer();
		let delivered = 0;
		const endpoint = new LinkEndpoint({
			write: () => undefined,
			timer,
			session: 5,
			onMessage: (_message, acknowledge) => {
				delivered++;
				acknowledge();
			},
		});
		return () => {
			const before = delivered;
			if (endpoint.pending < 3) endpoint.send(noise.bytes(noise.below(40)));
			const from = noise.below(50) === 0 ? noise.below(3) : 9;
			const next = noise.below(3) === 0 ? noise.below(4) : delivered & 0xffff;
			const frame = anyFrame(noise, from === 0 ? 9 : from, noise.below(20) === 0 ? 0 : 5, next);
			endpoint.receive(noise.below(2) === 0 ? frame : spoilt(frame, noise));
			if (noise.below(4) === 0) timer.run(1);
			return delivered > before;
		};
	},
};

const linkMessages: ParserSubject = {
	name: "link message",
	start: (noise) => () =>
		decodeLinkMessage(spoilt(encodeLinkMessage(topic, "a.b.c".repeat(1 + noise.below(20))), noise)) !== undefined,
};

const envelopes: ParserSubject = {
	name: "envelope",
	start: (noise) => {
		const own = ownKey();
		return () => {
			const token = seal(own, unlockClaims(noise));
			const given = spoiltText(token, noise);
			const opened = open(own, { iss: "cloud", aud: "fridge-1/controller", topic }, given);
			if (opened.ok && given !== token) throw new Error(`A changed token was opened: ${given}`);
			return opened.ok;
		};
	},
};

const payloads: ParserSubject = {
	name: "sealed payload",
	start: (noise) => {
		const own = ownKey();
		return () => {
			// Sealed with the right key by a partner that errs.
			const claims = spoiltValue(unlockClaims(noise), noise);
			let token: string;
			try {
				token = seal(own, claims as Claims);
			} catch (error) {
				// `seal` refuses what `open` would.
				if (error instanceof RangeError || error instanceof TypeError) return false;
				throw error;
			}
			return open(own, { iss: "cloud", aud: "fridge-1/controller", topic }, token).ok;
		};
	},
};

const validators: ParserSubject = {
	name: "validators",
	start: (noise) => {
		const samples = sampleBodies();
		return () => {
			const { takes, body } = noise.pick(samples);
			const value: unknown = JSON.parse(JSON.stringify(spoiltValue(body, noise)));
			// What is good for one may come on the topic of another.
			noise.pick(samples).takes(value);
			return takes(value);
		};
	},
};

const records: ParserSubject = {
	name: "records in the flash",
	start: (noise) => {
		const lock = '[1,3,7,1,"open",0,0,["sale-1",7,1,0,["ajar"],[[0,1000000,300]]],[[0,1000000,300]],[],4]';
		const dispense = '[1,3,7,1,"delivering",0,0,["sale-1",7,[1],[]],[],4]';
		const texts = [lock, dispense, "[1,2,60000,900000,1]", '[1,[["beans",12],["cups",3]]]'];
		return () => {
			const good = noise.pick(texts);
			const text =
				noise.below(2) === 0
					? spoiltText(good, noise)
					: JSON.stringify(spoiltValue(JSON.parse(good) as unknown, noise));
			const decoded = [
				decodeLockRecord(text),
				decodeDispenseRecord(text),
				decodeFoodRecord(text),
				decodeBinRecord(text),
			];
			return decoded.some((record) => record !== undefined);
		};
	},
};

const texts: ParserSubject = {
	name: "text",
	start: (noise) => () => {
		const bytes = spoilt(encodeUtf8("Grüße, 日本 🍫"), noise);
		const text = decodeUtf8(bytes);
		return decodeBase64url(noise.below(2) === 0 ? text : spoiltText("QUJDRA", noise)) !== undefined;
	},
};

const modem: ParserSubject = {
	name: "modem",
	start: (noise) => {
		const wire = new FakeWire();
		const timer = new FakeTimer();
		let heard = 0;
		const driver = new SIM7080G({ serial: { io: wire.Serial, receive: 18, transmit: 17 }, timer, apn: "iot.example" });
		const count = (): void => {
			heard++;
		};
		const connect = (): void => {
			driver.connect({
				host: "mqtt.example",
				port: 1_883,
				tls: false,
				clientId: "fridge-7",
				user: "fridge-7",
				password: "secret",
				subscriptions: ["devices/fridge-7/commands/#"],
				onConnected: count,
				onMessage: count,
				onAcknowledged: count,
				onEnded: () => {
					heard++;
					timer.set(connect, 1_000);
				},
			});
		};
		connect();
		const lines = [
			"OK",
			"ERROR",
			"> ",
			"+CPIN: READY",
			"+CSQ: 20,99",
			"+CEREG: 0,1",
			"+CEREG: 5",
			'+COPS: 0,0,"Operator",7',
			'+CNACT: 0,1,"10.0.0.7"',
			"+APP PDP: 0,ACTIVE",
			"+APP PDP: 0,DEACTIVE",
			'+SMSUB: "devices/fridge-7/commands/unlock","eyJ.eyJ.abc"',
			"+SMSTATE: 1",
			"+SMSTATE: 0",
			"NORMAL POWER DOWN",
			"+CME ERROR: SIM busy",
			"SMS Ready",
		];
		const answers: Readonly<Record<string, string>> = {
			"AT+CPIN?": "+CPIN: READY",
			"AT+CSQ": "+CSQ: 20,99",
			"AT+CEREG?": "+CEREG: 0,1",
			"AT+COPS?": '+COPS: 0,0,"Operator",7',
			"AT+CNACT?": '+CNACT: 0,1,"10.0.0.7"',
			"AT+SMSTATE?": "+SMSTATE: 1",
		};
		return () => {
			const before = heard;
			// Most of the time it does what it is told, so that there is something to disturb.
			for (let written = wire.written.shift(); written !== undefined; written = wire.written.shift()) {
				const command = decodeUtf8(written).split("\r")[0] ?? "";
				if (noise.below(12) === 0) continue;
				if (command.startsWith("AT+SMPUB=") && noise.below(8) !== 0) wire.say(encodeUtf8("\r\n> "));
				else {
					const line = answers[command];
					wire.say(encodeUtf8(`${line === undefined ? "" : `\r\n${line}\r\n`}\r\nOK\r\n`));
				}
			}
			if (noise.below(4) !== 0) {
				wire.drain();
				timer.run(1);
				return heard > before;
			}
			for (let left = 1 + noise.below(3); left > 0; left--) {
				const line = noise.below(3) === 0 ? noise.pick(lines) : spoiltText(noise.pick(lines), noise);
				wire.say(encodeUtf8(`\r\n${line}\r\n`));
			}
			wire.drain();
			timer.run(noise.below(4));
			driver.sample();
			return heard > before;
		};
	},
};

const thermometer: ParserSubject = {
	name: "thermometer",
	start: (noise) => {
		const wire = new FakeWire();
		const timer = new FakeTimer();
		const driver = new DS18B20({ bus: { io: wire.Serial, receive: 41, transmit: 40 }, timer, periodMs: 1_000 });
		const sensor = new FakeThermometer();
		sensor.answer = (command) => {
			// While it converts it answers 0.
			if (command === 0x44) return new Uint8Array(16);
			const rom = new Uint8Array([0x28, 1, 2, 3, 4, 5, 6, 0]);
			const scratchpad = new Uint8Array([noise.below(256), noise.below(3), 0x56, 0xd6, 0x7f, 0xff, 0, 0x10, 0]);
			const good = withDowCrc(command === 0x33 ? rom : scratchpad);
			return noise.below(3) === 0 ? spoilt(good, noise) : good;
		};
		return () => {
			timer.run(1);
			// A bus repeats what is written on it; what is there beside the sensor pulls it low.
			for (let written = wire.written.shift(); written !== undefined; written = wire.written.shift()) {
				const echo = sensor.echo(written);
				wire.say(noise.below(30) === 0 ? spoilt(echo, noise) : echo);
				wire.drain();
			}
			return driver.sample()?.temperature !== undefined;
		};
	},
};

const barcodeReader: ParserSubject = {
	name: "bar code reader",
	start: (noise) => {
		const usb = new FakeHID();
		const timer = new FakeTimer();
		const mode = noise.pick(["pos", "keyboard"] as const);
		const reader = new HIDBarcodeReader({ reader: { io: usb.HID, vendorId: 1, productId: 2 }, timer, mode });
		return () => {
			usb.report(noise.bytes(noise.below(70)));
			if (noise.below(20) === 0) usb.plug(noise.below(2) === 0);
			timer.run(noise.below(2));
			return reader.sample() !== undefined;
		};
	},
};

const usbScale: ParserSubject = {
	name: "USB scale",
	start: (noise) => {
		const usb = new FakeHID();
		const scale = new HIDScale({ scale: { io: usb.HID } });
		const good = new Uint8Array(6);
		good[0] = 3;
		good[1] = 4;
		good[2] = 2;
		good[4] = 200;
		return () => {
			usb.report(spoilt(good, noise));
			if (noise.below(20) === 0) usb.plug(noise.below(2) === 0);
			return scale.sample() !== undefined;
		};
	},
};

/** Every parser of the device. */
export function parserSubjects(): readonly ParserSubject[] {
	return [
		frames,
		link,
		linkMessages,
		envelopes,
		payloads,
		validators,
		records,
		texts,
		modem,
		thermometer,
		barcodeReader,
		usbScale,
	];
}
