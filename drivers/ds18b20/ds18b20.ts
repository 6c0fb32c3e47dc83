/*
	Analog Devices (Maxim) DS18B20
	Digital thermometer on a 1-Wire bus, here behind a UART
	https://www.analog.com/media/en/technical-documentation/data-sheets/ds18b20.pdf
	Bit slots from UART bytes: Analog Devices, application note 214, "Using a UART to Implement a 1-Wire Bus Master"
*/
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Serial, SerialConstructor, SerialOptions } from "@visionvend/sdk/device/io/serial";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

/** A reset is a byte of this rate: 0xF0 is low for 521 µs, and leaves 521 µs to the presence pulse. */
const resetBaud = 9_600;
const resetByte = 0xf0;
/** A slot is a byte of this rate: 0xFF is low for 9 µs (write 1, read), 0x00 for 78 µs (write 0). */
const slotBaud = 115_200;
/** Slots that are written at a time: an ESP32-S3 queues 128 bytes. */
const slotsAtOnce = 64;
/** Echoes that are not there by then do not come: 64 slots take 6 ms, a reset 1 ms. */
const echoTimeoutMs = 100;
/** By then what was written is out and the bus is at rest: 64 slots take 6 ms, a reset with its presence pulse 1 ms. */
const slotsOutMs = 10;
/** What is tried again after a failure, sooner than the next period. */
const retryMs = 1_000;

const SKIP_ROM = 0xcc;
const MATCH_ROM = 0x55;
const READ_ROM = 0x33;
const WRITE_SCRATCHPAD = 0x4e;
const CONVERT_T = 0x44;
const READ_SCRATCHPAD = 0xbe;

const familyCode = 0x28;
/**
 * The alarm registers are not used for alarms: they hold this mark. A part that lost its power has what its EEPROM says
 * there instead, and 85 °C in its temperature register, which is then no temperature.
 */
const markHigh = 0x56;
const markLow = 0xd6;

export type DS18B20Resolution = 9 | 10 | 11 | 12;

export interface DS18B20Options {
	/** The UART that is the bus: `{ io: Serial, receive: 41, transmit: 40 }`. */
	readonly bus: Connection<SerialConstructor> & Pick<SerialOptions, "receive" | "transmit">;
	readonly timer: Timer;
	/** Which sensor of several on the bus: 16 hexadecimal digits in the order of the wire, `28…`. Without it: the only one. */
	readonly rom?: string;
	/** Bits, 9 to 12. 12 (0.0625 °C) where not given. */
	readonly resolution?: DS18B20Resolution;
	/** From reading to reading, 1,000 to 60,000 ms. 5,000 where not given. */
	readonly periodMs?: number;
	/** Failed readings in a row until `faults` tell, 1 to 10. 3 where not given. */
	readonly failures?: number;
	/** After every reading and every failure. */
	readonly onSample?: (this: DS18B20) => void;
}

export interface DS18B20Faults {
	/** What came was disturbed: a wrong CRC, a slot that was not what was sent, or a part that lost its power meanwhile. */
	crc?: true;
	/** Nobody answered the reset. */
	absent?: true;
	/** The bus stays low: shorted to ground, or the UART does not hear itself. */
	shorted?: true;
	/** Somebody answers, but it is no DS18B20, or a sensor on parasite power. */
	unexpected?: true;
	/** The UART cannot be opened, or does not take bytes: something else holds its pins. */
	unavailable?: true;
}

export interface DS18B20Sample {
	/** °C, -55 to 125. Only there without faults. */
	temperature?: number;
	/** Only there when the last readings failed. */
	faults?: DS18B20Faults;
}

export interface DS18B20Configuration {
	readonly rom?: string;
	readonly resolution: DS18B20Resolution;
	readonly periodMs: number;
	readonly failures: number;
}

/** `identify` asks the only sensor on the bus for its ROM code, `mark` sets it up, `convert` and `read` are a reading. */
type Job = "identify" | "mark" | "convert" | "read";

/**
 * Thermometer, ECMA-419 Temperature class. It reads by itself every `periodMs`; `sample` tells the latest.
 *
 * A reading is two transactions with the conversion between them, and each transaction is a reset at 9,600 baud and then
 * slots at 115,200 baud, for which the UART is opened anew. Every echo moves it on; a timer ends what stays silent.
 */
