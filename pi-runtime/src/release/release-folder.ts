import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ReleaseRefusedError } from "./release-manifest.ts";

/** A release that has not yet shown that it works. `install/launch` counts its starts and rolls back. */
const trialSchema = z.strictObject({
	version: z.string(),
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

	/** `releases`: root's, read-only for the service. `state`: the service's own. */
	constructor({ releases, state }: { readonly releases: string; readonly state: string }) {
		this.#releases = releases;
		this.#state = state;
	}

	/** The release that runs at the next start; `undefined` when none is installed. */
	async current(): Promise<string | undefined> {
		const target = await orNone(readlink(join(this.#state, "current")));
		return target?.split("/").at(-1);
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
		await mkdir(this.#state, { recursive: true });
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
		await rename(`${link}.new`, link);
		if (!isTrial) await this.#endTrial();
	}

	/** The newest release that has shown that it works: the way back. `undefined` when none is installed. */
	async lastConfirmed(): Promise<string | undefined> {
		return (await this.trial())?.previous ?? (await this.current());
	}

	/** The release on trial works: no way back from here, and the floor rises. */
	async confirm(floor: number): Promise<void> {
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

	async #write(name: string, text: string): Promise<void> {
		const path = join(this.#state, name);
		await writeFile(`${path}.new`, text, { flush: true });
		await rename(`${path}.new`, path);
	}
}

/** Where releases are on a machine; the variables are for trying it elsewhere, as `install/launch` reads them. */
export function machineReleases(environment: Readonly<Record<string, string | undefined>>): ReleaseFolder {
	return new ReleaseFolder({
		releases: environment.VISIONVEND_RELEASES ?? "/opt/visionvend/releases",
		state: `${environment.VISIONVEND_STATE ?? "/var/lib/visionvend"}/release`,
	});
}

async function orNone<T>(promise: Promise<T>): Promise<T | undefined> {
	try {
		return await promise;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
		throw error;
	}
}
