import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { ConfiguredScale } from "@visionvend/sdk/device/messages";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

/** Under what calibrations the weights in the lock's record were taken. */
const KEY = "scales";

/**
 * Whether these scales measure otherwise than those that the weights in the store were taken with. Weights by two
 * calibrations differ although nobody took anything. A store without a mark is one of firmware that never changed any.
 */
export function isCalibratedAnew(storage: KeyValue, scales: readonly ConfiguredScale[]): boolean {
	const marked = storage.read(KEY);
	return marked !== undefined && decodeUtf8(new Uint8Array(marked)) !== markOf(scales);
}

/** From now on the weights in the store are by these scales. Throws what the storage throws. */
export function markCalibration(storage: KeyValue, scales: readonly ConfiguredScale[]): void {
	const marked = storage.read(KEY);
	const mark = markOf(scales);
	if (marked === undefined || decodeUtf8(new Uint8Array(marked)) !== mark) storage.write(KEY, encodeUtf8(mark));
}

function markOf(scales: readonly ConfiguredScale[]): string {
	return JSON.stringify(
		scales.map(({ shelf, zeroCounts, loadCounts, loadMilligrams }) => [shelf, zeroCounts, loadCounts, loadMilligrams]),
	);
}
