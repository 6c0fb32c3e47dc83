import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

/** An update that was begun and has not come to its end. */
export interface BegunUpdate {
	readonly commandId: string;
	readonly version: string;
	readonly floor: number;
	/** The image is complete, and the next start was to be its own. */
	readonly activated: boolean;
}

/** What outlives a power cut: the key `firmware`, written whole. */
export interface FirmwareRecord {
	/** The highest floor of all firmware that was confirmed here. It never falls. */
	readonly floor: number;
	readonly begun?: BegunUpdate;
	/** The last update that came to a good end, so that its command may come twice. */
	readonly done?: string;
	/** The last update whose image had been started and did not stay, so that a copy of its command starts it no more. */
	readonly undone?: string;
}

const KEY = "firmware";

/** A store that was never written, or holds something else, has seen no update. */
export function readFirmwareRecord(storage: KeyValue): FirmwareRecord {
	const stored = storage.read(KEY);
	const value = stored === undefined ? undefined : parse(new Uint8Array(stored));
	if (!isRecord(value) || !isCount(value.floor)) return { floor: 0 };
	const begun = readBegun(value.begun);
	return {
		floor: value.floor,
		...(begun === undefined ? undefined : { begun }),
		...(typeof value.done === "string" ? { done: value.done } : undefined),
		...(typeof value.undone === "string" ? { undone: value.undone } : undefined),
	};
}

/** Throws what the storage throws. */
export function writeFirmwareRecord(storage: KeyValue, record: FirmwareRecord): void {
	storage.write(KEY, encodeUtf8(JSON.stringify(record)));
}

function readBegun(value: unknown): BegunUpdate | undefined {
	if (!isRecord(value)) return undefined;
	const { commandId, version, floor, activated } = value;
	if (typeof commandId !== "string" || typeof version !== "string" || !isCount(floor)) return undefined;
	return { commandId, version, floor, activated: activated === true };
}

function parse(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(decodeUtf8(bytes));
	} catch {
		// Not ours: as good as none.
		return undefined;
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
