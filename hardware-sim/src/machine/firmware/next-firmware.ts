import type { ControllerHost } from "@visionvend/firmware/controller-host";
import { start as startFirmware } from "@visionvend/firmware/start";
import { firmwareIdentity } from "@visionvend/firmware/update/firmware-identity";
import { NEXT_VERSION } from "./versions.ts";

/** Entry of the next release: the same firmware under another version. Runs on the device, XS or Node. */
export function start(host: ControllerHost): void {
	startFirmware(host, { ...firmwareIdentity, version: NEXT_VERSION });
}