export class DS18B20 {
	readonly #bus: DS18B20Options["bus"];
	readonly #timer: Timer;
	readonly #onSample: ((this: DS18B20) => void) | undefined;
	#configuration: DS18B20Configuration;
	#isClosed = false;
	#serial: Serial | undefined;
	#wait: TimerHandle | undefined;

	#job: Job = "identify";
	#isReset = false;
	/** The slots of the transaction, a UART byte each, and how many were written and came back. */
	#slots: Uint8Array | undefined;
	#written = 0;
	#echoed = 0;

	/** ROM code of the sensor that answered. */
	#rom: string | undefined;
	#isMarked = false;
	#temperature: number | undefined;
	#failed = 0;
	#fault: keyof DS18B20Faults | undefined;

	constructor(options: DS18B20Options) {
		const { bus, timer, onSample } = options;
		if (typeof bus?.io !== "function")
			throw new TypeError('DS18B20: option "bus" is { io: Serial, receive, transmit }.');
		if (typeof timer?.set !== "function") throw new TypeError('DS18B20: option "timer" is a Timer.');
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('DS18B20: option "onSample" is a function.');
		this.#configuration = configurationFrom(options, { resolution: 12, periodMs: 5_000, failures: 3 });
		this.#bus = { ...bus };
		this.#timer = timer;
		this.#onSample = onSample;
		this.#open(resetBaud);
		try {
			this.#rest(0);
		} catch (error) {
			this.close();
			throw error;
		}
	}

	/** Changes what it is given, from the next reading on. Another `rom` forgets the reading of the one before. */
	configure(options: Partial<DS18B20Configuration>): void {
		this.#requireOpen();
		const before = this.#configuration;
		this.#configuration = configurationFrom(options, before);
		const { rom, resolution } = this.#configuration;
		if (resolution === before.resolution && rom === before.rom) return;
		this.#isMarked = false;
		if (rom !== before.rom) {
			this.#rom = undefined;
			this.#temperature = undefined;
			this.#fault = undefined;
			this.#failed = 0;
		}
		// A reading that runs is given up: its sensor, or the bits of it, are not what is wanted now.
		this.#rest(slotsOutMs);
	}

	/** The latest reading, or what is wrong; `undefined` before the first. Looking at it does not use it up. */
	sample(): DS18B20Sample | undefined {
		this.#requireOpen();
		if (this.#fault !== undefined) return { faults: { [this.#fault]: true } };
		return this.#temperature === undefined ? undefined : { temperature: this.#temperature };
	}

	/** ROM code of the sensor, 16 hexadecimal digits in the order of the wire, once it has told it. */
	get rom(): string | undefined {
		return this.#configuration.rom ?? this.#rom;
	}

	get configuration(): DS18B20Configuration {
		return { ...this.#configuration };
	}

	get identification(): { readonly model: "Analog Devices DS18B20"; readonly classification: "Temperature" } {
		return { model: "Analog Devices DS18B20", classification: "Temperature" };
	}

	close(): void {
		this.#isClosed = true;
		this.#clearWait();
		const serial = this.#serial;
		this.#serial = undefined;
		serial?.close();
	}

	#begin(): void {
		if (this.#configuration.rom === undefined && this.#rom === undefined) this.#start("identify");
		else this.#start(this.#isMarked ? "convert" : "mark");
	}

	/** Every transaction begins with a reset. */
	#start(job: Job): void {
		this.#job = job;
		this.#isReset = true;
		this.#echoed = 0;
		try {
			this.#open(resetBaud);
			this.#expectEcho();
			this.#serial?.write(Uint8Array.of(resetByte));
		} catch {
			this.#fail("unavailable");
		}
	}

	#open(baud: number): void {
		this.#serial?.close();
		this.#serial = undefined;
		const { io } = this.#bus;
		this.#serial = new io({ ...this.#bus, baud, format: "buffer", onReadable: () => this.#hear() });
	}

