import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { askCloud, type CloudAccount } from "../cloud/cloud-account.ts";
import { readEnrolled } from "../enroll/enrolled-products.ts";
import { archiveName, installRelease } from "./install-release.ts";
import type { Installations } from "./installations.ts";
import { machineModelPath } from "./installed-model.ts";
import type { ReleaseFolder } from "./release-folder.ts";
import { type ReleaseManifest, ReleaseRefusedError, releaseManifestSchema } from "./release-manifest.ts";
import type { PartsHealth } from "./running-health.ts";

const desiredSchema = z.object({
	data: z.array(
		z.object({
			part: z.enum(["pi", "model"]),
			artifactId: z.string().regex(/^[\w-]{1,64}$/),
			manifest: z.record(z.string(), z.unknown()),
		}),
	),
});

/** Phases of the lock in which a sale is under way. */
const selling: ReadonlySet<string> = new Set(["unlocked", "open", "settling"]);

type Product = ReleaseManifest["product"];
const products: Readonly<Record<"pi" | "model", Product>> = { pi: "visionvend-pi", model: "visionvend-model" };

/** What was done about an update. */
export type FollowOutcome =
	/** The cloud wants nothing that is not here. */
	| { readonly kind: "nothing" }
	/** Somebody is shopping: nothing is installed now, since the service would start again in the middle of a sale. */
	| { readonly kind: "busy" }
	/** A release or a model is on trial; the cloud hears of it when that is over. */
	| { readonly kind: "on-trial"; readonly product: Product; readonly version: string }
	/** One was installed; the service is to be started again. */
	| { readonly kind: "installed"; readonly product: Product; readonly version: string }
	/** The cloud was told how an update ended. */
	| { readonly kind: "reported"; readonly outcome: "done" | "failed"; readonly reason: string };

/**
 * Asks the cloud what this Pi shall run and see with, and does it: fetches the release or the model, installs it as one that somebody
 * brought (the maker's signature counts, not the cloud's word), and tells at a later call what became of it. Call it every few minutes, one
 * call at a time. Rejects with an `Error` for people when the cloud cannot be asked; the next call goes on.
 */
export async function followCloud(options: {
	readonly account: CloudAccount;
	readonly publicKeyPem: string;
	readonly installations: Installations;
	readonly health: PartsHealth | undefined;
	readonly send?: typeof fetch;
}): Promise<FollowOutcome> {
	const { account, installations, send = fetch } = options;
	// One after the other: of two on trial nobody could tell which one does not work.
	for (const product of Object.values(products)) {
		const trial = await installations[product].folder.trial();
		if (trial !== undefined) return { kind: "on-trial", product, version: trial.version };
	}
	const { data } = desiredSchema.parse(await (await askCloud(account, "/api/v1/ota/desired", { send })).json());
	for (const { part, artifactId, manifest } of data) {
		const report = async (outcome: "done" | "failed", reason = ""): Promise<FollowOutcome> => {
			await askCloud(account, "/api/v1/ota/reports", { body: { artifactId, outcome, reason }, send });
			return { kind: "reported", outcome, reason };
		};
		const wanted = releaseManifestSchema.safeParse(manifest);
		if (!wanted.success) return report("failed", "bad-manifest");
		const { product, version } = wanted.data;
		if (product !== products[part]) return report("failed", "wrong-product");
		const { folder } = installations[product];
		if ((await folder.current()) === version) return report("done");
		if ((await folder.failed()) === version) return report("failed", "went back: it did not work here");
		const reason = part === "model" ? await whyNotTaken(folder, options.health) : undefined;
		if (reason !== undefined) return report("failed", reason);
		if (selling.has(options.health?.lock ?? "")) return { kind: "busy" };
		const refusal = await fetchAndInstall(artifactId, wanted.data, options);
		if (refusal !== undefined) return report("failed", refusal);
		return { kind: "installed", product, version };
	}
	return { kind: "nothing" };
}

/** Why a model would be of no use here, or do harm; `undefined` where it is taken. */
async function whyNotTaken(models: ReleaseFolder, health: PartsHealth | undefined): Promise<string | undefined> {
	if (health?.vision.status === "off") return "not-taken: this machine has no cameras";
	if (health?.vision.modelFrom === "configuration") return "not-taken: pi.json names a model of its own";
	const enrolled = await readEnrolled(await machineModelPath(models));
	if (enrolled !== undefined)
		return `not-taken: it would forget ${enrolled.products.length} products that were enrolled here`;
	return undefined;
}

/** @returns why it was not taken, or `undefined` when it is installed */
async function fetchAndInstall(
	artifactId: string,
	manifest: z.infer<typeof releaseManifestSchema>,
	options: Parameters<typeof followCloud>[0],
): Promise<string | undefined> {
	const { account, send = fetch } = options;
	const content = await askCloud(account, `/api/v1/ota/artifacts/${artifactId}/content`, { send });
	const bytes = new Uint8Array(await content.arrayBuffer());
	const download = await mkdtemp(join(tmpdir(), "visionvend-release-"));
	try {
		const manifestPath = join(download, "manifest.json");
		await writeFile(join(download, archiveName(manifest)), bytes);
		await writeFile(manifestPath, JSON.stringify(manifest));
		await installRelease({ ...options, manifestPath });
		return undefined;
	} catch (error) {
		if (!(error instanceof ReleaseRefusedError)) throw error;
		return error.refusal;
	} finally {
		await rm(download, { recursive: true, force: true });
	}
}
