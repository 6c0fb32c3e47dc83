import type { ControllerHost } from "@visionvend/firmware/controller-host";

/** Entry of a release that nobody has tried: it gives up before it has a pin. Runs on the device, XS or Node. */
export function start(host: ControllerHost): void {
	host.log("boot.failed", { reason: "this release does not start" });
	host.restart();
}
