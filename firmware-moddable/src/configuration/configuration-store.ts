import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import type { ControllerConfiguration } from "@visionvend/sdk/device/messages";
import { decodeUtf8, encodeUtf8 } from "@visionvend/sdk/device/text/utf8";

/** What the machine runs with when nothing is on trial. Always whole: the old one or the new one. */
const KEY = "configuration";
/** The last configuration that came by message, and how far it has come. */
const TRIAL_KEY = "configuration.trial";

/**
 * - `waiting`: the next start tries it.
 * - `running`: a start has begun to try it. Whoever finds this at a start finds a trial that came to no good end.
 * - `done`: it is the configuration.
 * - `failed`: it is not, and never will be.
 */
export interface ConfigurationTrial {
	readonly commandId: string;
	readonly version: number;
	readonly stage: "waiting" | "running" | "done" | "failed";
	/** Why it failed; "" otherwise. */
	readonly reason: string;
	/** The cloud has been told how it ended. */
	readonly told: boolean;
	/** The whole of it, while it is waiting or running. Nobody has checked it since it was written. */
	readonly configuration?: unknown;
}

/** Whatever lies under `configuration`: `undefined` when nothing does, `"unreadable"` when it is no JSON. */
export function readConfiguration(storage: KeyValue): unknown {
	const stored = storage.read(KEY);
	return stored === undefined ? undefined : (parse(stored) ?? "unreadable");
}

/** Throws what the storage throws. */
export function writeConfiguration(storage: KeyValue, configuration: ControllerConfiguration): void {
	storage.write(KEY, encodeUtf8(JSON.stringify(configuration)));
}

/** `undefined` when none ever came. */
export function readTrial(storage: KeyValue): ConfigurationTrial | undefined {
	const stored = storage.read(TRIAL_KEY);
	const value = stored === undefined ? undefined : parse(stored);
	if (typeof value !== "object" || value === null) return undefined;
	const { commandId, version, stage, reason, told, configuration } = value as Record<string, unknown>;
	if (typeof commandId !== "string" || typeof version !== "number" || typeof reason !== "string") return undefined;
	if (stage !== "waiting" && stage !== "running" && stage !== "done" && stage !== "failed") return undefined;
	return { commandId, version, stage, reason, told: told === true, configuration };
}

/** Throws what the storage throws. */
export function writeTrial(storage: KeyValue, trial: ConfigurationTrial): void {
	storage.write(TRIAL_KEY, encodeUtf8(JSON.stringify(trial)));
}

function parse(stored: ArrayBuffer): unknown {
	try {
		return JSON.parse(decodeUtf8(new Uint8Array(stored)));
	} catch {
		// Not ours. Whoever reads says so.
		return undefined;
	}
}
