import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseConfiguration } from "../configuration.ts";
import { errorText } from "../error-text.ts";
import { type CloudAccount, cloudUrlSchema, problemOf } from "./cloud-account.ts";

const answerSchema = z.object({
	data: z.object({
		machineId: z.string(),
		files: z.object({
			controller: z.record(z.string(), z.unknown()),
			pi: z.record(z.string(), z.unknown()).nullable(),
		}),
		apiKey: z.string(),
	}),
});

/**
 * Becomes the machine of a QR code. `claim` is what the code says, `https://cloud.example/claim#CODE`. Writes into `folder`
 * what a claim brings, once: `pi.json`, `cloud.json` (with which updates are fetched) and `controller.json` (for the
 * controller's storage), all for their owner only. Resolves to the machine's name. Rejects with an `Error` for people, and
 * before the claim is used up where that can be.
 */
export async function claimMachine(claim: string, folder: string, send: typeof fetch = fetch): Promise<string> {
	const [origin, code] = readClaim(claim);
	await mkdir(folder, { recursive: true, mode: 0o750 });
	if (await isThere(join(folder, "pi.json")))
		throw new Error(
			`${join(folder, "pi.json")} is there already: this Pi is a machine. Move the file away to claim another.`,
		);
	const response = await send(new URL("/api/v1/devices/register", origin), {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ claim: code }),
	}).catch((error: unknown) => {
		throw new Error(`${origin} cannot be reached: ${errorText(error)}`, { cause: error });
	});
	if (!response.ok) throw new Error(`The claim was not taken: ${await problemOf(response)}`);
	const { machineId, files, apiKey } = answerSchema.parse(await response.json()).data;
	const account: CloudAccount = { url: origin, apiKey };
	await write(join(folder, "cloud.json"), account);
	await write(join(folder, "controller.json"), files.controller);
	if (files.pi === null)
		throw new Error(
			`${machineId} has no Pi: its controller reaches the cloud by itself, with ${join(folder, "controller.json")}.`,
		);
	parseConfiguration(JSON.stringify(files.pi), {});
	// Last: where it is, everything is.
	await write(join(folder, "pi.json"), files.pi);
	return machineId;
}

/** Throws an `Error` for people. */
function readClaim(claim: string): [origin: string, code: string] {
	const [, address = "", code = ""] = /^(.*)\/claim#([\w-]{22})$/.exec(claim.trim()) ?? [];
	if (!cloudUrlSchema.safeParse(address).success)
		throw new Error(
			`"${claim}" is no claim. Copy the whole text of the QR code: https://cloud.example/claim# and 22 characters.`,
		);
	return [new URL(address).origin, code];
}

async function isThere(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
}

async function write(path: string, content: object): Promise<void> {
	await writeFile(`${path}.new`, `${JSON.stringify(content, null, "\t")}\n`, { mode: 0o600, flush: true });
	await rename(`${path}.new`, path);
}
