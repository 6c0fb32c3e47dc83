import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"a supply that dips when the coil is switched on opens nothing twice",
	{ seed: 19, story: "An old power supply: the lock's coil pulls the controller down with it." },
	async (s) => {
		await s.fault.power({ brownOut: "coil", for: "20s" });
		await s.tap();
		await s.pass("40s");
		await s.expect.now({ coilAtMost: "5s", lock: "shut", capturedCents: 0 });
		await s.expect.within("60s", { sale: "cancelled" });
		// Whether the bolt moved in the few milliseconds before the dip is for its spring to say.
		await s.expect.ledger({ cash_in_transit: 0 });
	},
);
