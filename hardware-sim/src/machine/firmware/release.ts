import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { ControllerHost } from "@visionvend/firmware/controller-host";
import { firmwareIdentity } from "@visionvend/firmware/update/firmware-identity";
import { manifestText } from "@visionvend/firmware/update/manifest-text";
import type { FirmwareManifestBody } from "@visionvend/sdk/device/messages";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { publicKeyP256, signP256 } from "../../flash/ecdsa-p256.ts";
import { makeFirmwareImage } from "../../flash/firmware-image.ts";
import { SeededRandom } from "../../random.ts";
import type { DeviceModule } from "../../xs/modules.ts";
import { start as startBroken } from "./broken-firmware.ts";
import { start as startNext } from "./next-firmware.ts";
import { BROKEN_VERSION, NEXT_VERSION, OLDER_VERSION } from "./versions.ts";

/** What an owner may offer to a machine in a simulation. `next` works; the others must not come to stay. */
export const firmwareKinds = ["next", "broken", "older", "forged"] as const;
export type FirmwareKind = (typeof firmwareKinds)[number];

/** Stands for the machine code of an image. Small: what is tried is the way to the machine, not the size. */
const programBytes = 3_000;

/** Of the simulation's publisher. It signs nothing else, and is as secret as this line. */
const publisherSecret = createHash("sha256").update("the publisher of the simulation").digest();
const strangerSecret = createHash("sha256").update("somebody else").digest();

/** Whose firmware a simulated machine takes: as its configuration has it. */
export const publisherKey: string = encodeBase64url(publicKeyP256(publisherSecret));

const versions: Readonly<Record<FirmwareKind, string>> = Object.freeze({
	next: NEXT_VERSION,
	broken: BROKEN_VERSION,
	older: OLDER_VERSION,
	forged: NEXT_VERSION,
});

/** The image of a version; its bytes depend on nothing else. */
export function imageOf(version: string): Uint8Array {
	const seed = createHash("sha256").update(version).digest().readUInt32LE();
	return makeFirmwareImage({ version, product: firmwareIdentity.product }, new SeededRandom(seed).bytes(programBytes));
}

/** An image with the manifest that goes before it. */
export function releaseOf(kind: FirmwareKind): {
	readonly manifest: Omit<FirmwareManifestBody, "commandId">;
	readonly image: Uint8Array;
} {
	const { product, hardware } = firmwareIdentity;
	const version = versions[kind];
	const image = imageOf(version);
	const sha256 = encodeBase64url(createHash("sha256").update(image).digest());
	const signed = { product, hardware, version, floor: 0, byteLength: image.length, sha256 };
	const digest = createHash("sha256").update(manifestText(signed)).digest();
	const signature = signP256(kind === "forged" ? strangerSecret : publisherSecret, digest);
	return { manifest: { ...signed, signature: encodeBase64url(signature) }, image };
}

/** What runs when an image is started, in either engine. */
export interface FirmwareProgram {
	readonly inNode: (host: ControllerHost) => void;
	readonly onXs: { readonly program: DeviceModule; readonly modules: readonly DeviceModule[] };
}

/** The program of an image; `undefined` is the firmware as it is. */
export function programOf(version: string): FirmwareProgram | undefined {
	if (version === NEXT_VERSION)
		return { inNode: startNext, onXs: { program: deviceModule("next-firmware"), modules: [deviceModule("versions")] } };
	if (version === BROKEN_VERSION)
		return { inNode: startBroken, onXs: { program: deviceModule("broken-firmware"), modules: [] } };
	return undefined;
}

function deviceModule(name: string): DeviceModule {
	// XS runs what the build has made, also where this file is the source.
	const file = fileURLToPath(new URL(`../../../dist/machine/firmware/${name}.js`, import.meta.url));
	return { specifier: `@visionvend/hardware-sim/machine/firmware/${name}`, file, preload: true };
}
