import { sha256 } from "@visionvend/sdk/device/envelope/sha256";
import type { FirmwareSlots } from "@visionvend/sdk/device/io/firmware-slots";
import { HardwareError } from "@visionvend/sdk/device/io/hardware-error";
import type { TimerHandle } from "@visionvend/sdk/device/io/timer";
import type {
	CommandStatusBody,
	ControllerConfiguration,
	FirmwareChunkBody,
	FirmwareManifestBody,
	FirmwareRequestBody,
} from "@visionvend/sdk/device/messages";
import { decodeBase64url, encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import type { ControllerHost } from "../controller-host.ts";
import { compareVersions } from "./compare-versions.ts";
import type { FirmwareIdentity } from "./firmware-identity.ts";
import { type FirmwareRecord, readFirmwareRecord, writeFirmwareRecord } from "./firmware-record.ts";
import { manifestText } from "./manifest-text.ts";

/** A chunk of this size, sealed, fits into the longest envelope (2,048 characters) whatever the machine is called. */
const CHUNK_BYTES = 768;
/** And this one into the longest message of the link to the pi (1,600 bytes). */
const PI_CHUNK_BYTES = 384;

/** First wait for a chunk. It doubles up to the last. */
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 60_000;
/** Requests in a row without an answer, some 12 minutes, before the update is given up. */
const MOST_REQUESTS = 15;
/** How often it looks whether the people at the machine have gone. */
const BUSY_POLL_MS = 1_000;
/** For the last status to leave. */
const RESTART_MS = 2_000;

const PUBLIC_KEY_BYTES = 65;
const SIGNATURE_BYTES = 64;

export interface FirmwareUpdateOptions {
	readonly host: ControllerHost;
	readonly configuration: ControllerConfiguration;
	/** Who runs now. */
	readonly identity: FirmwareIdentity;
	/**
	 * Tells the cloud how far the update has come. Never called inside of a method. `isAnswer`: to a manifest that may be a
	 * copy, of which the next one will be answered again.
	 */
	status(body: CommandStatusBody, isAnswer: boolean): void;
	/** Asks the cloud for a part of the image. Never called inside of a method. */
	request(body: FirmwareRequestBody): void;
	/** Nobody is at the machine, and nothing of a sale is open. */
	mayInstall(): boolean;
}

/**
 * Why an update is refused or fails, in the order of the checks:
 *
 * - `no-slots`: this board cannot exchange its firmware; `no-key`: no key says whose firmware it takes
 * - `wrong-product`, `wrong-hardware`: the image is for another device
 * - `bad-signature`: whoever made the manifest does not have the key
 * - `older-version`: not newer than what runs; `below-floor`: it was withdrawn
 * - `too-large`: more than a slot holds
 * - `busy`: somebody is at the machine, another update is under way, or this firmware is itself on trial
 * - `no-answer`: the cloud sends no chunk; `truncated`: it ran out of image too early
 * - `flash`, `storage`: what was written could not be kept
 * - `bad-digest`: flash holds another image than the manifest names
 * - `interrupted`: the power went while the image was loaded; `rolled-back`: the image did not pass its trial
 */
export type UpdateRefusal =
	| "no-slots"
	| "no-key"
	| "wrong-product"
	| "wrong-hardware"
	| "bad-signature"
	| "older-version"
	| "below-floor"
	| "too-large"
	| "busy"
	| "no-answer"
	| "truncated"
	| "flash"
	| "storage"
	| "bad-digest"
	| "interrupted"
	| "rolled-back";

interface Loading {
	readonly manifest: FirmwareManifestBody;
	readonly slots: FirmwareSlots;
	/** Bytes that flash has. */
	written: number;
	/** Requests since the last chunk. */
	requests: number;
	toldPercent: number;
	/** All is there and checked. */
	complete: boolean;
}

/** Loads new firmware into the slot that does not run, checks it as flash holds it, and starts it on trial. */
export class FirmwareUpdate {
	readonly #options: FirmwareUpdateOptions;
	readonly #chunkBytes: number;
	#record: FirmwareRecord;
	#loading: Loading | undefined;
	#timer: TimerHandle | undefined;
	#closed = false;

	constructor(options: FirmwareUpdateOptions) {
		this.#options = options;
		this.#chunkBytes = options.configuration.uplink.via === "pi" ? PI_CHUNK_BYTES : CHUNK_BYTES;
		this.#record = readFirmwareRecord(options.host.storage);
		this.#soon(() => this.#settle());
	}

	/** The cloud has new firmware. */
	begin(manifest: FirmwareManifestBody): void {
		this.#soon(() => this.#begin(manifest));
	}

	/** A part of the image. One that nobody asked for, or that came before, is left alone. */
	chunk(chunk: FirmwareChunkBody): void {
		this.#soon(() => this.#store(chunk));
	}

	/** The running firmware has passed its trial and stays. */
	confirmed(): void {
		this.#soon(() => this.#settle());
	}

	/** A second call does nothing. What was loaded so far is of no use any more. */
	close(): void {
		this.#closed = true;
		this.#rest();
	}

	// What became of an update before this start

	#settle(): void {
		const { begun, floor, undone } = this.#record;
		const { host, identity } = this.#options;
		if (begun === undefined || this.#loading !== undefined) return;
		if (host.firmware?.state === "trial") return;
		const stayed = begun.activated && begun.version === identity.version;
		if (stayed) {
			// Only now: with the floor of an image that fails its trial, the one that it came from could not come back.
			const stays = { floor: Math.max(floor, begun.floor), done: begun.commandId };
			if (!this.#remember({ ...stays, ...(undone === undefined ? undefined : { undone }) })) return;
			this.#say(begun.commandId, "done", "", `Firmware ${identity.version} runs and stays.`);
			return;
		}
		const reason: UpdateRefusal = begun.activated ? "rolled-back" : "interrupted";
		const { commandId } = begun;
		if (!this.#remember({ floor, ...(begun.activated ? { undone: commandId } : undefined) })) return;
		this.#say(begun.commandId, "failed", reason, `Firmware ${identity.version} runs.`);
	}

	// Checks

	#begin(manifest: FirmwareManifestBody): void {
		const { commandId } = manifest;
		const loading = this.#loading;
		if (loading?.manifest.commandId === commandId) {
			// The cloud repeats itself: it may have missed what was said and asked.
			this.#answer(commandId, "running", "", `${loading.toldPercent} %`);
			if (!loading.complete) this.#request(loading);
			return;
		}
		if (this.#record.done === commandId) {
			this.#answer(commandId, "done", "", `Firmware ${this.#options.identity.version} runs and stays.`);
			return;
		}
		if (this.#record.undone === commandId) {
			this.#answer(commandId, "failed", "rolled-back", `Firmware ${this.#options.identity.version} runs.`);
			return;
		}
		const slots = this.#options.host.firmware;
		if (slots?.state === "trial" && this.#record.begun?.commandId === commandId) {
			this.#answer(commandId, "running", "", "On trial.");
			return;
		}
		const refusal = slots === undefined ? "no-slots" : this.#refusal(manifest, slots);
		if (refusal !== undefined || slots === undefined) {
			this.#options.host.log("firmware.refused", { commandId, version: manifest.version, reason: refusal });
			this.#answer(commandId, "failed", refusal ?? "", "");
			return;
		}
		this.#load(manifest, slots);
	}

	#refusal(manifest: FirmwareManifestBody, slots: FirmwareSlots): UpdateRefusal | undefined {
		const { identity, configuration } = this.#options;
		if (configuration.firmwareKey === undefined) return "no-key";
		if (manifest.product !== identity.product) return "wrong-product";
		if (manifest.hardware !== identity.hardware) return "wrong-hardware";
		if (!isSigned(manifest, configuration.firmwareKey, slots)) return "bad-signature";
		if (compareVersions(manifest.version, identity.version) <= 0) return "older-version";
		if (manifest.floor < Math.max(identity.floor, this.#record.floor)) return "below-floor";
		if (manifest.byteLength > slots.slotBytes) return "too-large";
		// On trial the other slot is the way back: it must not be touched.
		const isFree = this.#loading === undefined && slots.state === "confirmed" && this.#options.mayInstall();
		return isFree ? undefined : "busy";
	}

	// Loading

	#load(manifest: FirmwareManifestBody, slots: FirmwareSlots): void {
		const { commandId, version, floor, byteLength } = manifest;
		const loading: Loading = { manifest, slots, written: 0, requests: 0, toldPercent: 0, complete: false };
		this.#loading = loading;
		const begun = { commandId, version, floor, activated: false };
		if (!this.#remember({ ...this.#record, begun })) {
			this.#fail("storage");
			return;
		}
		this.#options.host.log("firmware.loading", { commandId, version, byteLength });
		this.#say(commandId, "running", "", "0 %");
		if (this.#flash(() => slots.erase(byteLength))) this.#request(loading);
	}

	/** Asks for the next chunk, and again until it comes. Not while somebody is at the machine: flash is slow. */
	#request(loading: Loading): void {
		this.#rest();
		const { commandId, byteLength } = loading.manifest;
		if (!this.#options.mayInstall()) {
			this.#after(BUSY_POLL_MS, () => this.#request(loading));
			return;
		}
		if (loading.requests >= MOST_REQUESTS) {
			this.#fail("no-answer");
			return;
		}
		const wait = Math.min(FIRST_RETRY_MS * 2 ** loading.requests, LAST_RETRY_MS);
		loading.requests += 1;
		this.#after(wait, () => this.#request(loading));
		const offset = loading.written;
		this.#options.request({ commandId, offset, byteLength: Math.min(this.#chunkBytes, byteLength - offset) });
	}

	#store(chunk: FirmwareChunkBody): void {
		const loading = this.#loading;
		if (loading === undefined || loading.complete) return;
		const { commandId, byteLength } = loading.manifest;
		if (chunk.commandId !== commandId || chunk.offset !== loading.written) return;
		const bytes = decodeBase64url(chunk.data);
		const asked = Math.min(this.#chunkBytes, byteLength - loading.written);
		if (bytes === undefined || bytes.length > asked) return;
		if (bytes.length < asked) {
			this.#fail("truncated");
			return;
		}
		if (!this.#flash(() => loading.slots.write(loading.written, bytes))) return;
		loading.written += bytes.length;
		loading.requests = 0;
		if (loading.written < byteLength) {
			this.#tellProgress(loading);
			this.#request(loading);
		} else {
			this.#rest();
			this.#soon(() => this.#check(loading));
		}
	}

	#tellProgress(loading: Loading): void {
		const percent = Math.floor((loading.written / loading.manifest.byteLength) * 10) * 10;
		if (percent === loading.toldPercent) return;
		loading.toldPercent = percent;
		this.#say(loading.manifest.commandId, "running", "", `${percent} %`);
	}

	/** What counts is what flash holds, not what was sent to it. */
	#check(loading: Loading): void {
		const { sha256: expected, byteLength } = loading.manifest;
		let digest = "";
		if (!this.#flash(() => (digest = encodeBase64url(loading.slots.digest(byteLength))))) return;
		if (digest !== expected) {
			this.#fail("bad-digest");
			return;
		}
		loading.complete = true;
		loading.toldPercent = 100;
		this.#say(loading.manifest.commandId, "running", "", "100 %");
		this.#install(loading);
	}

	// Starting it

	#install(loading: Loading): void {
		if (!this.#options.mayInstall()) {
			this.#after(BUSY_POLL_MS, () => this.#install(loading));
			return;
		}
		const { commandId, version, floor } = loading.manifest;
		// First the record, then the switch: otherwise a start in between would be an update that nobody knows of.
		if (!this.#remember({ ...this.#record, begun: { commandId, version, floor, activated: true } })) {
			this.#fail("storage");
			return;
		}
		if (!this.#flash(() => loading.slots.activate())) return;
		this.#options.host.log("firmware.activated", { commandId, version });
		this.#after(RESTART_MS, () => this.#restart());
	}

	#restart(): void {
		if (this.#options.mayInstall()) this.#options.host.restart();
		else this.#after(BUSY_POLL_MS, () => this.#restart());
	}

	#fail(reason: UpdateRefusal): void {
		const commandId = this.#loading?.manifest.commandId ?? "";
		this.#rest();
		this.#loading = undefined;
		this.#options.host.log("firmware.failed", { commandId, reason });
		// Where this is not kept, the next start says once more that the update failed.
		const { floor, undone } = this.#record;
		this.#remember({ floor, ...(undone === undefined ? undefined : { undone }) });
		this.#say(commandId, "failed", reason, "");
	}

	/** False when flash failed, which ends the update. */
	#flash(work: () => void): boolean {
		try {
			work();
			return true;
		} catch (error) {
			if (!(error instanceof HardwareError)) throw error;
			this.#options.host.log("firmware.flash", { message: error.message });
			this.#fail("flash");
			return false;
		}
	}

	#remember(record: FirmwareRecord): boolean {
		try {
			writeFirmwareRecord(this.#options.host.storage, record);
			this.#record = record;
			return true;
		} catch (error) {
			if (!(error instanceof Error)) throw error;
			this.#options.host.log("storage.failed", { message: error.message });
			return false;
		}
	}

	#say(commandId: string, state: CommandStatusBody["state"], reason: UpdateRefusal | "", detail: string): void {
		this.#options.status({ commandId, state, reason, detail }, false);
	}

	#answer(commandId: string, state: CommandStatusBody["state"], reason: UpdateRefusal | "", detail: string): void {
		this.#options.status({ commandId, state, reason, detail }, true);
	}

	#after(milliseconds: number, work: () => void): void {
		this.#timer = this.#options.host.timer.set(() => {
			this.#timer = undefined;
			work();
		}, milliseconds);
	}

	#rest(): void {
		if (this.#timer !== undefined) this.#options.host.timer.clear(this.#timer);
		this.#timer = undefined;
	}

	/** On a stack of its own: commands come in on a deep one, and hashing needs much. */
	#soon(work: () => void): void {
		this.#options.host.timer.set(() => {
			if (!this.#closed) work();
		}, 0);
	}
}

function isSigned(manifest: FirmwareManifestBody, firmwareKey: string, slots: FirmwareSlots): boolean {
	const key = decodeBase64url(firmwareKey);
	const signature = decodeBase64url(manifest.signature);
	if (key?.length !== PUBLIC_KEY_BYTES || signature?.length !== SIGNATURE_BYTES) return false;
	return slots.verify(key, sha256(encodeUtf8(manifestText(manifest))), signature);
}
