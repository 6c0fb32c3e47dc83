import type { SimulationClock } from "../clock.ts";
import type { Driver, Net } from "../net.ts";

const us = 1_000;
const ms = 1_000_000;

// Datasheet, "AC Electrical Characteristics" and "1-Wire Signaling".
const resetLowNs = 480 * us;
const presenceAfterNs = 30 * us; // 15 to 60
const presenceLowNs = 120 * us; // 60 to 240
/** By then the slowest sensor on the bus has ended its presence pulse. */
const presenceOverNs = 300 * us;
const readLowNs = 30 * us; // a 0 is held for 15 to 60 from the beginning of the slot
const writeOneLongestNs = 15 * us;
const writeZeroShortestNs = 60 * us;
const writeZeroLongestNs = 120 * us;
const recoveryNs = 1 * us;
/** Typical; the master has to allow for 750 ms. */
const conversionNs12 = 600 * ms;

/** Datasheet, figure "Memory Map": a part that has just got its power holds 85 °C. */
const powerOnRaw = 0x0550;

type State =
	/** Nothing until the next reset. */
	| "idle"
	| "rom-command"
	| "match-rom"
	| "search-rom"
	| "function-command"
	| "write-scratchpad"
	/** It sends `#bits`. */
	| "sending"
	/** Read slots tell whether the conversion is over. */
	| "converting";

/**
 * Analog Devices (Maxim) DS18B20, digital thermometer on a 1-Wire bus, edge by edge.
 * https://www.analog.com/media/en/technical-documentation/data-sheets/ds18b20.pdf
 *
 * It sees how long the master holds the bus low: a reset, a write 1 or a read slot, a write 0. What is none of these is
 * counted in `timingErrors`. It has a supply of its own; parasite power is not modelled.
 */
export class DS18B20Chip {
	/** ROM code in the order of the wire: family 0x28, 48 bits of serial number, CRC. */
	readonly rom: Uint8Array;
	/** Commands that the model does not know: `0xec`. */
	readonly unknownCommands: string[] = [];
	/** Pulses that are neither a reset nor a slot. */
	timingErrors = 0;
	/** Conversions that were begun. */
	conversions = 0;
	/** While true the CRC of what it sends is wrong. */
	breakCrc = false;
	readonly #clock: SimulationClock;
	readonly #driver: Driver;
	readonly #short: Driver;
	#celsius = 20;
	#raw = powerOnRaw;
	/** Alarm high, alarm low, configuration; the copy is the EEPROM. */
	#settings = [0x4b, 0x46, 0x7f];
	#eeprom = [0x4b, 0x46, 0x7f];
	#isPowered = true;
	#isConnected = true;
	#state: State = "idle";
	#bits: number[] = [];
	#byte = 0;
	#bitCount = 0;
	#received: number[] = [];
	#fellAt = 0;
	#roseAt = Number.NEGATIVE_INFINITY;
	/** Until then the bus carries presence pulses, its own and those of others. */
	#deafUntil = 0;
	#afterSending: "idle" | "function-command" = "idle";
	#flipAfter: number | undefined;
	#cancels: (() => void)[] = [];
	#cancelConversion: (() => void) | undefined;
	/** Search ROM: bit number and what comes in the next slot (0: bit, 1: its complement, 2: the master's choice). */
	#searchBit = 0;
	#searchPart = 0;

