import type { I2CTarget } from "../board/i2c-target.ts";

const columns = 128;
const rows = 64;
const pages = rows / 8;

/** Parameters that follow each command byte (SSD1306 datasheet rev 1.1, section 9, table 9-1). */
const parameterCounts: Readonly<Record<number, number>> = Object.freeze({
	32: 1, // memory addressing mode
	33: 2, // column window
	34: 2, // page window
	38: 6, // scroll right
	39: 6, // scroll left
	41: 5, // scroll vertically and right
	42: 5, // scroll vertically and left
	129: 1, // contrast
	141: 1, // charge pump (application note in the datasheet's appendix)
	163: 2, // scroll area
	168: 1, // multiplex ratio
	211: 1, // display offset
	213: 1, // clock
	217: 1, // pre-charge
	218: 1, // COM pins
	219: 1, // VCOMH level
});

type AddressingMode = "horizontal" | "vertical" | "page";

/**
 * Solomon Systech SSD1306, 128×64 OLED controller, on I2C, built from its bytes.
 * https://cdn-shop.adafruit.com/datasheets/SSD1306.pdf
 *
 * The glass is that of the usual 0.96" module: segment 0 at its right edge and COM 0 at its bottom, so that a picture
 * stands upright with the commands 0xA1 and 0xC8. Its memory holds garbage after power-up, as the part's does.
 */
export class SSD1306Chip implements I2CTarget {
	/** Commands that the datasheet does not know or that this model does not follow (scrolling), as they came. */
	readonly unknownCommands: number[] = [];
	/** Called at the end of a transaction that changed what is seen. */
	onFrame: ((pixels: Uint8Array) => void) | undefined;

	readonly #memory = new Uint8Array(columns * pages);
	#on = false;
	#chargePump = false;
	#contrast = 0x7f;
	#isInverted = false;
	#isEntirelyOn = false;
	#mode: AddressingMode = "page";
	#columnStart = 0;
	#columnEnd = columns - 1;
	#pageStart = 0;
	#pageEnd = pages - 1;
	#column = 0;
	#page = 0;
	#startLine = 0;
	#offset = 0;
	#multiplex = rows;
	#isSegmentRemapped = false;
	#isScanReversed = false;

	#expects: "control" | "command" | "data" = "control";
	#onlyOne = false;
	#command = 0;
	#parametersLeft = 0;
	readonly #parameters: number[] = [];
	#pixels: Uint8Array | undefined;
	#isAddressed = false;
	readonly #taps: ((byte: number) => void)[] = [];

	constructor() {
		this.reset();
	}

