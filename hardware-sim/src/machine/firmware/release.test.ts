import { createHash } from "node:crypto";
import { firmwareIdentity } from "@visionvend/firmware/update/firmware-identity";
import { manifestText } from "@visionvend/firmware/update/manifest-text";
import { decodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { expect, test } from "vitest";
import { verifyP256 } from "../../flash/ecdsa-p256.ts";
import { SeededRandom } from "../../random.ts";
import { FirmwareFlash } from "./firmware-flash.ts";
import { firmwareKinds, programOf, publisherKey, releaseOf } from "./release.ts";

const key = decodeBase64url(publisherKey) ?? new Uint8Array();

test("a machine leaves the factory with this firmware, confirmed", () => {
	const booted = new FirmwareFlash(new SeededRandom(1)).boot();
	expect(booted?.version).toBe(firmwareIdentity.version);
	expect(booted?.slots).toMatchObject({ running: "a", state: "confirmed" });
	expect(programOf(firmwareIdentity.version)).toBeUndefined();
});

test.each(firmwareKinds)(
	"the release %s is the same every time, and signed by the publisher unless it is forged",
	(kind) => {
		const { manifest, image } = releaseOf(kind);
		expect(releaseOf(kind)).toEqual({ manifest, image });
		const digest = createHash("sha256").update(manifestText(manifest)).digest();
		const signature = decodeBase64url(manifest.signature) ?? new Uint8Array();
		expect(verifyP256(key, digest, signature)).toBe(kind !== "forged");
		expect(manifest.byteLength).toBe(image.length);
	},
);
