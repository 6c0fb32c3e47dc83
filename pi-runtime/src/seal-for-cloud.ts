import { partyName } from "@visionvend/sdk/device/envelope/envelope";
import { sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import { randomId } from "@visionvend/sdk/random";
import type { ServiceContext } from "./service-context.ts";

/** What the Pi says to the cloud. */
interface MessageForCloud {
	readonly topic: string;
	/** Counts the messages of its kind in this life of the process. */
	readonly seq: number;
	readonly body: unknown;
	/** How long it counts; for ever where not given. */
	readonly lifetimeSeconds?: number;
}

/** Seals a message, issued now, under the keys that are in use. */
export function sealForCloud(
	{ clock, keys, machineId, random }: ServiceContext,
	{ topic, seq, body, lifetimeSeconds }: MessageForCloud,
): Promise<string> {
	const issuedAt = Math.floor(clock.now() / 1_000);
	return sealEnvelope(keys.send, {
		iss: partyName(machineId, "pi"),
		aud: partyName(machineId, "cloud"),
		jti: randomId(random),
		seq,
		topic,
		iat: issuedAt,
		...(lifetimeSeconds === undefined ? undefined : { exp: issuedAt + lifetimeSeconds }),
		body,
	});
}