	#expectEcho(): void {
		this.#clearWait();
		this.#wait = this.#timer.set(() => {
			this.#wait = undefined;
			this.#fail("shorted");
		}, echoTimeoutMs);
	}

	#hear(): void {
		const buffer = this.#serial?.read();
		// Noise between transactions, and the presence pulse of a sensor that is plugged in.
		if (buffer === undefined || (!this.#isReset && this.#slots === undefined)) return;
		const echo = new Uint8Array(buffer);
		if (this.#isReset) this.#hearPresence(echo[0] ?? 0);
		else this.#hearSlots(echo);
	}

	#hearPresence(echo: number): void {
		this.#isReset = false;
		if (echo === resetByte) {
			this.#fail("absent");
			return;
		}
		if (echo === 0) {
			this.#fail("shorted");
			return;
		}
		// The low half is the reset itself; a sensor has pulled some of the high half low.
		if ((echo & 0x0f) !== 0) {
			this.#fail("crc");
			return;
		}
		this.#slots = this.#slotsOf(this.#job);
		this.#written = 0;
		this.#echoed = 0;
		try {
			this.#open(slotBaud);
			this.#writeSlots();
		} catch {
			this.#fail("unavailable");
		}
	}

	#writeSlots(): void {
		const slots = this.#slots;
		if (slots === undefined) return;
		this.#expectEcho();
		const part = slots.slice(this.#written, this.#written + slotsAtOnce);
		this.#written += part.length;
		this.#serial?.write(part);
	}

	/** The echo takes the place of what was written: 0xFF came back whole where nobody pulled the bus low. */
	#hearSlots(echo: Uint8Array): void {
		const slots = this.#slots;
		if (slots === undefined) return;
		for (const byte of echo) {
			if (this.#echoed >= this.#written) break; // nobody asked
			slots[this.#echoed] = byte;
			this.#echoed++;
		}
		if (this.#echoed < this.#written) return;
		if (this.#echoed < slots.length) {
			this.#writeSlots();
			return;
		}
		this.#clearWait();
		this.#slots = undefined;
		// A slot that was disturbed on its way out needs no look: the status, the mark or the CRC will tell.
		this.#finish(this.#job, bytesOf(slots));
	}

	#finish(job: Job, answer: Uint8Array): void {
		if (job === "read") this.#finishReading(answer.subarray(answer.length - 9));
		else if (job === "mark") {
			this.#isMarked = true;
			this.#start("convert");
		} else if (job === "identify") {
			const rom = answer.subarray(1);
			if (crc8(rom) !== 0) this.#fail("crc");
			else if (rom[0] !== familyCode) this.#fail("unexpected");
			else {
				this.#rom = hexadecimal(rom);
				this.#start("mark");
			}
		} else if (answer[answer.length - 1] === 0xff) {
			// The part answers 0 while it converts. 1 is nobody, or one on parasite power, which cannot answer meanwhile.
			this.#fail(this.#configuration.rom === undefined ? "unexpected" : "absent");
		} else if (answer[answer.length - 1] !== 0) {
			this.#fail("crc");
		} else {
			this.#wait = this.#timer.set(() => {
				this.#wait = undefined;
				this.#start("read");
			}, conversionMs(this.#configuration.resolution));
		}
	}

	/** `scratchpad`: temperature (2), alarm high, alarm low, configuration, 3 reserved, CRC (datasheet, "Memory"). */
	#finishReading(scratchpad: Uint8Array): void {
		const [low = 0, high = 0, alarmHigh, alarmLow, configuration] = scratchpad;
		if (crc8(scratchpad) !== 0) {
			this.#fail("crc");
			return;
		}
		const { resolution } = this.#configuration;
		if (alarmHigh !== markHigh || alarmLow !== markLow || configuration !== configurationByte(resolution)) {
			// It lost its power since it was marked, and with it the conversion: what it says is 85 °C.
			this.#isMarked = false;
			this.#fail("crc");
			return;
		}
		const sixteenths = ((((high << 8) | low) << 16) >> 16) & (-1 << (12 - resolution));
		if (sixteenths < -55 * 16 || sixteenths > 125 * 16) {
			this.#fail("crc");
			return;
		}
		this.#temperature = sixteenths / 16;
		this.#failed = 0;
		this.#fault = undefined;
		this.#rest(Math.max(0, this.#configuration.periodMs - conversionMs(resolution)));
		this.#onSample?.();
	}

	#fail(fault: keyof DS18B20Faults): void {
		this.#slots = undefined;
		this.#isReset = false;
		this.#failed++;
		if (this.#failed >= this.#configuration.failures) {
			this.#fault = fault;
			// Whoever answers next may be another sensor.
			this.#rom = undefined;
			this.#isMarked = false;
		}
		this.#rest(Math.min(retryMs, this.#configuration.periodMs));
		this.#onSample?.();
	}

	#rest(milliseconds: number): void {
		this.#clearWait();
		this.#slots = undefined;
		this.#isReset = false;
		this.#wait = this.#timer.set(() => {
			this.#wait = undefined;
			this.#begin();
		}, milliseconds);
	}

	#clearWait(): void {
		if (this.#wait !== undefined) this.#timer.clear(this.#wait);
		this.#wait = undefined;
	}

	/** The slots of a transaction, a UART byte each, least significant bit first. Slots to read with are ones. */
	#slotsOf(job: Job): Uint8Array {
		const { resolution } = this.#configuration;
		const bytes = job === "identify" ? [READ_ROM, ...ones(8)] : this.#select();
		if (job === "mark") bytes.push(WRITE_SCRATCHPAD, markHigh, markLow, configurationByte(resolution));
		else if (job === "convert") bytes.push(CONVERT_T, 0xff);
		else if (job === "read") bytes.push(READ_SCRATCHPAD, ...ones(9));
		const slots = new Uint8Array(bytes.length * 8);
		for (let i = 0; i < slots.length; i++) slots[i] = (((bytes[i >> 3] ?? 0) >> (i & 7)) & 1) === 1 ? 0xff : 0;
		return slots;
	}

	#select(): number[] {
		const { rom } = this.#configuration;
		if (rom === undefined) return [SKIP_ROM];
		const bytes = [MATCH_ROM];
		for (let i = 0; i < 16; i += 2) bytes.push(Number.parseInt(rom.slice(i, i + 2), 16));
		return bytes;
	}

	#requireOpen(): void {
		if (this.#isClosed) throw new Error("DS18B20 is closed. Make a new instance.");
	}
}