	/** Power-up: the reset values of the datasheet, section 8.5. */
	reset(): void {
		for (let i = 0; i < this.#memory.length; i++) this.#memory[i] = ((i * 0x9e3779b1) >>> 13) & 0xff;
		this.#on = false;
		this.#chargePump = false;
		this.#contrast = 0x7f;
		this.#isInverted = false;
		this.#isEntirelyOn = false;
		this.#mode = "page";
		this.#columnStart = 0;
		this.#columnEnd = columns - 1;
		this.#pageStart = 0;
		this.#pageEnd = pages - 1;
		this.#column = 0;
		this.#page = 0;
		this.#startLine = 0;
		this.#offset = 0;
		this.#multiplex = rows;
		this.#isSegmentRemapped = false;
		this.#isScanReversed = false;
		this.#parametersLeft = 0;
		this.#pixels = undefined;
	}

	/** The panel glows: display on, and its charge pump makes the panel's voltage. */
	get on(): boolean {
		return this.#on && this.#chargePump;
	}

	/** 0 to 255. */
	get contrast(): number {
		return this.#contrast;
	}

	get inverted(): boolean {
		return this.#isInverted;
	}

	/** What a person sees: 128×64 values of 0 or 1, row by row from the top left. */
	get pixels(): Uint8Array {
		this.#pixels ??= this.#render();
		return this.#pixels;
	}

	/** Shows every byte that is written to the part, control bytes included. */
	tap(listener: (byte: number) => void): void {
		this.#taps.push(listener);
	}

	start(read: boolean): boolean {
		this.#isAddressed = true;
		if (!read) this.#expects = "control";
		return true;
	}

	write(byte: number): boolean {
		for (const tap of this.#taps) tap(byte);
		if (this.#expects === "control") {
			// Control byte: Co, D/C#, six zeros (section 8.1.5.2).
			if ((byte & 0x3f) !== 0) this.unknownCommands.push(byte);
			this.#onlyOne = (byte & 0x80) !== 0;
			this.#expects = (byte & 0x40) !== 0 ? "data" : "command";
			return true;
		}
		if (this.#expects === "data") this.#store(byte);
		else this.#take(byte);
		if (this.#onlyOne) this.#expects = "control";
		return true;
	}

	/** The status register: bit 6 is set while the display is off (table 9-2). */
	read(): number {
		return this.#on ? 0x00 : 0x40;
	}

	stop(): void {
		if (!this.#isAddressed) return;
		this.#isAddressed = false;
		if (this.#pixels === undefined && this.onFrame !== undefined) this.onFrame(this.pixels);
	}

	#store(byte: number): void {
		this.#memory[this.#page * columns + this.#column] = byte;
		this.#pixels = undefined;
		if (this.#mode === "page") {
			this.#column = (this.#column + 1) % columns;
		} else if (this.#mode === "horizontal") {
			if (!this.#nextColumn()) this.#nextPage();
		} else if (!this.#nextPage()) this.#nextColumn();
	}

	/** False when it wrapped around. */
	#nextColumn(): boolean {
		const wraps = this.#column === this.#columnEnd;
		this.#column = wraps ? this.#columnStart : (this.#column + 1) % columns;
		return !wraps;
	}

	#nextPage(): boolean {
		const wraps = this.#page === this.#pageEnd;
		this.#page = wraps ? this.#pageStart : (this.#page + 1) % pages;
		return !wraps;
	}

	#take(byte: number): void {
		if (this.#parametersLeft > 0) {
			this.#parameters.push(byte);
			this.#parametersLeft--;
		} else {
			this.#command = byte;
			this.#parameters.length = 0;
			this.#parametersLeft = parameterCounts[byte] ?? 0;
		}
		if (this.#parametersLeft === 0) this.#execute(this.#command, this.#parameters[0] ?? 0, this.#parameters[1] ?? 0);
	}

	#execute(command: number, first: number, second: number): void {
		this.#pixels = undefined;
		if (command <= 0x0f) this.#column = (this.#column & 0x70) | command;
		else if (command <= 0x1f) this.#column = ((command & 0x07) << 4) | (this.#column & 0x0f);
		else if (command >= 0x40 && command <= 0x7f) this.#startLine = command & 0x3f;
		else if (command >= 0xb0 && command <= 0xb7) this.#page = command & 0x07;
		else if (command >= 0xc0 && command <= 0xcf) this.#isScanReversed = (command & 0x08) !== 0;
		else this.#executeSingle(command, first, second);
	}

	#executeSingle(command: number, first: number, second: number): void {
		switch (command) {
			case 0x20:
				this.#mode = (["horizontal", "vertical", "page", "page"] as const)[first & 3] ?? "page";
				if ((first & 3) === 3) this.unknownCommands.push(command, first);
				break;
			case 0x21:
				this.#columnStart = first & 0x7f;
				this.#columnEnd = second & 0x7f;
				this.#column = this.#columnStart;
				break;
			case 0x22:
				this.#pageStart = first & 0x07;
				this.#pageEnd = second & 0x07;
				this.#page = this.#pageStart;
				break;
			case 0x81:
				this.#contrast = first;
				break;
			case 0x8d:
				this.#chargePump = (first & 0x04) !== 0;
				break;
			case 0xa0:
			case 0xa1:
				this.#isSegmentRemapped = command === 0xa1;
				break;
			case 0xa4:
			case 0xa5:
				this.#isEntirelyOn = command === 0xa5;
				break;
			case 0xa6:
			case 0xa7:
				this.#isInverted = command === 0xa7;
				break;
			case 0xa8:
				// 0 to 14 are invalid (table 9-1).
				if ((first & 0x3f) < 15) this.unknownCommands.push(command, first);
				else this.#multiplex = (first & 0x3f) + 1;
				break;
			case 0xae:
			case 0xaf:
				this.#on = command === 0xaf;
				break;
			case 0xd3:
				this.#offset = first & 0x3f;
				break;
			case 0xda:
				// This glass has the alternative COM layout without left/right remap; another setting scrambles its rows.
				if (first !== 0x12) this.unknownCommands.push(command, first);
				break;
			case 0x2e: // scrolling off
			case 0xd5:
			case 0xd9:
			case 0xdb:
			case 0xe3: // no operation
				break;
			default:
				this.unknownCommands.push(command, ...this.#parameters);
		}
	}

	#render(): Uint8Array {
		const pixels = new Uint8Array(columns * rows);
		if (!this.on) return pixels;
		for (let y = 0; y < rows; y++) {
			const com = rows - 1 - y; // COM 0 is at the bottom of the glass
			const scanned = this.#isScanReversed ? this.#multiplex - 1 - com : com;
			if (scanned < 0 || scanned >= this.#multiplex) continue;
			const line = (scanned + this.#startLine + this.#offset) % rows;
			for (let x = 0; x < columns; x++) {
				const segment = columns - 1 - x; // segment 0 is at the right
				const column = this.#isSegmentRemapped ? columns - 1 - segment : segment;
				const stored = ((this.#memory[(line >> 3) * columns + column] ?? 0) >> (line & 7)) & 1;
				pixels[y * columns + x] = (this.#isEntirelyOn ? 1 : stored) ^ (this.#isInverted ? 1 : 0);
			}
		}
		return pixels;
	}
}
