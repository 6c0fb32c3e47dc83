import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { SeededRandom } from "../random.ts";
import { PowerCut } from "./power-cut.ts";

/**
 * A store whose power may go in the middle of a write. ESP-IDF's NVS then has the old value or the new one, never a part
 * (ESP-IDF Programming Guide, "Non-Volatile Storage Library"); which of the two, chance says.
 */
export class CuttableStorage implements KeyValue {
	readonly #storage: KeyValue;
	readonly #random: SeededRandom;
	readonly #powerFails: (key: string) => boolean;

	/** `powerFails` is asked before each write and deletion. */
	constructor(storage: KeyValue, random: SeededRandom, powerFails: (key: string) => boolean) {
		this.#storage = storage;
		this.#random = random;
		this.#powerFails = powerFails;
	}

	read(key: string): ArrayBuffer | undefined {
		return this.#storage.read(key);
	}

	write(key: string, value: ArrayBuffer | Uint8Array): void {
		this.#change(key, () => this.#storage.write(key, value));
	}

	delete(key: string): void {
		this.#change(key, () => this.#storage.delete(key));
	}

	#change(key: string, change: () => void): void {
		const isCut = this.#powerFails(key);
		if (!isCut || this.#random.next() < 0.5) change();
		if (isCut) throw new PowerCut(`store ${key}`);
	}
}
