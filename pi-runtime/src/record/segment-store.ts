import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@visionvend/sdk/clock";
import { errorText } from "../error-text.ts";
import { readSegmentName, type SegmentName, segmentName, unfinished } from "./segment-name.ts";
import type { RecordedGroup } from "./video-encoder.ts";

export interface SegmentStoreOptions {
	readonly folder: string;
	/** Bytes of all recordings together; never more. */
	readonly quotaBytes: number;
	/** What is older goes, unless it is pinned. */
	readonly mostHours: number;
	readonly clock: Clock;
	onProblem(problem: string): void;
	/** How much of the disk is free, from 0 to 1; the file system's own answer where not given. */
	readonly freeShare?: ((folder: string) => Promise<number>) | undefined;
}

/** Recording stops when less of the disk is free: the store of sales lives there, too. */
const leastFreeShare = 0.1;

/** A file is finished after so long. */
const segmentMs = 60_000;

/** Pictures that come so much later belong to another file: what a file shows has no hole. */
const longestHoleMs = 1_000;

const packetBytes = 188;
const pinForm = /^([\w-]{1,64})\.pin\.json$/;

interface Segment extends SegmentName {
	readonly name: string;
	endMs: number;
	bytes: number;
}

interface Pin {
	readonly fromMs: number;
	readonly untilMs: number;
}

/** A file that is being written. */
interface Writing {
	readonly segment: Segment;
	readonly file: FileHandle;
}

/** Why a group was not written. */
export type Refusal = "quota" | "disk-full" | "disk-error";

/**
 * Recordings on the disk: files of at most 60 s that begin with a key picture and can be played to their last whole packet,
 * whatever happens while they are written. The oldest that nobody has pinned make room for new ones.
 */
export class SegmentStore {
	readonly #options: SegmentStoreOptions;
	readonly #segments = new Map<string, Segment>();
	readonly #writing = new Map<string, Writing>();
	readonly #pins = new Map<string, Pin>();
	#bytes = 0;
	/** One change after the other. */
	#work: Promise<unknown> = Promise.resolve();

	private constructor(options: SegmentStoreOptions) {
		this.#options = options;
	}

	/** Opens the folder and finishes what an earlier life of the process left. Rejects when it cannot be read or written. */
	static async open(options: SegmentStoreOptions): Promise<SegmentStore> {
		const store = new SegmentStore(options);
		await store.#recover();
		return store;
	}

	/** Bytes of all recordings. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Recordings, oldest first. */
	get segments(): readonly Readonly<SegmentName & { name: string; endMs: number; bytes: number }>[] {
		return [...this.#segments.values()].sort((one, other) => one.startMs - other.startMs);
	}

	/** Writes a group behind those of the same camera and kind. Resolves to why it was not written, if it was not. */
	append(stream: Pick<SegmentName, "camera" | "kind">, group: RecordedGroup): Promise<Refusal | undefined> {
		return this.#alone(() => this.#append(stream, group));
	}

	/** Finishes the file of a camera and kind, if there is one. */
	finish({ camera, kind }: Pick<SegmentName, "camera" | "kind">): Promise<void> {
		return this.#alone(() => this.#finish(`${camera}-${kind}`));
	}

	/** Keeps what was recorded between two moments until it is unpinned, at the cost of what is not pinned. `id`: letters, digits, dashes. */
	pin(id: string, pin: Pin): Promise<void> {
		return this.#alone(async () => {
			await writeFile(this.#pinPath(id), JSON.stringify(pin), { flush: true });
			this.#pins.set(id, pin);
		});
	}

