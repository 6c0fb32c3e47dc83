import type { SeededRandom } from "../random.ts";
import { PowerCut } from "./power-cut.ts";

export const SECTOR_BYTES = 4_096;
export const PAGE_BYTES = 256;

/** One thing that flash does: empty a sector, or clear bits within one page. Nothing smaller can be cut. */
export interface FlashOperation {
	readonly type: "erase" | "program";
	/** Of the first byte that it changes. */
	readonly address: number;
}

export interface NorFlashOptions {
	readonly byteLength: number;
	/** Decides what a cut operation leaves behind. */
	readonly random: SeededRandom;
	/** Asked before each operation: whether the power goes while it is under way. */
	readonly powerFails?: (operation: FlashOperation) => boolean;
	/**
	 * What programming leaves when it is cut. `in-order` (default): the words before some point are complete, one is torn,
	 * the others are untouched. `scattered`: any of the bits may be there and any not; data sheets exclude neither.
	 */
	readonly tearing?: "in-order" | "scattered";
}

/**
 * A serial NOR flash, as ESP32 modules have it (Winbond W25Q128JV data sheet, instructions Page Program 02h and Sector
 * Erase 20h): sectors of 4,096 bytes are erased to 0xFF, programming turns ones into zeros within pages of 256 bytes.
 * Addresses out of the chip, and programming that would have to turn a zero into a one, throw a `RangeError`. Bits that
 * were erased only half read as what they are: they do not flicker.
 */
export class NorFlash {
	readonly byteLength: number;
	readonly #options: NorFlashOptions;
	/** Sectors that are not empty. */
	readonly #sectors = new Map<number, Uint8Array>();
	readonly #wear = new Map<number, number>();
	#operations = 0;

	constructor(options: NorFlashOptions) {
		if (options.byteLength <= 0 || options.byteLength % SECTOR_BYTES !== 0) {
			throw new RangeError(`A flash has whole sectors of ${SECTOR_BYTES} bytes, not ${options.byteLength} bytes.`);
		}
		this.byteLength = options.byteLength;
		this.#options = options;
	}

	/** Erasures and page programs since the chip was made, cut ones included. */
	get operations(): number {
		return this.#operations;
	}

	/** How often the sector around this address was erased. Data sheets promise 100,000 times. */
	wear(address: number): number {
		return this.#wear.get(this.#sectorOf(address, 1)) ?? 0;
	}

	read(address: number, byteLength: number): Uint8Array {
		this.#check(address, byteLength);
		const bytes = new Uint8Array(byteLength).fill(0xff);
		for (let done = 0; done < byteLength; ) {
			const sector = Math.floor((address + done) / SECTOR_BYTES);
			const from = (address + done) % SECTOR_BYTES;
			const count = Math.min(SECTOR_BYTES - from, byteLength - done);
			const data = this.#sectors.get(sector);
			if (data !== undefined) bytes.set(data.subarray(from, from + count), done);
			done += count;
		}
		return bytes;
	}

	/** Empties the sector that begins at this address. */
	eraseSector(address: number): void {
		if (address % SECTOR_BYTES !== 0) throw new RangeError(`No sector begins at ${hex(address)}.`);
		const sector = this.#sectorOf(address, SECTOR_BYTES);
		this.#wear.set(sector, (this.#wear.get(sector) ?? 0) + 1);
		const isCut = this.#begin({ type: "erase", address });
		if (isCut) {
			const data = this.#sectors.get(sector);
			// Early in the erasure hardly a bit has risen, late hardly one has not.
			const share = this.#options.random.next();
			if (data !== undefined) this.#tear(data, (byte) => byte | this.#bits(share));
			throw new PowerCut(`erase ${hex(address)}`);
		}
		this.#sectors.delete(sector);
	}

	/** Programs bytes that lie anywhere, page after page. */
	program(address: number, bytes: Uint8Array): void {
		this.#check(address, bytes.length);
		for (let done = 0; done < bytes.length; ) {
			const at = address + done;
			const count = Math.min(PAGE_BYTES - (at % PAGE_BYTES), bytes.length - done);
			this.#programPage(at, bytes.subarray(done, done + count));
			done += count;
		}
	}

	#programPage(address: number, bytes: Uint8Array): void {
		const sector = this.#sectorOf(address, bytes.length);
		const data = this.#sectors.get(sector) ?? new Uint8Array(SECTOR_BYTES).fill(0xff);
		const page = data.subarray(address % SECTOR_BYTES, (address % SECTOR_BYTES) + bytes.length);
		const impossible = bytes.findIndex((byte, index) => (byte & ~(page[index] ?? 0)) !== 0);
		if (impossible >= 0) {
			throw new RangeError(`Flash at ${hex(address + impossible)} is not erased: programming cannot set its bits.`);
		}
		const isCut = this.#begin({ type: "program", address });
		this.#sectors.set(sector, data);
		if (!isCut) {
			page.set(bytes);
			return;
		}
		this.#programTorn(page, bytes);
		throw new PowerCut(`program ${hex(address)}`);
	}

	#programTorn(page: Uint8Array, bytes: Uint8Array): void {
		const { random, tearing = "in-order" } = this.#options;
		if (tearing === "scattered") {
			const share = random.next();
			this.#tear(page, (byte, index) => byte & ((bytes[index] ?? 0xff) | this.#bits(share)));
			return;
		}
		const tornWord = Math.floor((random.next() * bytes.length) / 4);
		page.set(bytes.subarray(0, 4 * tornWord));
		const torn = page.subarray(4 * tornWord, Math.min(4 * tornWord + 4, bytes.length));
		this.#tear(torn, (byte, index) => byte & ((bytes[4 * tornWord + index] ?? 0xff) | this.#bits(0.5)));
	}

	#tear(data: Uint8Array, change: (byte: number, index: number) => number): void {
		for (let index = 0; index < data.length; index++) data[index] = change(data[index] ?? 0xff, index);
	}

	/** Eight bits, each a one with this probability. */
	#bits(probability: number): number {
		let bits = 0;
		for (let bit = 0; bit < 8; bit++) bits = (bits << 1) | (this.#options.random.next() < probability ? 1 : 0);
		return bits;
	}

	#begin(operation: FlashOperation): boolean {
		this.#operations += 1;
		return this.#options.powerFails?.(operation) ?? false;
	}

	#sectorOf(address: number, byteLength: number): number {
		this.#check(address, byteLength);
		return Math.floor(address / SECTOR_BYTES);
	}

	#check(address: number, byteLength: number): void {
		if (!Number.isSafeInteger(address) || address < 0 || address + byteLength > this.byteLength) {
			throw new RangeError(
				`The flash has ${this.byteLength} bytes; ${byteLength} at ${hex(address)} are not among them.`,
			);
		}
	}
}

function hex(address: number): string {
	return `0x${address.toString(16)}`;
}