	constructor(options: { readonly clock: SimulationClock; readonly bus: Net; readonly serialNumber?: number }) {
		const { clock, bus, serialNumber = 0x316_5e42 } = options;
		if (!Number.isInteger(serialNumber) || serialNumber < 0 || serialNumber >= 2 ** 48)
			throw new RangeError(`DS18B20Chip: serialNumber is an integer of 48 bits, not ${serialNumber}.`);
		this.#clock = clock;
		this.rom = new Uint8Array(8);
		this.rom[0] = 0x28;
		for (let i = 0; i < 6; i++) this.rom[1 + i] = Math.floor(serialNumber / 256 ** i) & 0xff;
		this.rom[7] = crc8(this.rom.subarray(0, 7));
		this.#driver = bus.attach();
		this.#short = bus.attach();
		bus.watch((level) => {
			if (!this.#isPowered || !this.#isConnected) return;
			if (level === 0) this.#fall();
			else this.#rise();
		});
	}

	/** `28ff641e83160349`, as the driver takes it. */
	get romText(): string {
		return [...this.rom].map((byte) => byte.toString(16).padStart(2, "0")).join("");
	}

	get converting(): boolean {
		return this.#cancelConversion !== undefined;
	}

	/** Temperature of the part, °C. A conversion takes the value at its end. */
	setCelsius(value: number): void {
		if (!Number.isFinite(value)) throw new RangeError(`DS18B20Chip: setCelsius takes a number, not ${value}.`);
		this.#celsius = value;
	}

	/** Off: it lets go of the bus and forgets. On: 85 °C, and what the EEPROM says. */
	power(on: boolean): void {
		this.#isPowered = on;
		this.#silence();
		this.#cancelConversion?.();
		this.#cancelConversion = undefined;
		this.#raw = powerOnRaw;
		this.#settings = [...this.#eeprom];
	}

	/** The supply dips: what it held is gone, and it does not tell. */
	brownOut(): void {
		this.power(false);
		this.power(true);
	}

	/** False: the cable is out. Plugged in again, a part with its own supply goes on as it was. */
	setConnected(connected: boolean): void {
		this.#isConnected = connected;
		this.#silence();
	}

	/** True: the bus is shorted to ground, for everybody on it. */
	setShorted(shorted: boolean): void {
		this.#short.drive(shorted ? 0 : "Z");
	}

	/** Flips one bit that it sends: the one `whenNth` from now, 1 is the next. */
	flipBit(whenNth: number): void {
		if (!Number.isInteger(whenNth) || whenNth < 1)
			throw new RangeError(`DS18B20Chip.flipBit: whenNth is an integer, 1 or more, not ${whenNth}.`);
		this.#flipAfter = whenNth;
	}

	#silence(): void {
		for (const cancel of this.#cancels) cancel();
		this.#cancels = [];
		this.#driver.drive("Z");
		this.#state = "idle";
	}

	#pull(afterNs: number, forNs: number): void {
		this.#cancels = [
			this.#clock.after(afterNs, () => this.#driver.drive(0)),
			this.#clock.after(afterNs + forNs, () => this.#driver.drive("Z")),
		];
	}

	#fall(): void {
		const now = this.#clock.now;
		this.#fellAt = now;
		if (now <= this.#deafUntil) return;
		if (now - this.#roseAt < recoveryNs) this.timingErrors++;
		if (this.#nextBit() === 0) this.#pull(0, readLowNs);
	}

	/** What it says in this slot; undefined where it listens. */
	#nextBit(): 0 | 1 | undefined {
		let bit: number | undefined;
		if (this.#state === "sending") bit = this.#bits.shift();
		else if (this.#state === "converting") bit = this.converting ? 0 : 1;
		else if (this.#state === "search-rom" && this.#searchPart < 2)
			bit = this.#romBit(this.#searchBit) ^ this.#searchPart;
		if (bit === undefined) return undefined;
		if (this.#flipAfter !== undefined && --this.#flipAfter === 0) {
			this.#flipAfter = undefined;
			bit ^= 1;
		}
		return bit === 0 ? 0 : 1;
	}

	#rise(): void {
		const now = this.#clock.now;
		const low = now - this.#fellAt;
		this.#roseAt = now;
		if (low >= resetLowNs) {
			this.#silence();
			this.#deafUntil = now + presenceOverNs;
			this.#pull(presenceAfterNs, presenceLowNs);
			this.#expect("rom-command");
			return;
		}
		if (this.#state === "idle" || now <= this.#deafUntil) return;
		if (this.#state === "converting") return;
		if (this.#state === "sending") {
			if (this.#bits.length === 0) this.#expect(this.#afterSending);
			return;
		}
		if (this.#state === "search-rom" && this.#searchPart < 2) {
			this.#searchPart++;
			return;
		}
		const isOne = low <= writeOneLongestNs;
		if (!isOne && (low < writeZeroShortestNs || low > writeZeroLongestNs)) {
			this.timingErrors++;
			this.#state = "idle";
			return;
		}
		this.#take(isOne ? 1 : 0);
	}

	#expect(state: State): void {
		this.#state = state;
		this.#byte = 0;
		this.#bitCount = 0;
		this.#received = [];
	}

	#take(bit: 0 | 1): void {
		if (this.#state === "search-rom") {
			this.#searchPart = 0;
			if (bit !== this.#romBit(this.#searchBit)) this.#state = "idle";
			else if (++this.#searchBit === 64) this.#expect("function-command");
			return;
		}
		this.#byte |= bit << this.#bitCount;
		if (++this.#bitCount < 8) return;
		const byte = this.#byte;
		this.#byte = 0;
		this.#bitCount = 0;
		if (this.#state === "rom-command") this.#romCommand(byte);
		else if (this.#state === "function-command") this.#functionCommand(byte);
		else if (this.#state === "match-rom") {
			this.#received.push(byte);
			if (byte !== this.rom[this.#received.length - 1]) this.#state = "idle";
			else if (this.#received.length === 8) this.#expect("function-command");
		} else if (this.#state === "write-scratchpad") {
			this.#settings[this.#received.length] = this.#received.length === 2 ? (byte & 0x60) | 0x1f : byte;
			this.#received.push(byte);
			if (this.#received.length === 3) this.#state = "idle";
		}
	}

	/** Datasheet, "ROM Commands". */
	#romCommand(command: number): void {
		if (command === 0xcc) this.#expect("function-command");
		else if (command === 0x55) this.#expect("match-rom");
		else if (command === 0x33) this.#send(this.rom, "function-command");
		else if (command === 0xf0) {
			this.#expect("search-rom");
			this.#searchBit = 0;
			this.#searchPart = 0;
		} else this.#unknown(command);
	}

	/** Datasheet, "DS18B20 Function Commands". */
	#functionCommand(command: number): void {
		if (command === 0x44) this.#convert();
		else if (command === 0xbe) this.#send(this.#scratchpad(), "idle");
		else if (command === 0x4e) this.#expect("write-scratchpad");
		else if (command === 0x48) {
			this.#eeprom = [...this.#settings];
			this.#state = "idle";
		} else if (command === 0xb8) {
			this.#settings = [...this.#eeprom];
			this.#state = "idle";
		} else if (command === 0xb4) this.#send(Uint8Array.of(0xff), "idle");
		else this.#unknown(command);
	}

	#unknown(command: number): void {
		this.unknownCommands.push(`0x${command.toString(16).padStart(2, "0")}`);
		this.#state = "idle";
	}

	/** After its last bit it is silent, or listens for a function command. */
	#send(bytes: Uint8Array, afterwards: "idle" | "function-command"): void {
		this.#afterSending = afterwards;
		this.#bits = [];
		bytes.forEach((byte, index) => {
			const sent = this.breakCrc && index === bytes.length - 1 ? byte ^ 0x01 : byte;
			for (let bit = 0; bit < 8; bit++) this.#bits.push((sent >> bit) & 1);
		});
		this.#state = "sending";
	}

	#scratchpad(): Uint8Array {
		const raw = this.#raw & 0xffff;
		const bytes = Uint8Array.of(raw & 0xff, raw >> 8, ...this.#settings, 0xff, 0x0c, 0x10, 0);
		bytes[8] = crc8(bytes.subarray(0, 8));
		return bytes;
	}

	#convert(): void {
		this.conversions++;
		this.#state = "converting";
		this.#cancelConversion?.();
		const unusedBits = 3 - (((this.#settings[2] ?? 0x7f) >> 5) & 3);
		this.#cancelConversion = this.#clock.after(conversionNs12 / 2 ** unusedBits, () => {
			this.#cancelConversion = undefined;
			const clamped = Math.max(-55, Math.min(125, this.#celsius));
			this.#raw = Math.round((clamped * 16) / 2 ** unusedBits) * 2 ** unusedBits;
		});
	}

	#romBit(index: number): number {
		return ((this.rom[index >> 3] ?? 0) >> (index & 7)) & 1;
	}
}

/** Datasheet, "CRC Generation": x⁸ + x⁵ + x⁴ + 1, least significant bit first. */
function crc8(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
	}
	return crc;
}
