/**
 * Persistent key-value store, after ECMA-419 clause 24 ("Key-value storage"). A `write` is atomic and durable when it
 * returns: after a power cut a key holds the whole old value or the whole new one.
 */
export interface KeyValue {
	read(key: string): ArrayBuffer | undefined;
	write(key: string, value: ArrayBuffer | Uint8Array): void;
	delete(key: string): void;
}
