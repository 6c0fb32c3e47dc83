import type { FirmwareManifestBody } from "@visionvend/sdk/device/messages";

/** What a signature covers: all of a manifest but itself and the command that it came with. */
export type SignedManifest = Omit<FirmwareManifestBody, "commandId" | "signature">;

/**
 * The text that is signed: seven lines of UTF-8, each with a line feed at its end,
 *
 * ```text
 * visionvend-firmware/1
 * product=visionvend-controller
 * hardware=esp32-s3-devkitc-1-n16r8
 * version=1.4.2
 * floor=3
 * byteLength=1048576
 * sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
 * ```
 *
 * with numbers in decimal and the digest of the image in base64url. The signature is ECDSA P-256 (FIPS 186-5) over the
 * SHA-256 of this text, r‖s with 32 bytes each. Two manifests never share a text: product and hardware are compared
 * with the firmware's own before the signature is, and no other member can hold a line feed.
 */
export function manifestText({ product, hardware, version, floor, byteLength, sha256 }: SignedManifest): string {
	return `visionvend-firmware/1\nproduct=${product}\nhardware=${hardware}\nversion=${version}\nfloor=${floor}\nbyteLength=${byteLength}\nsha256=${sha256}\n`;
}
