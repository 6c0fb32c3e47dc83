import type { EnvelopeKey } from "@visionvend/sdk/device/envelope/envelope";
import type { ConfiguredKey } from "@visionvend/sdk/device/messages";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";

/** A key as the envelope takes it. Throws a `RangeError` when it is not base64url. */
export function decodeEnvelopeKey(configured: ConfiguredKey): EnvelopeKey {
	const key = decodeBase64url(configured.key);
	if (key === undefined) {
		throw new RangeError(
			`The key ${configured.kid} in the configuration is not base64url. Provision the machine anew.`,
		);
	}
	return { kid: configured.kid, key };
}
