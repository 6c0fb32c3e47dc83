import { keyId } from "@visionvend/sdk/device/envelope/envelope";
import { maskKey } from "@visionvend/sdk/device/envelope/mask-key";
import type { ConfiguredKey, ControllerConfiguration, KeyRotation } from "@visionvend/sdk/device/messages";
import { decodeBase64url, encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { decodeEnvelopeKey } from "../uplink/envelope-key.ts";

/** The members of the configuration that a rotation gives other values. */
export function rotateKeys(
	{ machineId, keys, uplink }: ControllerConfiguration,
	{ version, salt, receive, send, broker }: KeyRotation,
): Pick<ControllerConfiguration, "keys" | "uplink"> {
	const hidingKey = decodeEnvelopeKey(keys.receive);
	const show = (name: string, masked: string): string =>
		encodeBase64url(maskKey(hidingKey, bytesOf(salt), name, bytesOf(masked)));
	const keyOf = (kid: string, masked: string): ConfiguredKey => ({ kid, key: show(kid, masked) });
	return {
		keys: {
			receive: keyOf(keyId("cloud", "controller", version), receive),
			send: keyOf(keyId("controller", "cloud", version), send),
		},
		uplink:
			uplink.broker === undefined
				? uplink
				: {
						...uplink,
						broker: { ...uplink.broker, user: `${machineId}.${version}`, password: show(`broker.${version}`, broker) },
					},
	};
}

/** What the validator has let through has the letters of base64url; the rest shows in the new keys, which are checked. */
function bytesOf(text: string): Uint8Array {
	return decodeBase64url(text) ?? new Uint8Array(0);
}
