import type { KeyValue } from "@visionvend/sdk/device/io/key-value";

/** The controller's flash: what was written stays through every power cut and reset. */
export class MemoryStorage implements KeyValue {
	readonly #values = new Map<string, Uint8Array>();

	read(key: string): ArrayBuffer | undefined {
		return this.#values.get(key)?.slice().buffer;
	}
	write(key: string, value: ArrayBuffer | Uint8Array): void {
		// A copy, since the caller may go on using its buffer.
		this.#values.set(key, Uint8Array.from(value instanceof Uint8Array ? value : new Uint8Array(value)));
	}
	delete(key: string): void {
		this.#values.delete(key);
	}
}
