/*
	Solomon Systech SSD1306
	128×64 OLED display on I2C, as a screen of eight lines of text
	https://cdn-shop.adafruit.com/datasheets/SSD1306.pdf
*/
import type { I2C, I2CConstructor, I2COptions } from "@visionvend/sdk/device/io/i2c";
import type { Connection } from "@visionvend/sdk/device/io/io";

export interface SSD1306Options {
	/** `address` is 0x3C where not given (0x3D with the module's jumper), `hz` 400,000. */
	readonly display: Connection<I2CConstructor> & Pick<I2COptions, "data" | "clock">;
	/** Pixels, 8 to 128. 128 where not given. */
	readonly width?: number;
	/** Pixels, 64 or 32. 64 where not given. */
	readonly height?: number;
}

export interface SSD1306TextOptions {
	readonly center?: boolean;
	/** Twice the size: two lines high, ten characters on a line of 128 pixels. */
	readonly large?: boolean;
}

export interface SSD1306Configuration {
	readonly contrast: number;
	readonly inverted: boolean;
}

/** Control bytes: what follows is commands, or data for the display's memory (datasheet, 8.1.5.2). */
const commands = 0x00;
const data = 0x40;

/** Columns of a character cell: five of ink and one of space. */
const cellWidth = 6;
const inkWidth = 5;

/**
 * Ink of the characters, drawn for this display: five columns a character, two hexadecimal digits a column, bit 0 at the
 * top. First the printable ASCII characters from the space on, then those of `moreCharacters`. One string, because on
 * a device it takes a byte a digit, and an array of numbers sixteen.
 */
const ink =
	"000000000000005F00000007000700147F147F14" +
	"242A7F2A12631308646336495522500004030000" +
	"001C2241000041221C0014083E081408083E0808" +
	"0040301000080808080800606000006010080403" +
	"3E5149453E00427F400062514949462241494936" +
	"1814127F1027454545393C4A4949300161190503" +
	"3649494936064949291E00363600000056360000" +
	"0814224100141414141400412214080201510906" +
	"3E415D554E7E0909097E7F494949363E41414122" +
	"7F4141413E7F494949417F090909013E4149497A" +
	"7F0808087F00417F41002040413F017F08142241" +
	"7F404040407F020C027F7F0608307F3E4141413E" +
	"7F090909063E4151215E7F091929464649494931" +
	"01017F01013F4040403F0F3040300F7F2018207F" +
	"631408146303047804036151494543007F414100" +
	"03040810600041417F0004020102044040404040" +
	"000102040020545454787F444444383844444444" +
	"384444447F3854545418087E09010218A4A4A47C" +
	"7F0804047800447D40004080847D007F10284400" +
	"00417F40007C047804787C080404783844444438" +
	"FC2424241818242424FC7C080404084854545424" +
	"043F4440203C4040207C1C2040201C3C4030403C" +
	"44281028441CA0A0A07C4464544C440008364141" +
	"00007F00004141360800180408100C7A110B0A71" +
	"2054565578385456551800487A41003844464538" +
	"3C4042217C3C4140217C304845402000007D0000" +
	"143E55412222140814224000400040";

const firstCharacter = 0x20;
const lastCharacter = 0x7e;
/** Characters beyond ASCII: those that the screens in English and Spanish need. */
const moreCharacters = "ñáéíóúü¿¡€×…";

/** Names of goods come in any language: these have no picture of their own, and show as the character below them. */
const withoutPicture = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàâãäåçèêëìîïòôõöøùûýÿ‘’“”–—\u00a0";
const standIns = "AAAAAACEEEEIIIINOOOOOOUUUUYaaaaaceeeiiiooooouuyy''\"\"-- ";

/** Text display, after ECMA-419's peripheral class pattern. Text is drawn in memory; `show` sends what has changed. */
export class SSD1306 {
	readonly #width: number;
	/** A page is eight rows. Each has one byte in front, the control byte, so that it is sent as it is. */
	readonly #pages: Uint8Array[] = [];
	readonly #window: Uint8Array;
	/** Bit n: page n differs from what the display shows. */
	#changed = 0;
	/** The display has lost its settings, or never had them. */
	#needsSetup = true;
	#contrast = 0xcf;
	#inverted = false;
	#display: I2C | undefined;

