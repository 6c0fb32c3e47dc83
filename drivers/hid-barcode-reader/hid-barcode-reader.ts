/*
	USB bar code and QR reader, as a HID point of sale scanner or as a keyboard
	HID Usage Tables 1.5, Bar Code Scanner Page (0x8C) and Keyboard/Keypad Page (0x07); HID 1.11, appendix B.1
	Layout of the scanned data report: Access-IS LSR118 product manual, appendix B.1
*/
import type { HID, HIDConstructor } from "@visionvend/sdk/device/io/hid";
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { Timer, TimerHandle } from "@visionvend/sdk/device/io/timer";

/** What the reader makes of itself: a scanner of its own kind, or a keyboard that types what it reads. */
export type BarcodeReaderMode = "pos" | "keyboard";

export interface HIDBarcodeReaderOptions {
	/** `vendorId` and `productId` tell the reader from a person's keyboard; with mode "keyboard" they are needed. */
	readonly reader: Connection<HIDConstructor>;
	readonly timer: Timer;
	/** "pos" where not given. */
	readonly mode?: BarcodeReaderMode;
	/** Silence after which a code that has not ended is given up, 20 to 5,000 ms. 200 where not given. */
	readonly timeoutMs?: number;
	/** There is something new for `sample`. */
	readonly onSample?: (this: HIDBarcodeReader) => void;
}

export interface BarcodeReaderFaults {
	/** The reader is not plugged in. */
	disconnected?: true;
	/** The code has no end: reports were lost, or a person typed. */
	incomplete?: true;
	/** A key or a byte that is no character of US ASCII is left away. */
	unreadable?: true;
	/** Longer than 4,096 characters, and cut off. */
	tooLong?: true;
	/** Nobody fetched codes that came before. */
	overrun?: true;
}

export interface BarcodeReaderSample {
	/** The characters of the code, one for each byte; empty with the fault `disconnected`. */
	text: string;
	/** AIM symbology identifier (ISO/IEC 15424), for example "]E0" for EAN-13 and "]Q1" for QR. Absent from a keyboard. */
	symbology?: string;
	/** Only there when something is wrong: do not sell anything by such a code. */
	faults?: BarcodeReaderFaults;
}

export interface BarcodeReaderConfiguration {
	readonly mode: BarcodeReaderMode;
	readonly timeoutMs: number;
}

/** Scanned data report: id 2, length, three characters of AIM identifier, 56 bytes of data, three more, and the flag. */
const dataReport = 2;
const dataReportBytes = 64;
const dataBytes = 56;
const dataAt = 5;
const continuedAt = 63;

const longestText = 4_096;
/** Codes that wait for `sample`; a person scans no faster than that is fetched. */
const longestQueue = 8;

/** Characters of the US layout for the usages 0x04 to 0x38, without and with shift; usages that type nothing are a NUL. */
const plain = "abcdefghijklmnopqrstuvwxyz1234567890\0\0\0\0 -=[]\\\0;'`,./";
const shifted = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\0\0\0\0 _+{}|\0:"~<>?';
const firstUsage = 0x04;
/** Keypad, usages 0x54 to 0x63. */
const keypad = "/*-+\x001234567890.";
const firstKeypadUsage = 0x54;
const enter = 0x28;
const tab = 0x2b;
const keypadEnter = 0x58;
/** Left and right keys in the byte of modifiers; the rest are Alt and GUI, which make no character of this layout. */
const controlBits = 0x11;
const shiftBits = 0x22;

/** Bar code reader on USB, ECMA-419 sensor class pattern. Codes wait in order until `sample` fetches them. */
export class HIDBarcodeReader {
	readonly #timer: Timer;
	readonly #mode: BarcodeReaderMode;
	readonly #onSample: ((this: HIDBarcodeReader) => void) | undefined;
	#timeoutMs: number;
	#device: HID | undefined;
	readonly #queue: BarcodeReaderSample[] = [];
	#text = "";
	#symbology = "";
	#faults: BarcodeReaderFaults = {};
	/** Something of a code has come. */
	#isOpen = false;
	/** Keys that are down. */
	#down: readonly number[] = [];
	#silence: TimerHandle | undefined;

