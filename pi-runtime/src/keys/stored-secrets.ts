import { z } from "zod";
import type { PiConfiguration } from "../configuration.ts";
import type { Store } from "../store/store.ts";

const keySchema = z.object({ kid: z.string(), key: z.string() });

/** What the cloud has given this Pi in the place of what its configuration file says. */
const piSecretsSchema = z.object({
	machineId: z.string(),
	/** What the cloud seals with, the newest first: two while keys are exchanged. */
	receive: z.tuple([keySchema], keySchema),
	send: keySchema,
	/** At the broker; `undefined`: the file's. */
	account: z.object({ username: z.string(), password: z.string() }).optional(),
});

/** What the cloud has given this Pi in the place of what its configuration file says. */
export type PiSecrets = z.infer<typeof piSecretsSchema>;

/** Which secrets are in use: those that came last by message, or the file's where that is newer, after a new claim. */
export async function readSecrets({ machineId, keys }: PiConfiguration, store: Store): Promise<PiSecrets> {
	const configured: PiSecrets = { machineId, receive: [keys.receive], send: keys.send };
	const text = await store.secrets();
	if (text === undefined) return configured;
	const stored = piSecretsSchema.parse(JSON.parse(text));
	const isOurs = stored.machineId === machineId && versionOf(stored.send.kid) > versionOf(keys.send.kid);
	return isOurs ? stored : configured;
}

/** The number at the end of a `kid`. */
export function versionOf(kid: string): number {
	return Number(kid.slice(kid.indexOf(".") + 1));
}
