/** Entry of a release that nobody has tried: it fails before it has a pin. Runs on the device, XS or Node. */
export function start(): void {
	throw new Error("This firmware does not start.");
}
