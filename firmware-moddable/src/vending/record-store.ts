import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

/** What the store holds under the key: nothing yet, or something that is no record of this firmware. */
export function readRecord<Stored>(
	storage: KeyValue,
	key: string,
	decode: (text: string) => Stored | undefined,
): Stored | undefined | "unreadable" {
	const value = storage.read(key);
	if (value === undefined) return undefined;
	return decode(decodeUtf8(new Uint8Array(value))) ?? "unreadable";
}

/** Durable when it returns `undefined`; otherwise what the storage said. */
export function writeRecord(storage: KeyValue, key: string, text: string): string | undefined {
	try {
		storage.write(key, encodeUtf8(text));
		return undefined;
	} catch (error) {
		// Whoever asked has to know that it is not safe: that is an answer here, and no reason to stop what runs. What is
		// no Error says that nothing runs any more.
		if (!(error instanceof Error)) throw error;
		return error.message;
	}
}
