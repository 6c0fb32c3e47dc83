/*
	Worldsemi WS2812B ("NeoPixel")
	Chain of RGB LEDs on one wire, driven by an SPI port
	https://cdn-shop.adafruit.com/datasheets/WS2812B.pdf
*/
import type { Connection } from "@visionvend/sdk/device/io/io";
import type { SPI, SPIConstructor, SPIOptions } from "@visionvend/sdk/device/io/spi";

export interface NeoPixelOptions {
	/** `out` goes to DIN of the first LED. `hz` is 2,400,000 where not given; 2,300,000 to 2,600,000 is in tolerance. */
	readonly output: Connection<SPIConstructor> & Required<Pick<SPIOptions, "out">>;
	/** LEDs in the chain, 1 to 256. */
	readonly length: number;
}

export interface NeoPixelConfiguration {
	readonly length: number;
}

/** Three SPI bits make one bit of the LED: 100 is 0 (417 ns high), 110 is 1 (833 ns high). */
const bytesPerPixel = 9;
/** One byte of low first: some SPI ports glitch at the start of a transfer. */
const leadBytes = 1;
/** 333 µs of low at 2.4 MHz after the last LED (307 µs at 2.6): the latch, 280 µs, is in the transfer itself. */
const latchBytes = 100;

/** Chain of LEDs, after ECMA-419's peripheral class pattern. Colours are set in memory; `update` sends them. */
export class NeoPixel {
	readonly #length: number;
	readonly #frame: Uint8Array;
	#output: SPI | undefined;

	/** Leaves the LEDs as they are; they are dark after power-up. */
	constructor(options: NeoPixelOptions) {
		const { output, length } = options;
		if (typeof output?.io !== "function") throw new TypeError('NeoPixel: option "output" is { io: SPI, out }.');
		if (!Number.isInteger(length) || length < 1 || length > 256)
			throw new RangeError(`NeoPixel: length is an integer from 1 to 256, not ${String(length)}.`);
		this.#length = length;
		this.#frame = new Uint8Array(leadBytes + length * bytesPerPixel + latchBytes);
		this.#output = new output.io({ hz: 2_400_000, mode: 0, ...output });
		this.fill(0, 0, 0);
	}

	get length(): number {
		return this.#length;
	}

	/** There is nothing to configure; the method is there because the pattern has it. */
	configure(_options: object): void {
		this.#requireOpen();
	}

	/** Sets LED `index`, 0 being next to the controller. Colours are integers from 0 to 255. */
	setPixel(index: number, red: number, green: number, blue: number): void {
		this.#requireOpen();
		if (!Number.isInteger(index) || index < 0 || index >= this.#length)
			throw new RangeError(`NeoPixel: index is an integer from 0 to ${this.#length - 1}, not ${String(index)}.`);
		checkColor("red", red);
		checkColor("green", green);
		checkColor("blue", blue);
		const at = leadBytes + index * bytesPerPixel;
		// The LEDs take green first (datasheet, "Composition of 24bit data").
		this.#encode(at, green);
		this.#encode(at + 3, red);
		this.#encode(at + 6, blue);
	}

	/** Sets every LED. */
	fill(red: number, green: number, blue: number): void {
		for (let index = 0; index < this.#length; index++) this.setPixel(index, red, green, blue);
	}

	/** Shows the colours. Takes 30 µs an LED and 340 µs more. */
	update(): void {
		this.#requireOpen().write(this.#frame);
	}

	get configuration(): NeoPixelConfiguration {
		return { length: this.#length };
	}

	get identification(): { readonly model: "Worldsemi WS2812B"; readonly classification: "Light" } {
		return { model: "Worldsemi WS2812B", classification: "Light" };
	}

	/** Turns every LED dark, and lets go of the port. */
	close(): void {
		const output = this.#output;
		if (output === undefined) return;
		this.fill(0, 0, 0);
		output.write(this.#frame);
		this.#output = undefined;
		output.close();
	}

	#encode(at: number, color: number): void {
		let coded = 0;
		for (let bit = 7; bit >= 0; bit--) coded = (coded << 3) | (((color >> bit) & 1) === 1 ? 0b110 : 0b100);
		this.#frame[at] = coded >> 16;
		this.#frame[at + 1] = coded >> 8;
		this.#frame[at + 2] = coded;
	}

	#requireOpen(): SPI {
		if (this.#output === undefined) throw new Error("NeoPixel is closed. Make a new instance.");
		return this.#output;
	}
}

function checkColor(name: string, value: number): void {
	if (!Number.isInteger(value) || value < 0 || value > 255)
		throw new RangeError(`NeoPixel: ${name} is an integer from 0 to 255, not ${String(value)}.`);
}
