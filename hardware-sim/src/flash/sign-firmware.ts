import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { manifestText } from "@visionvend/firmware/update/manifest-text";
import type { FirmwareManifestBody } from "@visionvend/sdk/device/messages";

/** A new P-256 key for signing firmware. */
export function makeFirmwareKey(): KeyObject {
	return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** The public half of a P-256 key as configuration carries it: 65 bytes, SEC 1 §2.3.3 uncompressed. */
export function firmwarePublicKey(privateKey: KeyObject): Uint8Array {
	const { x = "", y = "" } = createPublicKey(privateKey).export({ format: "jwk" });
	return Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
}

/** What a manifest says of an image, beside what the image itself tells. */
export type FirmwareRelease = Pick<FirmwareManifestBody, "product" | "hardware" | "version" | "floor">;

/** The manifest of an image, without the command that carries it to a machine. `privateKey` is one on P-256. */
export function signFirmware(
	release: FirmwareRelease,
	image: Uint8Array,
	privateKey: KeyObject,
): Omit<FirmwareManifestBody, "commandId"> {
	const { product, hardware, version, floor } = release;
	const sha256 = createHash("sha256").update(image).digest("base64url");
	const signed = { product, hardware, version, floor, byteLength: image.length, sha256 };
	const text = Buffer.from(manifestText(signed), "utf8");
	const signature = sign("sha256", text, { key: privateKey, dsaEncoding: "ieee-p1363" });
	return { ...signed, signature: signature.toString("base64url") };
}