	constructor(options: HIDBarcodeReaderOptions) {
		const { reader, timer, mode = "pos", timeoutMs = 200, onSample } = options;
		if (typeof reader?.io !== "function")
			throw new TypeError('HIDBarcodeReader: option "reader" is { io: HID, vendorId, productId }.');
		if (typeof timer?.set !== "function") throw new TypeError('HIDBarcodeReader: option "timer" is a Timer.');
		if (mode !== "pos" && mode !== "keyboard")
			throw new RangeError(`HIDBarcodeReader: mode is "pos" or "keyboard", not ${String(mode)}.`);
		if (mode === "keyboard" && (reader.vendorId === undefined || reader.productId === undefined))
			throw new TypeError(
				"HIDBarcodeReader: with mode “keyboard” name the reader by vendorId and productId: any keyboard would do else.",
			);
		checkTimeout(timeoutMs);
		if (onSample !== undefined && typeof onSample !== "function")
			throw new TypeError('HIDBarcodeReader: option "onSample" is a function.');
		this.#timer = timer;
		this.#mode = mode;
		this.#timeoutMs = timeoutMs;
		this.#onSample = onSample;
		this.#device = new reader.io({
			...(mode === "pos" ? { usagePage: 0x8c } : { usagePage: 0x01, usage: 0x06 }),
			...reader,
			onReport: (report) => {
				if (this.#device === undefined) return;
				if (mode === "pos") this.#scanned(report);
				else this.#typed(report);
			},
			onConnectionChange: (connected) => {
				if (this.#device === undefined) return;
				this.#down = [];
				if (this.#isOpen) this.#giveUp();
				if (!connected) this.#put({ text: "", faults: { disconnected: true } });
			},
		});
	}

	/** Changes what it is given, from the next key or report on. */
	configure(options: { readonly timeoutMs?: number }): void {
		this.#requireOpen();
		const { timeoutMs } = options;
		if (timeoutMs === undefined) return;
		checkTimeout(timeoutMs);
		this.#timeoutMs = timeoutMs;
	}

	/** The oldest code that nobody fetched yet, or `undefined`. */
	sample(): BarcodeReaderSample | undefined {
		this.#requireOpen();
		return this.#queue.shift();
	}

	/** The reader is plugged in. */
	get connected(): boolean {
		return this.#device?.connected === true;
	}

	get configuration(): BarcodeReaderConfiguration {
		return { mode: this.#mode, timeoutMs: this.#timeoutMs };
	}

	get identification(): { readonly model: "HID bar code reader"; readonly classification: "Barcode" } {
		return { model: "HID bar code reader", classification: "Barcode" };
	}

	close(): void {
		this.#stopSilence();
		this.#device?.close();
		this.#device = undefined;
		this.#queue.length = 0;
		this.#clear();
	}

	#scanned(report: Uint8Array): void {
		if (report.length < dataReportBytes || report[0] !== dataReport) return;
		const length = Math.min(report[1] ?? 0, dataBytes);
		let symbology = "";
		for (let at = 2; at < dataAt; at++) symbology += String.fromCharCode(report[at] ?? 0);
		this.#begin();
		this.#symbology = symbology;
		for (let at = dataAt; at < dataAt + length; at++) this.#append(report[at] ?? 0);
		if (((report[continuedAt] ?? 0) & 1) === 0) this.#end();
		else this.#awaitMore();
	}

	#typed(report: Uint8Array): void {
		// Modifiers, a reserved byte, six keys; some readers put a report id in front.
		const start = report.length === 9 ? 1 : 0;
		if (report.length < 8) return;
		const modifiers = report[start] ?? 0;
		const down: number[] = [];
		for (let at = start + 2; at < start + 8; at++) {
			const usage = report[at] ?? 0;
			// 1 to 3 are error codes: too many keys at once, and nothing is known of any.
			if (usage >= 1 && usage <= 3) return;
			if (usage !== 0) down.push(usage);
		}
		const before = this.#down;
		this.#down = down;
		for (const usage of down) {
			// What the key before has ended may have closed the reader.
			if (this.#device !== undefined && !before.includes(usage)) this.#key(usage, modifiers);
		}
	}

	#key(usage: number, modifiers: number): void {
		if (usage === enter || usage === tab || usage === keypadEnter) {
			// An end without a beginning: some readers send carriage return and line feed.
			if (this.#isOpen) this.#end();
			return;
		}
		this.#begin();
		const character =
			usage >= firstKeypadUsage
				? (keypad[usage - firstKeypadUsage] ?? "\0")
				: (((modifiers & shiftBits) !== 0 ? shifted : plain)[usage - firstUsage] ?? "\0");
		const code = character.charCodeAt(0);
		if ((modifiers & ~(shiftBits | controlBits)) !== 0 || code === 0) this.#faults.unreadable = true;
		else if ((modifiers & controlBits) === 0) this.#append(code);
		// Ctrl and "]" is GS, which separates the fields of a GS1 code; "@" to "_" give 0 to 31.
		else if (code >= 0x40) this.#append(code & 0x1f);
		else this.#faults.unreadable = true;
		this.#awaitMore();
	}

	#begin(): void {
		this.#stopSilence();
		this.#isOpen = true;
	}

	#append(code: number): void {
		if (this.#text.length < longestText) this.#text += String.fromCharCode(code);
		else this.#faults.tooLong = true;
	}

	#awaitMore(): void {
		this.#silence = this.#timer.set(() => {
			this.#silence = undefined;
			this.#giveUp();
		}, this.#timeoutMs);
	}

	#giveUp(): void {
		this.#faults.incomplete = true;
		this.#end();
	}

	#end(): void {
		this.#stopSilence();
		const sample: BarcodeReaderSample = { text: this.#text };
		if (this.#symbology !== "") sample.symbology = this.#symbology;
		if (Object.keys(this.#faults).length > 0) sample.faults = this.#faults;
		this.#clear();
		this.#put(sample);
	}

	#put(sample: BarcodeReaderSample): void {
		if (this.#device === undefined) return;
		if (this.#queue.length >= longestQueue) {
			this.#queue.shift();
			const oldest = this.#queue[0];
			if (oldest !== undefined) oldest.faults = { ...oldest.faults, overrun: true };
		}
		this.#queue.push(sample);
		this.#onSample?.call(this);
	}

	#clear(): void {
		this.#text = "";
		this.#symbology = "";
		this.#faults = {};
		this.#isOpen = false;
	}

	#stopSilence(): void {
		if (this.#silence !== undefined) this.#timer.clear(this.#silence);
		this.#silence = undefined;
	}

	#requireOpen(): void {
		if (this.#device === undefined) throw new Error("HIDBarcodeReader is closed. Make a new instance.");
	}
}

function checkTimeout(milliseconds: number): void {
	if (!Number.isInteger(milliseconds) || milliseconds < 20 || milliseconds > 5_000)
		throw new RangeError(`HIDBarcodeReader: timeoutMs is an integer from 20 to 5,000, not ${String(milliseconds)}.`);
}
