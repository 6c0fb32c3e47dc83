import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import { decodeLockRecord, encodeLockRecord } from "@visionvend/sdk/device/lock/lock-record";
import type { LockRecord } from "@visionvend/sdk/device/lock/lock-state";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

/** One key for all of it: flash writes keys one by one, and half a state would be a wrong one. */
const KEY = "lock";

/** What the store holds: nothing yet, or something that is no record of this firmware. */
export function readLockRecord(storage: KeyValue): LockRecord | undefined | "unreadable" {
	const value = storage.read(KEY);
	if (value === undefined) return undefined;
	return decodeLockRecord(decodeUtf8(new Uint8Array(value))) ?? "unreadable";
}

/** Durable when it returns. Throws what the storage throws. */
export function writeLockRecord(storage: KeyValue, record: LockRecord): void {
	storage.write(KEY, encodeUtf8(encodeLockRecord(record)));
}