function ones(count: number): number[] {
	return new Array(count).fill(0xff);
}

/** A slot is 1 when its UART byte came back whole. */
function bytesOf(slots: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(slots.length >> 3);
	for (let i = 0; i < slots.length; i++) if (slots[i] === 0xff) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
	return bytes;
}

/** Datasheet, "CRC Generation": x⁸ + x⁵ + x⁴ + 1, least significant bit first. 0 over data with its CRC behind it. */
function crc8(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
	}
	return crc;
}

/** Datasheet, table 2: at most 93.75, 187.5, 375, 750 ms. A tenth more, for clocks that are off. */
function conversionMs(resolution: DS18B20Resolution): number {
	return Math.ceil((750 / 2 ** (12 - resolution)) * 1.1);
}

/** Datasheet, "Configuration Register": R1 and R0 are bits 6 and 5, the others are fixed. */
function configurationByte(resolution: DS18B20Resolution): number {
	return ((resolution - 9) << 5) | 0x1f;
}

function hexadecimal(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
	return text;
}

function configurationFrom(given: Partial<DS18B20Configuration>, before: DS18B20Configuration): DS18B20Configuration {
	const resolution = given.resolution ?? before.resolution;
	if (resolution !== 9 && resolution !== 10 && resolution !== 11 && resolution !== 12)
		throw new RangeError(`DS18B20: resolution is 9, 10, 11 or 12, not ${String(resolution)}.`);
	const periodMs = inRange("periodMs", given.periodMs ?? before.periodMs, 1_000, 60_000);
	const failures = inRange("failures", given.failures ?? before.failures, 1, 10);
	const rom = given.rom ?? before.rom;
	if (rom === undefined) return { resolution, periodMs, failures };
	return { rom: checkedRom(rom), resolution, periodMs, failures };
}

function checkedRom(rom: unknown): string {
	if (typeof rom !== "string" || !/^[0-9a-f]{16}$/i.test(rom))
		throw new RangeError(`DS18B20: rom is 16 hexadecimal digits in the order of the wire, not ${String(rom)}.`);
	const bytes = new Uint8Array(8);
	for (let i = 0; i < 8; i++) bytes[i] = Number.parseInt(rom.slice(2 * i, 2 * i + 2), 16);
	if (bytes[0] !== familyCode || crc8(bytes) !== 0)
		throw new RangeError(`DS18B20: ${rom} is no ROM code of a DS18B20: it begins with 28 and ends with its CRC.`);
	return rom.toLowerCase();
}

function inRange(name: string, value: number, lowest: number, highest: number): number {
	if (!Number.isInteger(value) || value < lowest || value > highest)
		throw new RangeError(`DS18B20: ${name} is an integer from ${lowest} to ${highest}, not ${String(value)}.`);
	return value;
}
