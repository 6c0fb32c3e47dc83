/**
 * The power went in the middle of an operation: whatever ran on the device ends there. It is not an Error, so that no
 * firmware takes it for a failure that it can live with.
 */
export class PowerCut {
	readonly during: string;

	constructor(during: string) {
		this.during = during;
	}
}
