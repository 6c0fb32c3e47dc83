import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How long bundles are kept. */
export interface EvidencePolicy {
	/** A bundle that is older goes, pinned or not. */
	readonly mostDays: number;
	/** Bytes of all bundles together; the oldest that are not pinned go first, then the oldest pinned ones. */
	readonly quotaBytes: number;
}

/** A month, which is how long a card payment may wait for a person, and half a gigabyte. */
export const usualPolicy: EvidencePolicy = Object.freeze({ mostDays: 30, quotaBytes: 512 * 2 ** 20 });

/** Name of the sealed manifest among the files of a bundle. */
export const manifestName = "manifest.jws";

const pinName = "pinned";
const dayMs = 86_400_000;
const safeName = /^[A-Za-z0-9_-]{1,64}$/;
const safePart = /^[a-z0-9][a-z0-9-]{0,40}\.[a-z0-9]{1,5}$/;

interface Bundle {
	readonly reportId: string;
	readonly storedAtMs: number;
	readonly bytes: number;
	readonly isPinned: boolean;
}

/** Bundles of evidence on the disk: a folder each, named after its report. It appears whole or not at all. */
export class EvidenceFolder {
	readonly #path: string;
	readonly #policy: EvidencePolicy;
	/** One write after the other: what one leaves half done another must not take for the leavings of a power cut. */
	#writing: Promise<unknown> = Promise.resolve();

	constructor(path: string, policy: EvidencePolicy = usualPolicy) {
		this.#path = path;
		this.#policy = policy;
	}

	/** Writes a bundle. One that is there already stays as it is. Rejects when the disk takes nothing. */
	keep(
		reportId: string,
		files: ReadonlyMap<string, Uint8Array>,
		when: { readonly atMs: number; readonly isPinned: boolean },
	): Promise<void> {
		return this.#alone(() => this.#keep(reportId, files, when));
	}

	async #keep(
		reportId: string,
		files: ReadonlyMap<string, Uint8Array>,
		{ atMs, isPinned }: { readonly atMs: number; readonly isPinned: boolean },
	): Promise<void> {
		const folder = this.#folderOf(reportId);
		if ((await this.list()).some((bundle) => bundle.reportId === reportId)) return;
		const unfinished = `${folder}.new`;
		await rm(unfinished, { recursive: true, force: true });
		await mkdir(unfinished, { recursive: true });
		for (const [name, bytes] of files) await writeFile(join(unfinished, name), bytes, { flush: true });
		// The age of a bundle is that of its manifest.
		await utimes(join(unfinished, manifestName), atMs / 1_000, atMs / 1_000);
		if (isPinned) await writeFile(join(unfinished, pinName), "");
		await rename(unfinished, folder);
	}

	/** A part of a bundle, or `undefined` when there is none of this name. */
	async read(reportId: string, part: string): Promise<Uint8Array | undefined> {
		if (!safeName.test(reportId) || !safePart.test(part)) return undefined;
		try {
			return await readFile(join(this.#folderOf(reportId), part));
		} catch (error) {
			if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
			throw error;
		}
	}

	/** Nobody needs this bundle any longer than others: its sale is settled. */
	async unpin(reportId: string): Promise<void> {
		await rm(join(this.#folderOf(reportId), pinName), { force: true });
	}

	/** Bundles, oldest first. */
	async list(): Promise<Bundle[]> {
		await mkdir(this.#path, { recursive: true });
		const bundles: Bundle[] = [];
		for (const reportId of await readdir(this.#path)) {
			if (!safeName.test(reportId)) continue;
			const folder = join(this.#path, reportId);
			let bytes = 0;
			let isPinned = false;
			for (const name of await readdir(folder)) {
				bytes += (await stat(join(folder, name))).size;
				isPinned ||= name === pinName;
			}
			bundles.push({ reportId, storedAtMs: (await stat(join(folder, manifestName))).mtimeMs, bytes, isPinned });
		}
		return bundles.sort((one, other) => one.storedAtMs - other.storedAtMs || (one.reportId < other.reportId ? -1 : 1));
	}

	/** Deletes what the policy does not keep, and what a power cut left half written. Resolves to the reports concerned. */
	tidy(nowMs: number): Promise<string[]> {
		return this.#alone(() => this.#tidy(nowMs));
	}

	#alone<T>(write: () => Promise<T>): Promise<T> {
		const result = this.#writing.then(write);
		this.#writing = result.catch(() => undefined);
		return result;
	}

	async #tidy(nowMs: number): Promise<string[]> {
		const bundles = await this.list();
		for (const name of await readdir(this.#path)) {
			if (name.endsWith(".new")) await rm(join(this.#path, name), { recursive: true, force: true });
		}
		const gone: string[] = [];
		let total = bundles.reduce((sum, { bytes }) => sum + bytes, 0);
		const forget = async ({ reportId, bytes }: Bundle): Promise<void> => {
			await rm(this.#folderOf(reportId), { recursive: true, force: true });
			total -= bytes;
			gone.push(reportId);
		};
		const isOld = ({ storedAtMs }: Bundle): boolean => nowMs - storedAtMs > this.#policy.mostDays * dayMs;
		for (const bundle of bundles.filter(isOld)) await forget(bundle);
		const young = bundles.filter((bundle) => !isOld(bundle));
		for (const pinned of [false, true]) {
			for (const bundle of young.filter(({ isPinned }) => isPinned === pinned)) {
				if (total > this.#policy.quotaBytes) await forget(bundle);
			}
		}
		return gone;
	}

	#folderOf(reportId: string): string {
		if (!safeName.test(reportId)) throw new RangeError(`"${reportId}" is no name of a report.`);
		return join(this.#path, reportId);
	}
}