	/** Sets the display up and clears it: it answers here or the constructor throws. */
	constructor(options: SSD1306Options) {
		const { display, width = 128, height = 64 } = options;
		if (typeof display?.io !== "function")
			throw new TypeError('SSD1306: option "display" is { io: I2C, data, clock }.');
		if (!Number.isInteger(width) || width < 8 || width > 128)
			throw new RangeError(`SSD1306: width is an integer from 8 to 128, not ${String(width)}.`);
		if (height !== 64 && height !== 32) throw new RangeError(`SSD1306: height is 64 or 32, not ${String(height)}.`);
		this.#width = width;
		for (let page = 0; page < height / 8; page++) {
			const bytes = new Uint8Array(1 + width);
			bytes[0] = data;
			this.#pages.push(bytes);
		}
		this.#window = Uint8Array.of(commands, 0x21, 0, width - 1, 0x22, 0, 0);
		this.#display = new display.io({ hz: 400_000, address: 0x3c, ...display });
		try {
			this.show();
		} catch (error) {
			this.#display.close();
			this.#display = undefined;
			throw error;
		}
	}

	/** Changes what it is given, at once: `contrast` 0 to 255, `inverted` dark on light. */
	configure(options: { readonly contrast?: number; readonly inverted?: boolean }): void {
		const display = this.#requireOpen();
		const { contrast = this.#contrast, inverted = this.#inverted } = options;
		if (!Number.isInteger(contrast) || contrast < 0 || contrast > 255)
			throw new RangeError(`SSD1306: contrast is an integer from 0 to 255, not ${String(contrast)}.`);
		if (typeof inverted !== "boolean") throw new TypeError("SSD1306: inverted is true or false.");
		this.#contrast = contrast;
		this.#inverted = inverted;
		this.#needsSetup = true;
		display.write(Uint8Array.of(commands, 0x81, contrast, inverted ? 0xa7 : 0xa6));
		this.#needsSetup = false;
	}

	/** Columns of ordinary text on a line. */
	get columns(): number {
		return Math.floor((this.#width + 1) / cellWidth);
	}

	get lines(): number {
		return this.#pages.length;
	}

	/** Empties the picture. */
	clear(): void {
		this.#requireOpen();
		for (let page = 0; page < this.#pages.length; page++) this.#wipe(page, 1, 1 + this.#width);
	}

	/**
	 * Writes `text` on a line (0 is the top) in place of what was there; large text takes the next line too. What does
	 * not fit is cut off, and a character without a picture shows as a box.
	 */
	text(line: number, text: string, options?: SSD1306TextOptions): void {
		this.#requireOpen();
		const scale = options?.large === true ? 2 : 1;
		if (!Number.isInteger(line) || line < 0 || line + scale > this.#pages.length)
			throw new RangeError(`SSD1306: line is an integer from 0 to ${this.#pages.length - scale}, not ${String(line)}.`);
		const inkColumns = Math.max(0, text.length * cellWidth - 1) * scale;
		const left = options?.center === true ? Math.max(0, (this.#width - inkColumns) >> 1) : 0;
		for (let half = 0; half < scale; half++) {
			const page = line + half;
			this.#wipe(page, 1, 1 + left);
			let column = 1 + left;
			for (let i = 0; i < text.length; i++) {
				const glyph = glyphOf(text.charCodeAt(i));
				for (let x = 0; x < cellWidth; x++) {
					let bits = x === inkWidth ? 0 : columnOf(glyph, x);
					if (scale === 2) bits = doubled(half === 0 ? bits & 0x0f : bits >> 4);
					for (let copy = 0; copy < scale && column <= this.#width; copy++) this.#set(page, column++, bits);
				}
			}
			this.#wipe(page, column, 1 + this.#width);
		}
	}

	/**
	 * Sends the pages that have changed. When the display does not take them this throws, and the next call sets it up
	 * anew and sends everything: a display that lost its power comes back.
	 */
	show(): void {
		const display = this.#requireOpen();
		const needsSetup = this.#needsSetup;
		if (needsSetup) {
			this.#changed = (1 << this.#pages.length) - 1;
			display.write(setupCommands(this.#pages.length, this.#contrast, this.#inverted));
		}
		this.#needsSetup = true; // until all of it has arrived
		for (let page = 0; page < this.#pages.length; page++) {
			const bytes = this.#pages[page];
			if (bytes === undefined || ((this.#changed >> page) & 1) === 0) continue;
			this.#window[5] = page;
			this.#window[6] = page;
			display.write(this.#window);
			display.write(bytes);
			this.#changed &= ~(1 << page);
		}
		// The display goes on after its memory was filled: nobody sees the garbage of its power-up.
		if (needsSetup) display.write(Uint8Array.of(commands, 0xaf));
		this.#needsSetup = false;
	}

	get configuration(): SSD1306Configuration {
		return { contrast: this.#contrast, inverted: this.#inverted };
	}

	get identification(): { readonly model: "Solomon Systech SSD1306"; readonly classification: "Display" } {
		return { model: "Solomon Systech SSD1306", classification: "Display" };
	}

	/** Turns the display dark if it still answers, and lets go of the bus. */
	close(): void {
		const display = this.#display;
		if (display === undefined) return;
		this.#display = undefined;
		try {
			display.write(Uint8Array.of(commands, 0xae));
		} catch {
			// It does not answer, so there is nothing left to turn dark.
		}
		display.close();
	}

	/** Columns count from 1: byte 0 of a page is its control byte. */
	#wipe(page: number, from: number, to: number): void {
		for (let column = from; column < to; column++) this.#set(page, column, 0);
	}

	#set(page: number, column: number, bits: number): void {
		const bytes = this.#pages[page];
		if (bytes === undefined || bytes[column] === bits) return;
		bytes[column] = bits;
		this.#changed |= 1 << page;
	}

	#requireOpen(): I2C {
		if (this.#display === undefined) throw new Error("SSD1306 is closed. Make a new instance.");
		return this.#display;
	}
}

/** The sequence of the datasheet's application note (page 64), with the display still off. */
function setupCommands(pages: number, contrast: number, inverted: boolean): Uint8Array {
	// biome-ignore format: a command and its parameters stay on one line
	return Uint8Array.of(
		commands,
		0xae,                            // display off
		0xa8, pages * 8 - 1,             // multiplex ratio
		0xd3, 0x00,                      // display offset
		0x40,                            // start line 0
		0xa1,                            // segment 0 is column 127: the module's glass is mounted upside down
		0xc8,                            // COMs scan from the last one, for the same reason
		0xda, pages === 8 ? 0x12 : 0x02, // COM pins: alternative layout for 64 rows, sequential for 32
		0x81, contrast,
		0xa4,                            // show the memory
		inverted ? 0xa7 : 0xa6,
		0xd5, 0x80,                      // clock: reset value
		0xd9, 0xf1,                      // pre-charge for a panel fed by the charge pump
		0xdb, 0x40,                      // VCOMH level
		0x8d, 0x14,                      // charge pump on
		0x20, 0x00,                      // horizontal addressing
		0x2e,                            // no scrolling
	);
}

/** Index of a character's picture, or -1. */
function glyphOf(code: number): number {
	if (code >= firstCharacter && code <= lastCharacter) return code - firstCharacter;
	const character = String.fromCharCode(code);
	const more = moreCharacters.indexOf(character);
	if (more >= 0) return lastCharacter - firstCharacter + 1 + more;
	const standIn = withoutPicture.indexOf(character);
	return standIn < 0 ? -1 : standIns.charCodeAt(standIn) - firstCharacter;
}

function columnOf(glyph: number, column: number): number {
	if (glyph < 0) return column === 0 || column === inkWidth - 1 ? 0x7f : 0x41;
	const at = (glyph * inkWidth + column) * 2;
	return (digitOf(ink.charCodeAt(at)) << 4) | digitOf(ink.charCodeAt(at + 1));
}

function digitOf(code: number): number {
	return code <= 0x39 ? code - 0x30 : code - 0x41 + 10;
}

/** Four pixels, each drawn twice. */
function doubled(bits: number): number {
	return ((bits & 1) | ((bits & 2) << 1) | ((bits & 4) << 2) | ((bits & 8) << 3)) * 3;
}