	unpin(id: string): Promise<void> {
		return this.#alone(async () => {
			await rm(this.#pinPath(id), { force: true });
			this.#pins.delete(id);
		});
	}

	/** Deletes what is too old. */
	tidy(): Promise<void> {
		return this.#alone(() => this.#tidy());
	}

	/** Finishes every file. */
	close(): Promise<void> {
		return this.#alone(async () => {
			for (const stream of [...this.#writing.keys()]) await this.#finish(stream);
		});
	}

	async #append(
		{ camera, kind }: Pick<SegmentName, "camera" | "kind">,
		group: RecordedGroup,
	): Promise<Refusal | undefined> {
		const stream = `${camera}-${kind}`;
		const now = this.#writing.get(stream)?.segment;
		const hasHole = now !== undefined && Math.abs(group.startMs - now.endMs) > longestHoleMs;
		if (now !== undefined && (hasHole || group.endMs - now.startMs > segmentMs)) await this.#finish(stream);
		try {
			const refusal = await this.#makeRoom(group.bytes.length);
			if (refusal !== undefined) {
				await this.#finish(stream);
				return refusal;
			}
			const writing = this.#writing.get(stream) ?? (await this.#begin({ camera, kind, startMs: group.startMs }));
			await this.#write(writing, group);
			return undefined;
		} catch (error) {
			this.#options.onProblem(`A recording cannot be written: ${errorText(error)}`);
			return error instanceof Error && "code" in error && error.code === "ENOSPC" ? "disk-full" : "disk-error";
		}
	}

	async #begin(name: SegmentName): Promise<Writing> {
		const segment: Segment = { ...name, name: segmentName(name), endMs: name.startMs, bytes: 0 };
		// A name that is taken: the clock was set back. The older recording stays.
		const file = await open(this.#path(segment.name) + unfinished, "wx");
		const writing = { segment, file };
		this.#writing.set(`${name.camera}-${name.kind}`, writing);
		this.#segments.set(segment.name, segment);
		return writing;
	}

	async #write({ segment, file }: Writing, group: RecordedGroup): Promise<void> {
		try {
			for (let at = 0; at < group.bytes.length; ) {
				const { bytesWritten } = await file.write(group.bytes, at, undefined, segment.bytes + at);
				at += bytesWritten;
			}
		} catch (error) {
			// Half a group would make the file end in the middle of a picture.
			await file.truncate(segment.bytes);
			throw error;
		}
		segment.bytes += group.bytes.length;
		segment.endMs = group.endMs;
		this.#bytes += group.bytes.length;
	}

	async #finish(stream: string): Promise<void> {
		const writing = this.#writing.get(stream);
		if (writing === undefined) return;
		this.#writing.delete(stream);
		const { segment, file } = writing;
		try {
			await file.datasync();
			await file.close();
			const path = this.#path(segment.name);
			if (segment.bytes === 0) {
				await rm(path + unfinished, { force: true });
				this.#segments.delete(segment.name);
			} else {
				await rename(path + unfinished, path);
			}
		} catch (error) {
			this.#options.onProblem(`The recording ${segment.name} cannot be finished: ${errorText(error)}`);
		}
	}

	/** Deletes until `bytes` fit. */
	async #makeRoom(bytes: number): Promise<Refusal | undefined> {
		await this.#tidy();
		while (this.#bytes + bytes > this.#options.quotaBytes) if (!(await this.#deleteOldest())) return "quota";
		while ((await this.#freeShare()) < leastFreeShare) if (!(await this.#deleteOldest())) return "disk-full";
		return undefined;
	}

	async #tidy(): Promise<void> {
		const oldestMs = this.#options.clock.now() - this.#options.mostHours * 3_600_000;
		for (const segment of this.segments) {
			if (segment.endMs < oldestMs && this.#mayGo(segment)) await this.#delete(segment);
		}
	}

	async #deleteOldest(): Promise<boolean> {
		const oldest = this.segments.find((segment) => this.#mayGo(segment));
		if (oldest !== undefined) await this.#delete(oldest);
		return oldest !== undefined;
	}

	#mayGo({ name, startMs, endMs }: Pick<Segment, "name" | "startMs" | "endMs">): boolean {
		for (const { segment } of this.#writing.values()) if (segment.name === name) return false;
		for (const { fromMs, untilMs } of this.#pins.values()) if (startMs <= untilMs && endMs >= fromMs) return false;
		return true;
	}

	async #delete({ name, bytes }: Pick<Segment, "name" | "bytes">): Promise<void> {
		await rm(this.#path(name), { force: true });
		this.#segments.delete(name);
		this.#bytes -= bytes;
	}

	async #freeShare(): Promise<number> {
		if (this.#options.freeShare !== undefined) return this.#options.freeShare(this.#options.folder);
		const { bavail, blocks } = await statfs(this.#options.folder);
		return bavail / blocks;
	}

	async #recover(): Promise<void> {
		const { folder } = this.#options;
		await mkdir(folder, { recursive: true });
		for (const file of await readdir(folder)) {
			const pinId = pinForm.exec(file)?.[1];
			if (pinId !== undefined) {
				const pin = readPin(await readFile(join(folder, file), "utf8"));
				if (pin !== undefined) this.#pins.set(pinId, pin);
				continue;
			}
			const name = readSegmentName(file);
			if (name === undefined) continue;
			const whole = segmentName(name);
			const { size, mtimeMs } = await stat(join(folder, file));
			const bytes = size - (size % packetBytes);
			if (bytes === 0) {
				await rm(join(folder, file));
				continue;
			}
			if (file.endsWith(unfinished)) {
				await truncate(join(folder, file), bytes);
				await rename(join(folder, file), join(folder, whole));
			}
			// When it was last written to is when its last picture was taken, more or less.
			const endMs = Math.min(Math.max(mtimeMs, name.startMs), name.startMs + segmentMs);
			this.#segments.set(whole, { ...name, name: whole, endMs, bytes });
			this.#bytes += bytes;
		}
	}

	#path(name: string): string {
		return join(this.#options.folder, name);
	}

	#pinPath(id: string): string {
		if (!pinForm.test(`${id}.pin.json`))
			throw new RangeError(`"${id}" is no name of a pin: letters, digits and dashes.`);
		return this.#path(`${id}.pin.json`);
	}

	#alone<T>(change: () => Promise<T>): Promise<T> {
		const result = this.#work.then(change);
		this.#work = result.catch(() => undefined);
		return result;
	}
}

/** `undefined` for one that a power cut left half written. */
function readPin(text: string): Pin | undefined {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value !== "object" || value === null || !("fromMs" in value) || !("untilMs" in value)) return undefined;
		const { fromMs, untilMs } = value;
		return typeof fromMs === "number" && typeof untilMs === "number" ? { fromMs, untilMs } : undefined;
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}
