import { lchown, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ReleaseRefusedError } from "./release-manifest.ts";

/** Inside a release: its floor, for the moment that it is confirmed. */
export const floorFile = "floor";

/** A release that has not yet shown that it works. `install/launch` counts its starts and rolls back. */
const trialSchema = z.strictObject({
	version: z.string(),
	/** Empty where the way back is to have none installed. */
	previous: z.string(),
	/** Parts that were up before the switch: it works when they are up again. */
	before: z.array(z.string()),
});

export type Trial = z.infer<typeof trialSchema>;

/**
 * The releases of a machine: folders under `releases`, one of which `state/current` points to. A release that was switched to
 * is on trial until it is confirmed; `state/starts` counts how often it was started meanwhile.
 */
export class ReleaseFolder {
	readonly #releases: string;
	readonly #state: string;
	readonly #fallback: string | undefined;

	/**
	 * `releases`: root's, read-only for the service. `state`: the service's own. `hasFallback`: whether the machine works without
	 * any, so that the first one is on trial, too.
	 */
	constructor({
		releases,
		state,
		hasFallback = false,
	}: {
		readonly releases: string;
		readonly state: string;
		readonly hasFallback?: boolean;
	}) {
		this.#releases = releases;
		this.#state = state;
		this.#fallback = hasFallback ? "" : undefined;
	}

	/** The release that runs at the next start; `undefined` when none is installed. */
	async current(): Promise<string | undefined> {
		const target = await orNone(readlink(join(this.#state, "current")));
		const version = target?.split("/").at(-1);
		// The link is the service's own, and root reads it.
		return version !== undefined && /^\d+(\.\d+){2}$/.test(version) ? version : undefined;
	}

	/** Where that release lies. */
	async currentPath(): Promise<string | undefined> {
		const version = await this.current();
		return version && join(this.#releases, version);
	}

	async trial(): Promise<Trial | undefined> {
		const text = await orNone(readFile(join(this.#state, "trial.json"), "utf8"));
		return text === undefined ? undefined : trialSchema.parse(JSON.parse(text));
	}

	/** Floors never fall. */
	async floor(): Promise<number> {
		return Number((await orNone(readFile(join(this.#state, "floor"), "utf8"))) ?? "0");
	}

	/** The release that was left for the one before it, until another is switched to. */
	async failed(): Promise<string | undefined> {
		return (await orNone(readFile(join(this.#state, "failed"), "utf8")))?.trim();
	}

	/** Whether this release is there, whole. */
	async has(version: string): Promise<boolean> {
		return (await orNone(readdir(join(this.#releases, version)))) !== undefined;
	}

	/** Where a release is put together before `add`. */
	async unfinished(version: string): Promise<string> {
		const path = join(this.#releases, `${version}.new`);
		await rm(path, { recursive: true, force: true });
		await mkdir(path, { recursive: true });
		return path;
	}

	/** What was put together becomes the release, whole or not at all. */
	async add(version: string): Promise<void> {
		const path = join(this.#releases, version);
		await rm(path, { recursive: true, force: true });
		await rename(`${path}.new`, path);
	}

	/** From the next start on this release runs, on trial where another ran before. */
	async switchTo(
		version: string,
		{ before, floor }: { readonly before: readonly string[]; readonly floor: number },
	): Promise<void> {
		await this.#makeState();
		if (floor < (await this.floor()))
			throw new ReleaseRefusedError(
				"older-floor",
				`Release ${version} has floor ${floor}, this machine has seen ${await this.floor()}: it has a hole that was closed since.`,
			);
		const previous = await this.lastConfirmed();
		const isTrial = previous !== undefined && previous !== version;
		if (isTrial) {
			// First the trial: a power cut between the two leaves a trial of the release that runs, which is confirmed.
			await this.#write("starts", "0");
			await this.#write("trial.json", JSON.stringify({ version, previous, before }));
		}
		await rm(join(this.#state, "failed"), { force: true });
		const link = join(this.#state, "current");
		await rm(`${link}.new`, { force: true });
		await symlink(join(this.#releases, version), `${link}.new`);
		const { uid, gid } = await stat(this.#state);
		await lchown(`${link}.new`, uid, gid);
		await rename(`${link}.new`, link);
		if (!isTrial) await this.#endTrial();
	}

	/** The newest release that has shown that it works: the way back; empty for none. `undefined` when there is no way back. */
	async lastConfirmed(): Promise<string | undefined> {
		return (await this.trial())?.previous ?? (await this.current()) ?? this.#fallback;
	}

	/** The release on trial works: no way back from here, and the floor rises. */
	async confirm(): Promise<void> {
		const path = await this.currentPath();
		const floor = path === undefined ? 0 : Number(await readFile(join(path, floorFile), "utf8"));
		if (floor > (await this.floor())) await this.#write("floor", String(floor));
		await this.#endTrial();
	}

	/** Deletes releases but the given ones. */
	async keepOnly(versions: readonly string[]): Promise<void> {
		for (const name of (await orNone(readdir(this.#releases))) ?? []) {
			if (!versions.includes(name)) await rm(join(this.#releases, name), { recursive: true, force: true });
		}
	}

	async #endTrial(): Promise<void> {
		await rm(join(this.#state, "trial.json"), { force: true });
		await rm(join(this.#state, "starts"), { force: true });
	}

	/** The folder belongs to the service, also where root makes it. */
	async #makeState(): Promise<void> {
		const first = await mkdir(this.#state, { recursive: true });
		if (first !== undefined) {
			const { uid, gid } = await stat(dirname(first));
			await lchown(this.#state, uid, gid);
		}
		if (!(await lstat(this.#state)).isDirectory())
			throw new Error(`${this.#state} is a link. Delete it: root must not write where the service says.`);
	}

	/** Root writes for the service: the file belongs to the folder's owner, and no link that lies in the way is followed. */
	async #write(name: string, text: string): Promise<void> {
		const path = join(this.#state, name);
		const { uid, gid } = await stat(this.#state);
		await rm(`${path}.new`, { force: true });
		const file = await open(`${path}.new`, "wx", 0o600);
		try {
			await file.writeFile(text);
			await file.chown(uid, gid);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(`${path}.new`, path);
	}
}

async function orNone<T>(promise: Promise<T>): Promise<T | undefined> {
	try {
		return await promise;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw error;
	}
}
